import { afterEach, expect, test, vi } from 'vitest'
import type { StoreFault } from '../../../store/errors.ts'
import { newName, opened } from './databases.fixture.ts'

const event = (n: number, data: object = {}) => ({
  id: `evt_${String(n).padStart(4, '0')}`,
  type: 'ITEM_ADDED',
  data: { cartId: `cart_${n}`, ...data },
})
const fails = (fault: StoreFault) => expect.objectContaining({ code: 'STORE', fault })
const counted = (count: number) => Array.from({ length: count }, (_, n) => n)

afterEach(() => {
  vi.restoreAllMocks()
})

/** Counts the transactions that write. */
function countWrites(): () => number {
  const begin = vi.spyOn(IDBDatabase.prototype, 'transaction')
  return () => begin.mock.calls.filter(([, mode]) => mode === 'readwrite').length
}

/** Lets adding of events fail where one of them is of this cart. */
function failFor(cart: string, error: Error): void {
  // oxlint-disable-next-line typescript/unbound-method -- It is called on what it was taken from.
  const { add } = IDBObjectStore.prototype
  vi.spyOn(IDBObjectStore.prototype, 'add').mockImplementation(function (
    this: IDBObjectStore,
    row,
  ) {
    if (JSON.stringify(row).includes(`${cart}\\`)) throw error
    return add.call(this, row)
  })
}

test('what is sent at once is one transaction, and shares rows', async () => {
  await using store = opened()
  await store.commit({ events: [event(999)] })
  const writes = countWrites()
  const add = vi.spyOn(IDBObjectStore.prototype, 'add')
  await Promise.all(counted(64).map((n) => store.commit({ events: [event(n)] })))
  expect(writes()).toBe(1)
  expect(add).toHaveBeenCalledTimes(16)
  const { events } = await store.load([{ filter: { cartId: 'cart_7' } }])
  expect(events.map(({ id }) => id)).toEqual(['evt_0007'])
})

test('an append under a condition on what was just read is one transaction', async () => {
  await using store = opened()
  const streams = [{ filter: { cartId: 'cart_1' } }]
  const { cursor } = await store.load(streams)
  const begin = vi.spyOn(IDBDatabase.prototype, 'transaction')
  await store.commit({ events: [event(1)], conditions: [{ streams, after: cursor }] })
  expect(begin).toHaveBeenCalledTimes(1)
})

test('a commit that the database refuses harms none that were sent with it', async () => {
  await using store = opened()
  failFor('cart_3', new DOMException('could not be cloned', 'DataCloneError'))
  const sent = await Promise.allSettled(
    counted(6).map((n) => store.commit({ events: [event(n)], documents: [document(n)] })),
  )
  expect(sent.map(({ status }) => status)).toEqual([
    'fulfilled',
    'fulfilled',
    'fulfilled',
    'rejected',
    'fulfilled',
    'fulfilled',
  ])
  expect((sent[3] as PromiseRejectedResult).reason).toEqual(fails('driver'))
  const { events } = await store.load('all')
  expect(events.map(({ id, position }) => [id, position])).toEqual([
    ['evt_0000', 1],
    ['evt_0001', 2],
    ['evt_0002', 3],
    ['evt_0004', 4],
    ['evt_0005', 5],
  ])
  expect(await store.documents.get('view', 'cart_3')).toBeUndefined()

  function document(n: number) {
    return { type: 'view', id: `cart_${n}`, data: n }
  }
})

test('where there is no room the commit is refused with what to do, nothing of it is kept, and the log goes on', async () => {
  await using store = opened()
  await store.commit({ events: [event(1)] })
  failFor('cart_2', new DOMException('no room', 'QuotaExceededError'))
  const refused = store.commit({
    events: [event(2)],
    documents: [{ type: 'view', id: 'a', data: 1 }],
    idempotency: { key: 'k' },
  })
  await expect(refused).rejects.toEqual(fails('full'))
  await expect(refused).rejects.toThrow(/no more room.*Free some/u)
  vi.restoreAllMocks()
  expect((await store.load('all')).events).toHaveLength(1)
  expect(await store.documents.get('view', 'a')).toBeUndefined()
  const again = await store.commit({ events: [event(2)], idempotency: { key: 'k' } })
  expect(again.events[0]?.position).toBe(2)
})

test('what was aborted in flight is told to other tabs, also where its store is closed', async () => {
  const name = newName()
  await using other = opened({ name })
  const store = opened({ name })
  const heard = new Promise<void>((resolve) => other.watch?.(resolve))
  const controller = new AbortController()
  // oxlint-disable-next-line typescript/unbound-method -- It is called on what it was taken from.
  const { commit } = IDBTransaction.prototype
  vi.spyOn(IDBTransaction.prototype, 'commit').mockImplementation(function (this: IDBTransaction) {
    commit.call(this)
    queueMicrotask(() => controller.abort())
  })
  const aborted = store.commit({ events: [event(1)] }, { signal: controller.signal })
  await expect(aborted).rejects.toMatchObject({ code: 'ABORTED', outcome: 'unknown' })
  await store.close()
  await heard
  expect((await other.load('all')).events).toHaveLength(1)
})

test('no more wait than the limit says', async () => {
  await using store = opened({ queueLimit: 2 })
  const sent = await Promise.allSettled(counted(3).map((n) => store.commit({ events: [event(n)] })))
  expect(sent.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected'])
  expect((sent[2] as PromiseRejectedResult).reason).toEqual(fails('busy'))
  await store.commit({ events: [event(2)] })
})

test('a condition that takes long to check is searched for without the lock, and still exact', async () => {
  const name = newName()
  await using other = opened({ name })
  // The key and the type are both long lists that never meet.
  const hot = counted(3_000).map((n) =>
    n % 2 === 0
      ? { ...event(n), data: { cartId: 'hot' } }
      : { ...event(n), type: 'CART_CLOSED', data: { cartId: 'other' } },
  )
  await other.commit({ events: hot })
  await using store = opened({ name })
  const begin = vi.spyOn(IDBDatabase.prototype, 'transaction')
  const streams = [{ types: ['CART_CLOSED'], filter: { cartId: 'hot' } }]
  const closed = { type: 'CART_CLOSED', data: { cartId: 'hot' } }
  await store.commit({ events: [closed], conditions: [{ streams }] })
  expect(begin.mock.calls.some(([, mode]) => mode === 'readonly')).toBe(true)
  const twice = other.commit({ events: [closed], conditions: [{ streams }] })
  await expect(twice).rejects.toMatchObject({ conflict: { event: { position: 3_001 } } })
})

test('a long search goes on although another tab wrote after this one', async () => {
  const name = newName()
  await using store = opened({ name })
  await using other = opened({ name })
  const noted = (n: number) => event(n, n === 200 ? { note: 'seen' } : {})
  await other.commit({ events: counted(300).map(noted) })
  await store.commit({ events: [event(300)] })
  await other.commit({ events: [event(301)] })
  const streams = [{ filter: { note: 'seen' } }]
  const again = store.commit({ events: [event(302)], conditions: [{ streams }] })
  await expect(again).rejects.toMatchObject({ conflict: { event: { position: 201 } } })
})

test('a condition is checked also against what has left the memory', async () => {
  await using store = opened()
  const streams = [{ filter: { cartId: 'cart_5' } }]
  const { cursor } = await store.load('all')
  for (let done = 0; done < 12_000; done += 3_000) {
    await store.commit({ events: counted(3_000).map((n) => event(done + n)) })
  }
  const late = store.commit({ events: [event(20_000)], conditions: [{ streams, after: cursor }] })
  await expect(late).rejects.toMatchObject({ conflict: { event: { position: 6 } } })
  const unseen = [{ filter: { cartId: 'cart_12000' } }]
  await store.commit({ events: [event(20_001)], conditions: [{ streams: unseen, after: cursor }] })
})
