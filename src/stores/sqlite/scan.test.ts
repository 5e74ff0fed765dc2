import { copyFileSync, rmSync } from 'node:fs'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { Streams } from '../../store/stream.ts'
import type { SqliteDriver } from './hand.ts'
import { nodeSqlite } from './hands/node-sqlite.ts'
import type { SqliteEventStore } from './index.ts'
import { openTuned, temporaryFolder } from './stores.fixture.ts'

/** What a driver was asked for since it was asked last. */
interface Work {
  statements: number
  rows: number
  /** What these rows hold. */
  characters: number
  /** Rows within the write transaction that looked at most of them. */
  locked: number
}

function counting(): { readonly driver: SqliteDriver; readonly work: () => Work } {
  let work: Work = { statements: 0, rows: 0, characters: 0, locked: 0 }
  let rowsBefore = 0
  const note = (rows: readonly (readonly unknown[])[]): void => {
    work.rows += rows.length
    for (const row of rows) {
      for (const value of row) work.characters += typeof value === 'string' ? value.length : 0
    }
  }
  const driver: SqliteDriver = (path) => {
    const connection = nodeSqlite(path)
    return {
      ...connection,
      command: (sql) => {
        const command = connection.command(sql)
        return {
          run: (...values) => {
            work.statements += 1
            if (sql === 'begin immediate') rowsBefore = work.rows
            if (sql === 'commit') work.locked = Math.max(work.locked, work.rows - rowsBefore)
            command.run(...values)
          },
        }
      },
      query: (sql) => {
        const query = connection.query<never>(sql)
        return {
          get: (...values) => {
            work.statements += 1
            const row = query.get(...values)
            note(row ? [row] : [])
            return row
          },
          all: (...values) => {
            work.statements += 1
            const rows = query.all(...values)
            note(rows)
            return rows
          },
        }
      },
    }
  }
  const take = (): Work => {
    const done = work
    work = { statements: 0, rows: 0, characters: 0, locked: 0 }
    return done
  }
  return { driver, work: take }
}

const EVENTS = 40_000

/** Every event is of one tenant; one in four thousand is of cart 7; the very first has a type of its own. */
async function fill(store: SqliteEventStore): Promise<void> {
  const all = Array.from({ length: EVENTS }, (_, number) => ({
    type: number === 0 ? 'TENANT_CREATED' : 'NUMBERED',
    data: { tenantId: 'only', cartId: number % 4_000 === 7 ? 'cart_7' : `other_${number}`, number },
  }))
  for (let start = 0; start < EVENTS; start += 2_000) {
    await store.commit({ events: all.slice(start, start + 2_000) })
  }
}

const folder = temporaryFolder()
const filled = folder.file('filled.db')

beforeAll(async () => {
  await using store = openTuned(filled, {})
  await fill(store)
})
afterAll(() => folder[Symbol.dispose]())

interface Opened extends AsyncDisposable {
  readonly store: SqliteEventStore
  readonly work: () => Work
}

/** A copy of the filled log, with nothing that waits to be filed. */
async function opened(): Promise<Opened> {
  const path = folder.file('log.db')
  copyFileSync(filled, path)
  const { driver, work } = counting()
  const store = openTuned(path, { driver })
  await store.load([{ types: ['NOTHING'] }])
  work()
  return {
    store,
    work,
    [Symbol.asyncDispose]: async () => {
      await store.close()
      rmSync(path)
    },
  }
}

const rare: readonly (readonly [string, Streams])[] = [
  [
    'a rare key under a key that every event has',
    [{ filter: { tenantId: 'only', cartId: 'cart_7' } }],
  ],
  [
    'a key that is nowhere under one that is everywhere',
    [{ filter: { tenantId: 'only', cartId: 'none' } }],
  ],
  [
    'a rare type under a key that every event has',
    [{ types: ['TENANT_CREATED'], filter: { tenantId: 'only' } }],
  ],
  ['a type that is nowhere', [{ types: ['NOTHING'], filter: { tenantId: 'only' } }]],
  [
    'several streams',
    [
      { types: ['TENANT_CREATED'] },
      { filter: { cartId: 'cart_7' } },
      { filter: { cartId: 'other_9' } },
    ],
  ],
  [
    'one of many values',
    [{ filter: { tenantId: 'only', cartId: ['cart_7', 'other_1', 'other_2'] } }],
  ],
]

/** A row of the index holds 256 positions: less is read than would be of a key that every event has. */
const LITTLE = 6 * (EVENTS / 4)

test.each(rare)('what is rare is found without a look at the rest: %s', async (_, streams) => {
  await using log = await opened()
  const { events } = await log.store.load(streams)
  expect(events.length).toBeLessThan(20)
  const { statements, characters } = log.work()
  expect(statements).toBeLessThan(60)
  expect(characters).toBeLessThan(LITTLE)
})

test.each(rare)(
  'a condition on it is judged without a look at the rest: %s',
  async (_, streams) => {
    await using log = await opened()
    const commit = { events: [{ type: 'A', data: {} }], conditions: [{ streams }] }
    await log.store.commit(commit).catch(() => undefined)
    const { statements, characters } = log.work()
    expect(statements).toBeLessThan(60)
    expect(characters).toBeLessThan(LITTLE)
  },
)

test.each<readonly [string, Streams]>([
  ['the whole log', 'all'],
  ['a type that most events have', [{ types: ['NUMBERED'] }]],
  ['a key that every event has', [{ filter: { tenantId: 'only' } }]],
  ['all that has a number', [{ filter: { number: { gte: 0 } } }]],
])('the newest event is looked up, not searched for: %s', async (_, streams) => {
  await using log = await opened()
  const found = await Array.fromAsync(log.store.read(streams, { backwards: true, limit: 1 }))
  expect(found.map(({ position }) => position)).toEqual([EVENTS])
  const { statements, rows } = log.work()
  expect(statements).toBeLessThan(12)
  expect(rows).toBeLessThan(12)
  const conflict = { events: [{ type: 'A', data: {} }], conditions: [{ streams }] }
  await expect(log.store.commit(conflict)).rejects.toMatchObject({ code: 'CONFLICT' })
  expect(log.work().rows).toBeLessThan(12)
})

test('a condition that needs a long search does not hold the lock for it, and is exact', async () => {
  await using log = await opened()
  const streams = [{ types: ['NUMBERED'], filter: { number: { gt: EVENTS } } }]
  const numbered = (number: number) => ({ type: 'NUMBERED', data: { tenantId: 'only', number } })
  const commit = { events: [numbered(EVENTS + 1)], conditions: [{ streams }] }
  // The first of them wins, although all are searched for at once, while others append.
  const racing = Promise.allSettled([log.store.commit(commit), log.store.commit(commit)])
  const others = []
  for (let number = 0; number < 50; number += 1)
    others.push(await log.store.commit({ events: [numbered(number)] }))
  const results = await racing
  expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
  const { rows, locked } = log.work()
  expect(rows).toBeGreaterThan(EVENTS)
  expect(locked).toBeLessThan(EVENTS / 6)
  await expect(log.store.commit(commit)).rejects.toMatchObject({
    code: 'CONFLICT',
    conflict: { event: { type: 'NUMBERED' } },
  })
})

test('what was sent behind a condition that is searched for is stored behind it', async () => {
  await using log = await opened()
  const streams = [{ types: ['NUMBERED'], filter: { number: { gt: EVENTS } } }]
  const slow = (type: string) => ({ events: [{ type, data: {} }], conditions: [{ streams }] })
  const quick = (type: string) => ({ events: [{ type, data: {} }] })
  const sent = [quick('A'), slow('B'), quick('C'), slow('D'), quick('E')]
  const committed = await Promise.all(sent.map((commit) => log.store.commit(commit)))
  expect(committed.map(({ events }) => events[0]?.position)).toEqual(
    sent.map((_, index) => EVENTS + 1 + index),
  )
})

test('a condition that is searched for can be aborted, and its commit is not written', async () => {
  await using log = await opened()
  const streams = [{ types: ['NUMBERED'], filter: { number: { gt: EVENTS } } }]
  const controller = new AbortController()
  const commit = { events: [{ type: 'A', data: {} }], conditions: [{ streams }] }
  const committing = log.store.commit(commit, { signal: controller.signal })
  await new Promise((resolve) => {
    setImmediate(() => setImmediate(resolve))
  })
  controller.abort()
  await expect(committing).rejects.toMatchObject({ code: 'ABORTED', outcome: 'none' })
  await expect(log.store.load([{ types: ['A'] }])).resolves.toMatchObject({ events: [] })
})

test('a long read lets others have their turn, and ends where the log ended when it began', async () => {
  await using log = await opened()
  let turns = 0
  const timer = setInterval(() => {
    turns += 1
  }, 0)
  const reading = log.store.load([{ filter: { number: { gte: 0 } } }])
  await log.store.commit({ events: [{ type: 'NUMBERED', data: { number: 1 } }] })
  const { events, cursor } = await reading
  clearInterval(timer)
  expect(events.map(({ position }) => position)).toEqual(events.map((_event, index) => index + 1))
  expect(events).toHaveLength(EVENTS)
  expect(cursor).toMatch(new RegExp(`^${EVENTS}~`, 'u'))
  expect(turns).toBeGreaterThan(2)
})

test('a key under which a thousand events are filed is read whole, both ways, from anywhere', async () => {
  await using store = openTuned(folder.file('hot.db'), {
    filing: { threshold: () => 900, rows: 512 },
  })
  const cart = (cartId: string, count: number) =>
    Array.from({ length: count }, (_, number) => ({
      type: number % 3 === 0 ? 'A' : 'B',
      data: { cartId },
    }))
  for (let round = 0; round < 5; round += 1) {
    await store.commit({ events: [...cart('hot', 700), ...cart('cold', 3)] })
    await new Promise((resolve) => {
      setTimeout(resolve, 5)
    })
  }
  const all = (await store.load('all')).events
  for (const [types, carts] of [
    [['A', 'B'], ['hot']],
    [['A'], ['hot']],
    [['B'], ['cold', 'hot']],
  ] as const) {
    const streams = [{ types, filter: { cartId: carts } }]
    const wanted = all.filter(
      ({ type, data }) =>
        types.some((one) => one === type) &&
        carts.some((one) => one === (data as { cartId: string }).cartId),
    )
    for (const after of [0, 1, 255, 256, 257, 1_023, 1_024, 2_100, 3_514, 3_515]) {
      const seen = after === 0 ? undefined : { eventId: all[after - 1]?.id ?? '' }
      const rest = wanted.filter(({ position }) => position > after).map(({ position }) => position)
      const up = await Array.fromAsync(store.read(streams, { after: seen }))
      const down = await Array.fromAsync(store.read(streams, { after: seen, backwards: true }))
      expect(up.map(({ position }) => position)).toEqual(rest)
      expect(down.map(({ position }) => position)).toEqual(rest.toReversed())
    }
  }
})

test('more types than the index has numbers for are told apart all the same', async () => {
  await using store = openTuned(folder.file('types.db'), {
    filing: { threshold: () => 3_000, rows: 512 },
  })
  for (let start = 0; start < 6_000; start += 1_000) {
    const types = Array.from({ length: 1_000 }, (_, index) => `TYPE_${start + index}`)
    await store.commit({
      events: types.map((type) => ({ type, data: { cartId: 'cart_1' } })),
    })
    await new Promise((resolve) => {
      setTimeout(resolve, 20)
    })
  }
  for (const number of [0, 2_999, 4_094, 4_095, 4_096, 5_999]) {
    const streams = [{ types: [`TYPE_${number}`], filter: { cartId: 'cart_1' } }]
    const { events } = await store.load(streams)
    expect(events.map(({ position }) => position)).toEqual([number + 1])
    const backwards = await Array.fromAsync(store.read(streams, { backwards: true, limit: 1 }))
    expect(backwards.map(({ position }) => position)).toEqual([number + 1])
    const commit = { events: [{ type: 'A', data: {} }], conditions: [{ streams }] }
    await expect(store.commit(commit)).rejects.toMatchObject({
      conflict: { event: { position: number + 1 } },
    })
  }
  const none = [{ types: ['TYPE_6000'], filter: { cartId: 'cart_1' } }]
  expect((await store.load(none)).events).toEqual([])
  await store.commit({ events: [{ type: 'A', data: {} }], conditions: [{ streams: none }] })
})

test('a type that is spelt like a key is not taken for it', async () => {
  await using store = openTuned(folder.file('names.db'), {
    filing: { threshold: () => 1, rows: 512 },
  })
  const key = 'cartId=s:cart_1'
  for (const type of [key, `type:${key}`, encodeURIComponent(key), 'A']) {
    await store.commit({ events: [{ type, data: { cartId: 'cart_1' } }] })
    await store.commit({ events: [{ type, data: { [`type:${type}Id`]: 'A' } }] })
  }
  const typesOf = async (streams: Streams): Promise<string[]> =>
    (await store.load(streams)).events.map(({ type }) => type)
  await vi.waitFor(async () => {
    await store.commit({ events: [{ type: 'B', data: {} }] })
    expect(await typesOf([{ types: [key] }])).toEqual([key, key])
  })
  expect(await typesOf([{ filter: { cartId: 'cart_1' } }])).toHaveLength(4)
  expect(await typesOf([{ types: [encodeURIComponent(key)] }])).toHaveLength(2)
})

test('events of megabytes come one by one, among small ones', async () => {
  await using store = openTuned(folder.file('large.db'), {
    filing: { threshold: () => 3, rows: 512 },
  })
  const sizes = [10, 3_000_000, 70_000, 20, 65_536, 65_500, 1_000_000]
  for (const size of sizes) {
    const text = 'é'.repeat(size / 2)
    await store.commit({ events: [{ type: 'A', data: { cartId: 'c', text }, metadata: { text } }] })
  }
  for (const streams of ['all', [{ types: ['A'] }], [{ filter: { cartId: 'c' } }]] as const) {
    const { events } = await store.load(streams)
    expect(events.map(({ data }) => (data as { text: string }).text.length * 2)).toEqual(sizes)
    expect(events.map(({ metadata }) => (metadata['text'] as string).length * 2)).toEqual(sizes)
  }
})
