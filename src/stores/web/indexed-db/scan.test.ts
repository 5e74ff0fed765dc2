import { afterEach, expect, test, vi } from 'vitest'
import { opened } from './databases.fixture.ts'

const COUNT = 4_000

afterEach(() => {
  vi.restoreAllMocks()
})

/** One tenant has everything; every cart ten events, of which one closes it. */
async function shop(): Promise<ReturnType<typeof opened>> {
  const store = opened()
  const events = Array.from({ length: COUNT }, (_, n) => ({
    type: n < COUNT / 10 ? 'CART_CLOSED' : 'ITEM_ADDED',
    data: { tenantId: 'a', cartId: `cart_${n % (COUNT / 10)}` },
  }))
  await store.commit({ events })
  return store
}

/** How many rows were read. */
function countRows(): () => Promise<number> {
  const getAll = vi.spyOn(IDBIndex.prototype, 'getAll')
  return async () => {
    const results = await Promise.all(getAll.mock.results.map(({ value }) => value.result))
    return results.flat().length
  }
}

test('a key is read with one look into the index, of the log’s rows alone that hold it', async () => {
  await using store = await shop()
  const rows = countRows()
  const { events } = await store.load([{ filter: { cartId: 'cart_7' } }])
  expect(events).toHaveLength(10)
  expect(await rows()).toBe(10)
})

test('of two keys the one with few events is followed, whichever is named first', async () => {
  await using store = await shop()
  const rows = countRows()
  const filter = { tenantId: 'a', cartId: 'cart_7' }
  const { events } = await store.load([{ filter }])
  expect(events).toHaveLength(10)
  expect(await rows()).toBeLessThan(COUNT / 4 / 1.5)
})

test('the newest event is read alone', async () => {
  await using store = await shop()
  const getAll = vi.spyOn(IDBIndex.prototype, 'getAll')
  const step = vi.spyOn(IDBCursor.prototype, 'continue')
  const streams = [{ filter: { tenantId: 'a' } }]
  const events = await Array.fromAsync(store.read(streams, { backwards: true, limit: 1 }))
  expect(events.map(({ position }) => position)).toEqual([COUNT])
  expect(getAll).not.toHaveBeenCalled()
  expect(step.mock.calls.length).toBeLessThan(5)
})

test('a long read takes a transaction for each page, and none is open while its reader thinks', async () => {
  await using store = await shop()
  const begin = vi.spyOn(IDBDatabase.prototype, 'transaction')
  let found = 0
  for await (const event of store.read([{ types: ['ITEM_ADDED'] }])) {
    found += 1
    // A transaction that was open would keep this one waiting for ever.
    if (found % 1_000 === 0) await store.commit({ events: [{ type: 'SEEN', data: event.data }] })
  }
  expect(found).toBe((COUNT / 10) * 9)
  expect(begin.mock.calls.filter(([, mode]) => mode === 'readonly').length).toBeGreaterThan(1)
})
