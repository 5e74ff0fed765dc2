import { forceCloseDatabase } from 'fake-indexeddb'
import { afterEach, expect, test, vi } from 'vitest'
import type { StoreFault } from '../../../store/errors.ts'
import { beside, newName, opened } from './databases.fixture.ts'
import { answerOf } from './requests.ts'

const event = (n: number) => ({ type: 'ITEM_ADDED', data: { cartId: `cart_${n}` } })
const fails = (fault: StoreFault) => expect.objectContaining({ code: 'STORE', fault })
const TABLES = ['events', 'documents', 'outbox', 'answers', 'log']

/** As the browser does where it cleans up. */
async function closedByForce(connection: IDBDatabase): Promise<void> {
  const closed = new Promise((resolve) => connection.addEventListener('close', resolve))
  forceCloseDatabase(connection as never)
  await closed
}

afterEach(() => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

test('a database that is deleted while it is open is cleared for every later call, and empty for a new store', async () => {
  const name = newName()
  await using store = opened({ name })
  await store.commit({ events: [event(1)] })
  await answerOf(indexedDB.deleteDatabase(name))
  for (const call of [() => store.commit({ events: [event(2)] }), () => store.load('all')]) {
    await expect(call()).rejects.toEqual(fails('cleared'))
  }
  await using anew = opened({ name })
  expect((await anew.load('all')).cursor).toBe('0')
  await anew.commit({ events: [event(3)] })
  await expect(store.load('all')).rejects.toEqual(fails('cleared'))
})

test('rows that are cleared while the database is open are noticed, and nothing is written', async () => {
  const name = newName()
  await using store = opened({ name })
  await store.commit({ events: [event(1)] })
  for (const table of TABLES) await beside(name, table, (rows) => rows.objectStore(table).clear())
  await expect(store.commit({ events: [event(2)] })).rejects.toEqual(fails('cleared'))
  await using anew = opened({ name })
  await anew.commit({ events: [event(3)] })
  // Another log is in its place, and is as long as the old one was.
  await expect(store.load('all')).rejects.toEqual(fails('cleared'))
  expect((await anew.load('all')).events.map(({ position }) => position)).toEqual([1])
})

test('a log that was rewound while the database is open is noticed', async () => {
  const name = newName()
  await using store = opened({ name })
  await store.commit({ events: [event(1)] })
  const before = await beside(name, 'log', (rows) => rows.objectStore('log').get('log'))
  await store.commit({ events: [event(2)] })
  await beside(name, 'log', (rows) => rows.objectStore('log').put(before, 'log'))
  await expect(store.load('all')).rejects.toEqual(fails('cleared'))
})

test('a newer version in another tab is let through, and the calls say to reload', async () => {
  const name = newName()
  await using store = opened({ name })
  await store.commit({ events: [event(1)] })
  const newer = await answerOf(indexedDB.open(name, 99))
  await expect(store.load('all')).rejects.toEqual(fails('newer-version'))
  await using late = opened({ name })
  await expect(late.commit({ events: [event(2)] })).rejects.toThrow(/Reload the page/u)
  newer.close()
})

test('a connection that the browser took away is opened again, where the log is still the same', async () => {
  const connections: IDBDatabase[] = []
  // oxlint-disable-next-line typescript/unbound-method -- It is called on what it was taken from.
  const { transaction } = IDBDatabase.prototype
  vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(function (
    this: IDBDatabase,
    ...given
  ) {
    connections.push(this)
    return transaction.apply(this, given)
  })
  await using store = opened()
  await store.commit({ events: [event(1)] })
  const [connection] = connections as [IDBDatabase]
  await closedByForce(connection)
  await store.commit({ events: [event(2)] })
  expect((await store.load('all')).events).toHaveLength(2)
  expect(new Set(connections).size).toBe(2)
})

test('without IndexedDB, or where it is blocked, every call says so', async () => {
  const denied = opened()
  vi.stubGlobal('indexedDB', undefined)
  await expect(denied.load('all')).rejects.toEqual(fails('denied'))
  vi.stubGlobal('indexedDB', {
    open: () => {
      throw new DOMException('not here', 'SecurityError')
    },
  })
  const sent = [denied.commit({ events: [event(1)] }), denied.commit({ events: [event(2)] })]
  for (const each of sent) await expect(each).rejects.toEqual(fails('denied'))
  vi.unstubAllGlobals()
  await denied.commit({ events: [event(3)] })
  await denied.close()
})

test('a database of somebody else is refused, untouched', async () => {
  const name = newName()
  const opening = indexedDB.open(name, 1)
  opening.addEventListener('upgradeneeded', () => opening.result.createObjectStore('mine'))
  const theirs = await answerOf(opening)
  await using store = opened({ name })
  await expect(store.commit({ events: [event(1)] })).rejects.toEqual(fails('not-a-log'))
  expect([...theirs.objectStoreNames]).toEqual(['mine'])
  theirs.close()
})

test('a log that lost an event is refused, not read askew', async () => {
  const name = newName()
  await using store = opened({ name })
  for (let n = 1; n <= 9; n += 1) await store.commit({ events: [event(n)] })
  await beside(name, 'events', (rows) => rows.objectStore('events').delete(5))
  await expect(store.load('all')).rejects.toThrow(/position 5 is gone/u)
  await expect(Array.fromAsync(store.read('all', { backwards: true }))).rejects.toEqual(
    fails('not-a-log'),
  )
})

test('an event that the log does not know of is not written over', async () => {
  const name = newName()
  await using store = opened({ name })
  await store.commit({ events: [event(1)] })
  await beside(name, 'events', (rows) => rows.objectStore('events').put({ position: 2, terms: [] }))
  await expect(store.commit({ events: [event(2)] })).rejects.toEqual(fails('not-a-log'))
})
