import { expect, test, vi } from 'vitest'
import type { StoreFault } from '../../../store/errors.ts'
import { newName, opened } from './databases.fixture.ts'
import { reindexIndexedDB } from './index.ts'

const fails = (fault: StoreFault) => expect.objectContaining({ code: 'STORE', fault })
const identifiers = ['sku']
const bySku = [{ filter: { sku: 'sku_1' } }]

async function filled(name: string, count: number): Promise<void> {
  await using store = opened({ name })
  const events = Array.from({ length: count }, (_, n) => ({
    type: 'ITEM_ADDED',
    data: { cartId: `cart_${n}`, sku: `sku_${n % 3}` },
    aggregate: { type: 'cart', id: `cart_${n % 5}` },
  }))
  await store.commit({ events })
}

test('other identifiers are refused until the log is indexed by them, and then found by key', async () => {
  const name = newName()
  await filled(name, 30)
  await using before = opened({ name, identifiers })
  await expect(before.load(bySku)).rejects.toEqual(fails('identifiers'))
  await expect(before.commit({ events: [{ type: 'A', data: {} }] })).rejects.toThrow(
    /reindexIndexedDB/u,
  )
  await using old = opened({ name })
  await old.load('all')
  await reindexIndexedDB({ name, identifiers })
  await expect(old.load('all')).rejects.toEqual(fails('identifiers'))
  await using store = opened({ name, identifiers })
  const getAll = vi.spyOn(IDBIndex.prototype, 'getAll')
  expect((await store.load(bySku)).events).toHaveLength(10)
  expect(getAll).toHaveBeenCalledTimes(1)
  getAll.mockRestore()
  const aggregate = { type: 'cart', id: 'cart_2' }
  const { events } = await store.load([{ aggregate }], { fromVersion: 5 })
  expect(events.map((event) => event.aggregate?.version)).toEqual([5, 6])
  await store.commit({
    events: [{ type: 'A', data: {}, aggregate }],
    expect: [{ aggregate, version: 6 }],
  })
  // A second time there is nothing to do.
  await reindexIndexedDB({ name, identifiers })
  expect((await store.load('all')).events).toHaveLength(31)
})

test('a reindexing that was stopped half-way keeps every store out until it has come to its end', async () => {
  const name = newName()
  await filled(name, 5_000)
  const controller = new AbortController()
  // oxlint-disable-next-line typescript/unbound-method -- It is called on what it was taken from.
  const { put } = IDBObjectStore.prototype
  let puts = 0
  const spy = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (
    this: IDBObjectStore,
    ...given
  ) {
    puts += 1
    if (puts === 1_000) controller.abort()
    return put.apply(this, given)
  })
  const stopped = reindexIndexedDB({ name, identifiers, signal: controller.signal })
  await expect(stopped).rejects.toMatchObject({ code: 'ABORTED' })
  for (const options of [{}, { identifiers }]) {
    await using store = opened({ name, ...options })
    await expect(store.load('all')).rejects.toEqual(fails('identifiers'))
  }
  puts = 1_000
  await reindexIndexedDB({ name, identifiers })
  // It went on where it had stopped.
  expect(puts - 1_000).toBeLessThan(300)
  spy.mockRestore()
  await using store = opened({ name, identifiers })
  expect((await store.load(bySku)).events).toHaveLength(1_667)
})

test('an empty log takes any identifiers', async () => {
  const name = newName()
  {
    await using store = opened({ name })
    await store.commit({ documents: [{ type: 'view', id: 'a', data: 1 }] })
  }
  await using store = opened({ name, identifiers })
  await store.commit({ events: [{ type: 'A', data: { sku: 'sku_1' } }] })
  expect((await store.load(bySku)).events).toHaveLength(1)
})

test('there is nothing to reindex where there is no database, and none is made', async () => {
  const name = newName()
  await expect(reindexIndexedDB({ name, identifiers })).rejects.toEqual(fails('not-a-log'))
  expect((await indexedDB.databases()).map((database) => database.name)).not.toContain(name)
})
