import { expect, test } from 'vitest'
import type { Connection, SqliteDriver } from './hand.ts'
import { nodeSqlite } from './hands/node-sqlite.ts'
import { openSqlite } from './index.ts'
import { drivers, openTuned, temporaryFolder } from './stores.fixture.ts'

const rooms = Object.entries(drivers)
const event = (type: string, data: unknown = { cartId: 'cart_1' }) => ({ events: [{ type, data }] })
const sleep = (ms: number) =>
  new Promise((resolve) => {
    setTimeout(resolve, ms)
  })

async function typesIn(path: string): Promise<string[]> {
  await using store = openSqlite(path)
  return (await store.load('all')).events.map(({ type, position }) => `${position} ${type}`)
}

test.each(rooms)(
  'a statement that fails for one commit harms no neighbour: %s',
  async (_, driver) => {
    using folder = temporaryFolder()
    const path = folder.file('log.db')
    await using store = openSqlite(path, { driver })
    await store.commit(event('FIRST'))
    const theirs = driver(path)
    theirs.execute(`
    create trigger no_poison before insert on eventfold_events when new.type = 'POISON'
    begin select raise(abort, 'poison is not for sale'); end`)
    theirs.close()
    const sent = ['A', 'POISON', 'B', 'POISON', 'C'].map((type) => store.commit(event(type)))
    const results = await Promise.allSettled(sent)
    expect(results.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'rejected',
      'fulfilled',
    ])
    expect(results[1]).toMatchObject({
      reason: { code: 'STORE', fault: 'driver', outcome: 'none', retryable: false },
    })
    expect((results[1] as PromiseRejectedResult).reason.message).toContain('poison is not for sale')
    const positions = results.flatMap((result) =>
      result.status === 'fulfilled' ? result.value.events : [],
    )
    expect(positions.map(({ position }) => position)).toEqual([2, 3, 4])
    expect(await typesIn(path)).toEqual(['1 FIRST', '2 A', '3 B', '4 C'])
  },
)

test.each(rooms)(
  'a disk that is full refuses every commit, and works again when it is not: %s',
  async (_, driver) => {
    using folder = temporaryFolder()
    let connection: Connection | undefined
    await using store = openSqlite(folder.file('log.db'), {
      driver: (path) => (connection = driver(path)),
    })
    await store.commit(event('FIRST'))
    connection?.query('pragma max_page_count = 1').get()
    const large = { cartId: 'cart_1', text: 'x'.repeat(100_000) }
    const results = await Promise.allSettled([
      store.commit(event('A', large)),
      store.commit(event('B', large)),
    ])
    for (const result of results) {
      expect(result).toMatchObject({ reason: { code: 'STORE', fault: 'driver', outcome: 'none' } })
    }
    connection?.query('pragma max_page_count = 1000000').get()
    await store.commit(event('AGAIN', large))
    expect((await store.load('all')).events.map(({ type }) => type)).toEqual(['FIRST', 'AGAIN'])
  },
)

test.each(rooms)(
  'a lock of another process is waited for, and the event loop goes on: %s',
  async (_, driver) => {
    using folder = temporaryFolder()
    const path = folder.file('log.db')
    await using store = openSqlite(path, { driver })
    const other = driver(path)
    other.execute('begin immediate')
    const committing = store.commit(event('LATE'))
    let turns = 0
    for (; turns < 20; turns += 1) await sleep(2)
    expect((await store.load('all')).events).toHaveLength(0)
    other.execute('rollback')
    other.close()
    await expect(committing).resolves.toMatchObject({ events: [{ position: 1 }] })
  },
)

test('a lock that is held too long is named, and nothing is written', async () => {
  using folder = temporaryFolder()
  const path = folder.file('log.db')
  await using store = openTuned(path, { busyTimeout: 30 })
  const other = nodeSqlite(path)
  other.execute('begin immediate')
  await expect(store.commit(event('A'))).rejects.toMatchObject({
    code: 'STORE',
    fault: 'busy',
    retryable: true,
    outcome: 'none',
    message: expect.stringContaining('30 ms'),
  })
  other.execute('rollback')
  other.close()
  expect(await typesIn(path)).toEqual([])
})

test('an abort while the lock is waited for writes nothing, and the others are written', async () => {
  using folder = temporaryFolder()
  const path = folder.file('log.db')
  await using store = openSqlite(path)
  const other = nodeSqlite(path)
  other.execute('begin immediate')
  const controller = new AbortController()
  const aborted = store.commit(event('ABORTED'), { signal: controller.signal })
  const kept = store.commit(event('KEPT'))
  await sleep(10)
  controller.abort(new Error('changed my mind'))
  await expect(aborted).rejects.toMatchObject({ code: 'ABORTED', outcome: 'none' })
  other.execute('rollback')
  other.close()
  await kept
  expect(await typesIn(path)).toEqual(['1 KEPT'])
})

test.each(rooms)(
  'a file that is locked while it is opened is opened when it is free: %s',
  async (_, driver) => {
    using folder = temporaryFolder()
    const path = folder.file('app.db')
    const other = driver(path)
    other.execute('create table users (name text); begin exclusive')
    await using store = openSqlite(path, { driver })
    const committing = store.commit(event('A'))
    const watched = new Promise<void>((resolve) => {
      store.watch?.(resolve)
    })
    await sleep(20)
    other.execute('commit')
    other.close()
    await committing
    await watched
    expect(await typesIn(path)).toEqual(['1 A'])
  },
)

test('a file that stays locked while it is opened is named by every call', async () => {
  using folder = temporaryFolder()
  const path = folder.file('app.db')
  const other = nodeSqlite(path)
  other.execute('create table users (name text); begin exclusive')
  const store = openTuned(path, { busyTimeout: 30 })
  const busy = { code: 'STORE', fault: 'busy', retryable: true, outcome: 'none' }
  await expect(store.commit(event('A'))).rejects.toMatchObject(busy)
  await expect(store.load('all')).rejects.toMatchObject(busy)
  other.execute('rollback')
  other.close()
  await store.close()
})

test('of more commits than may wait, the rest is refused, and may be sent again', async () => {
  using folder = temporaryFolder()
  const path = folder.file('log.db')
  await using store = openTuned(path, { queueLimit: 3 })
  const sent = ['A', 'B', 'C', 'D'].map((type) => store.commit(event(type)))
  await expect(sent[3]).rejects.toMatchObject({
    code: 'STORE',
    fault: 'busy',
    retryable: true,
    outcome: 'none',
  })
  await Promise.all(sent.slice(0, 3))
  await store.commit(event('D'))
  expect(await typesIn(path)).toEqual(['1 A', '2 B', '3 C', '4 D'])
})

test('more commits than one batch takes, in number and in size, are stored in order', async () => {
  using folder = temporaryFolder()
  await using store = openSqlite(folder.file('log.db'))
  const numbers = Array.from({ length: 700 }, (_, index) => index)
  const text = (number: number) => (number % 100 === 0 ? 'x'.repeat(3_000_000) : '')
  const sent = numbers.map((number) => store.commit(event('A', { number, text: text(number) })))
  const committed = await Promise.all(sent)
  expect(committed.map(({ events }) => events[0]?.position)).toEqual(
    numbers.map((number) => number + 1),
  )
})

/** Loses the answer of COMMIT, before or after it has done its work. */
function losing(moment: 'before' | 'after', times: number): SqliteDriver {
  let left = times
  return (path) => {
    const connection = nodeSqlite(path)
    return {
      ...connection,
      command: (sql) => {
        const command = connection.command(sql)
        if (sql !== 'commit') return command
        return {
          run: () => {
            left -= 1
            if (left >= 0 && moment === 'before') throw new Error('disk I/O error')
            command.run()
            if (left >= 0) throw new Error('disk I/O error')
          },
        }
      },
    }
  }
}

test.each(['before', 'after'] as const)(
  'a COMMIT that fails %s its work says so, and the same commit sent again is stored once',
  async (moment) => {
    using folder = temporaryFolder()
    const path = folder.file('log.db')
    await using store = openSqlite(path, { driver: losing(moment, 1) })
    const commit = { events: [{ id: 'evt_1', type: 'A', data: { cartId: 'cart_1' } }] }
    await expect(store.commit(commit)).rejects.toMatchObject({
      code: 'STORE',
      fault: 'driver',
      outcome: 'unknown',
      retryable: true,
    })
    await expect(store.commit(commit)).resolves.toMatchObject({
      replayed: moment === 'after',
      events: [{ position: 1 }],
    })
    await store.commit({
      ...event('B'),
      conditions: [{ streams: [{ types: ['B'] }] }],
    })
    expect(await typesIn(path)).toEqual(['1 A', '2 B'])
  },
)
