import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkStreams } from '../../store/check-streams.ts'
import type { NewEvent, StoredEvent } from '../../event/event.ts'
import type { Stream, Streams } from '../../store/stream.ts'
import { events as matchables, streams } from '../../store/streams.fixture.ts'
import { MemoryEventStore } from '../memory/index.ts'
import { openTables, type Tables } from './reading.fixture.ts'
import { loadAnswerOf, loadStatement, pageStatement, type LoadQuery } from './reads.ts'
import { eventOf } from './rows.ts'

let tables: Tables
beforeAll(async () => {
  tables = await openTables()
})
afterAll(() => tables[Symbol.asyncDispose]())

const long = 'x'.repeat(600)
const news: fc.Arbitrary<readonly NewEvent[]> = fc.array(
  fc.tuple(matchables, fc.constantFrom(undefined, long)).map(([event, tail]) => {
    const { data } = event
    const isObject = typeof data === 'object' && data !== null && !Array.isArray(data)
    return isObject && tail ? { ...event, data: { ...data, long_id: tail } } : event
  }),
  { maxLength: 80, minLength: 1, size: 'max' },
)

const stream: fc.Arbitrary<Stream> = fc.oneof(
  { weight: 6, arbitrary: streams },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Stream>(
      { filter: { long_id: long } },
      { filter: { long_id: [long, 'a'], aId: 'a' } },
      { types: ['A'], filter: { long_id: { neq: long } } },
      { filter: { aId: 'a', bId: ['a', 'b', 1] }, types: ['A', 'B'] },
      { filter: { aId: { in: ['a', '', 1], neq: '' }, bId: 'a', c: { gt: 0 } } },
    ),
  },
)
const question = fc.record({
  streams: fc.oneof<fc.Arbitrary<Streams>[]>(
    { weight: 1, arbitrary: fc.constant('all' as const) } as never,
    { weight: 9, arbitrary: fc.array(stream, { minLength: 1, maxLength: 4 }) } as never,
  ),
  after: fc.nat(100),
  to: fc.nat(100),
  limit: fc.constantFrom(0, 1, 3, 20, 2000),
  backwards: fc.boolean(),
  versions: fc.tuple(fc.nat(8), fc.nat(12)),
  byId: fc.boolean(),
})

/** The log of a store in memory, and the same in PostgreSQL. */
async function fill(events: readonly NewEvent[]): Promise<readonly StoredEvent[]> {
  const memory = new MemoryEventStore()
  await memory.commit({ events })
  const { events: stored } = await memory.load('all')
  await tables.replace({ events: stored })
  return stored
}

const timeless = ({
  timestamp: _timestamp,
  ...event
}: StoredEvent): Omit<StoredEvent, 'timestamp'> => event

async function load(asked: Streams, query: LoadQuery) {
  const statement = loadStatement(asked, query, tables.context)
  expect(statement.text).not.toContain('?')
  return loadAnswerOf(await tables.run(statement), tables.context.codec, query.backwards)
}

async function page(asked: Streams, after: number, to: number, limit: number, backwards: boolean) {
  const statement = pageStatement(asked, { after, to, limit, backwards }, tables.context)
  const rows = statement ? await tables.run(statement) : []
  return rows.map((row) => eventOf(row, tables.context.codec))
}

describe('reads give what a store in memory gives', () => {
  test('whatever is asked for', async () => {
    for (let round = 0; round < 12; round += 1) {
      const seed = Math.floor(Math.random() * 2 ** 31)
      const [events = []] = fc.sample(news, { numRuns: 1, seed })
      const stored = await fill(events)
      const memory = new MemoryEventStore()
      await memory.commit({ events: stored.map((event) => ({ ...event, metadata: {} })) })
      for (const asked of fc.sample(question, { numRuns: 40, seed })) {
        checkStreams(asked.streams, 'read')
        const { limit, backwards } = asked
        const at = stored[(asked.after % (stored.length + 1)) - 1]
        const [after, seen] = at
          ? [at.position, asked.byId ? { eventId: at.id } : { position: at.position }]
          : [0, undefined]
        const matching = (await memory.load(asked.streams)).events
          .filter(({ position }) => position > after)
          .map(timeless)
        const head = { position: stored.length, id: stored.at(-1)?.id }
        const inOrder = backwards ? matching.toReversed() : matching
        const context = JSON.stringify({ seed, ...asked, after })
        const check = (found: readonly StoredEvent[], expected: readonly unknown[]): void => {
          const own = found.map(timeless)
          expect({ context, found: own }).toEqual({ context, found: expected })
        }

        const loaded = await load(asked.streams, { after: seen })
        check(loaded.events, matching)
        expect(loaded.head).toEqual(head)
        expect(loaded.seen).toEqual(at && { position: at.position, id: at.id })
        const first = await load(asked.streams, { after: seen, limit, backwards })
        check(first.events, inOrder.slice(0, limit))
        const inPage = inOrder.filter(({ position }) => position <= asked.to)
        check(await page(asked.streams, after, asked.to, limit, backwards), inPage.slice(0, limit))
        const isOfAggregates =
          asked.streams !== 'all' && asked.streams.every(({ aggregate }) => aggregate)
        if (isOfAggregates) {
          const [fromVersion, toVersion] = asked.versions
          const some = await load(asked.streams, { after: seen, fromVersion, toVersion })
          check(
            some.events,
            matching.filter(({ aggregate = { version: -1 } }) => {
              return aggregate.version >= fromVersion && aggregate.version <= toVersion
            }),
          )
        }
      }
    }
  })

  test('in a log that is longer than a page, of identifiers rare and common', async () => {
    const events = Array.from({ length: 5000 }, (_, n): NewEvent => {
      const rare = n % 997 === 5 || (n > 3000 && n < 3040) ? 'rare' : `r${n}`
      const data = { tenantId: 't', halfId: n % 2, rareId: rare, thirdId: n % 3 }
      return { type: n % 500 === 7 ? 'SELDOM' : 'OFTEN', data }
    })
    const stored = await fill(events)
    const asked: Streams[] = [
      [{ filter: { tenantId: 't', halfId: 1 } }],
      [{ filter: { tenantId: 't', rareId: 'rare' } }],
      [{ filter: { tenantId: 't', halfId: [0, 1], thirdId: 2 }, types: ['OFTEN'] }],
      [{ filter: { tenantId: 't', halfId: 1 }, types: ['SELDOM'] }],
      [{ filter: { tenantId: 't' }, types: ['SELDOM'] }],
      [{ filter: { halfId: 0, thirdId: { in: [0], neq: 1 } } }, { filter: { rareId: 'rare' } }],
      [{ types: ['SELDOM', 'OFTEN'] }],
    ]
    const memory = new MemoryEventStore()
    await memory.commit({ events: stored.map((event) => ({ ...event, metadata: {} })) })
    for (const one of asked) {
      const expected = (await memory.load(one)).events.map(({ position }) => position)
      for (const backwards of [false, true]) {
        const found: number[] = []
        let [after, to] = [0, 5000]
        for (;;) {
          const next = await page(one, after, to, 700, backwards)
          found.push(...next.map(({ position }) => position))
          if (next.length < 700) break
          const last = next.at(-1)?.position ?? 0
          if (backwards) to = last - 1
          else after = last
        }
        const inOrder = backwards ? expected.toReversed() : expected
        expect({ one, backwards, found }).toEqual({ one, backwards, found: inOrder })
      }
      expect((await load(one, {})).events.map(({ position }) => position)).toEqual(expected)
    }
  })
})

describe('a load', () => {
  test('gives no head on an empty log, and nothing seen', async () => {
    await tables.replace({})
    expect(await load('all', {})).toEqual({ events: [], characters: 0 })
    expect(await load('all', { after: { position: 3 } })).toEqual({ events: [], characters: 0 })
    expect(await load('all', { after: { eventId: 'a' } })).toEqual({ events: [], characters: 0 })
    expect(await load([{ types: [] }], { after: { position: 3 }, limit: 3 })).toEqual({
      events: [],
      characters: 0,
    })
  })

  test('brings the answer of an idempotency key', async () => {
    await tables.execute(
      `insert into ${tables.names.answers} values ('k''?', 'print', '{"first": 1}', now())`,
    )
    const { answer } = await load([{ types: ['A'] }], { idempotencyKey: "k'?" })
    expect(answer).toEqual({ fingerprint: 'print', answer: '{"first": 1}' })
    expect(await load('all', { idempotencyKey: 'other' })).not.toHaveProperty('answer')
  })

  test('brings time, metadata and aggregate of an event as they were stored', async () => {
    const event: StoredEvent = {
      id: 'a',
      type: 'A',
      data: { n: 1e300, text: "'\\\u2028" },
      metadata: { correlationId: 'c' },
      position: 1,
      timestamp: '2026-01-31T12:00:00.050Z',
      aggregate: { type: 'cart', id: '1', version: 1 },
    }
    await tables.replace({ events: [event] })
    await tables.execute(`set time zone 'Asia/Kathmandu'`)
    expect((await load('all', {})).events).toEqual([event])
  })
})
