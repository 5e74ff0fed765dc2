import { expect, test, vi } from 'vitest'
import type { StoreFault } from '../../store/errors.ts'
import type { Connection, SqliteDriver } from './hand.ts'
import { nodeSqlite } from './hands/node-sqlite.ts'
import { openSqlite, reindexSqlite } from './index.ts'
import { drivers, openTuned, temporaryFolder } from './stores.fixture.ts'

const rooms = Object.entries(drivers)

const event = (n: number) => ({ type: 'CART_CREATED', data: { cartId: `cart_${n}` } })
const fails = (fault: StoreFault) => expect.objectContaining({ code: 'STORE', fault })

test.each(rooms)('a log with a hole is refused, not read askew: %s', async (_, driver) => {
  using folder = temporaryFolder()
  const path = folder.file('log.db')
  {
    await using store = openSqlite(path, { driver })
    for (let n = 1; n <= 9; n += 1) await store.commit({ events: [event(n)] })
  }
  const theirs = driver(path)
  theirs.execute('delete from eventfold_events where position = 5')
  theirs.close()
  await using store = openSqlite(path, { driver })
  const streams = [{ filter: { cartId: 'cart_7' } }]
  await expect(store.load(streams)).rejects.toThrow(fails('not-a-log'))
  const commit = store.commit({ events: [event(7)], conditions: [{ streams }] })
  await expect(commit).rejects.toThrow(/lost its event at position 5/u)
  const reindexed = reindexSqlite(path, { identifiers: ['cartId'], driver })
  await expect(reindexed).rejects.toThrow(/lost its event at position 5/u)
})

test.each(rooms)('a log that lost its filed end is refused: %s', async (_, driver) => {
  using folder = temporaryFolder()
  const path = folder.file('log.db')
  const opened = () => openTuned(path, { driver, filing: { threshold: () => 1, rows: 100 } })
  {
    await using store = opened()
    for (let n = 1; n <= 9; n += 1) await store.commit({ events: [event(n)] })
    await vi.waitUntil(() => filedUpTo(path) === 9)
    const theirs = driver(path)
    theirs.execute('delete from eventfold_events where position > 7')
    theirs.close()
    await expect(store.commit({ events: [event(8)] })).rejects.toThrow(fails('not-a-log'))
  }
  await using store = opened()
  await expect(store.load('all')).rejects.toThrow(fails('not-a-log'))

  function filedUpTo(file: string): unknown {
    const connection = driver(file)
    try {
      return connection.query('select filed from eventfold_meta').get()?.[0]
    } finally {
      connection.close()
    }
  }
})

test('who watches a file that cannot be read any more goes on, and is told when it reads', async () => {
  using folder = temporaryFolder()
  let damaged = false
  const driver: SqliteDriver = (path) => {
    const connection = nodeSqlite(path)
    const query: Connection['query'] = (sql) => {
      const { get, all } = connection.query<never>(sql)
      const readable = (): void => {
        if (damaged) throw Object.assign(new Error('disk I/O error'), { errcode: 10 })
      }
      return {
        get: (...values) => (readable(), get(...values)),
        all: (...values) => (readable(), all(...values)),
      }
    }
    return { ...connection, query }
  }
  const store = openSqlite(folder.file('log.db'), { driver })
  const watched = vi.fn<() => void>()
  store.watch?.(watched)
  await store.commit({ events: [event(1)] })
  await vi.waitUntil(() => watched.mock.calls.length > 0)
  damaged = true
  // Longer than the watch waits before it looks: what it throws there fails the run.
  await new Promise((resolve) => {
    setTimeout(resolve, 250)
  })
  await expect(store.load('all')).rejects.toThrow(fails('driver'))
  await expect(store.close()).resolves.toBeUndefined()
})

test.each(rooms)('a store that never got the lock closes: %s', async (_, driver) => {
  using folder = temporaryFolder()
  const path = folder.file('log.db')
  const theirs = driver(path)
  theirs.execute('create table mine (x integer); begin exclusive')
  const store = openTuned(path, { driver, busyTimeout: 20 })
  await expect(store.load('all')).rejects.toThrow(fails('busy'))
  await expect(store.close()).resolves.toBeUndefined()
  theirs.close()
})

test.each(rooms)('a database of UTF-16 texts is refused, untouched: %s', (_, driver) => {
  using folder = temporaryFolder()
  const path = folder.file('theirs.db')
  const theirs = driver(path)
  theirs.execute("pragma encoding = 'UTF-16'; create table mine (x text)")
  expect(() => openSqlite(path, { driver })).toThrow(/UTF-16/u)
  expect(theirs.query('pragma journal_mode').get()).toEqual(['delete'])
  expect(theirs.query('select name from sqlite_schema').all()).toEqual([['mine']])
  theirs.close()
})
