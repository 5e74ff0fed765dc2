import { expect, test } from 'vitest'
import { openWriters } from './writers.fixture.ts'

const added = { type: 'ITEM_ADDED', data: { cartId: '1', storeId: '7' } }
const streams = [{ filter: { cartId: '1' } }]

test('a store that was opened before the first write notices how another one files', async () => {
  await using log = await openWriters()
  const [early, same] = [log.open(), log.open({ partitionKey: 'storeId' })]
  expect((await early.load(streams)).events).toEqual([])
  expect((await same.load(streams)).events).toEqual([])
  await log.open({ partitionKey: 'storeId' }).commit({ events: [added] })
  const refused = { code: 'STORE', fault: 'identifiers' }
  await expect(early.load(streams)).rejects.toMatchObject(refused)
  await expect(early.commit({ events: [added] })).rejects.toMatchObject(refused)
  expect((await same.load(streams)).events.length).toBe(1)
})

test('what the table is, is looked at for each read until something is written, and then no more', async () => {
  await using log = await openWriters()
  const store = log.open()
  const get = (): Promise<unknown> => store.documents.get('view', '1')
  await get()
  await get()
  expect(log.sent()).toEqual(['GetItem', 'GetItem', 'GetItem', 'GetItem'])
  await log.open().commit({ events: [added] })
  await get()
  log.sent()
  await Promise.all([get(), get()])
  await store.commit({ events: [added] })
  expect(log.sent()).toEqual(['GetItem', 'GetItem', 'TransactWriteItems'])
})
