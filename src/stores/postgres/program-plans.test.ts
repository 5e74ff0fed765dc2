import { afterAll, beforeAll, expect, test } from 'vitest'
import { prepareCommit } from '../../store/check-commit.ts'
import type { Commit } from '../../store/commit.ts'
import type { Streams } from '../../store/stream.ts'
import { batchText, encode } from './encode.ts'
import { quoteText } from './names.ts'
import { isIdentifier, openTables, type Tables } from './reading.fixture.ts'
import { limits } from './store.ts'

const ROWS = Number(process.env['PG_PLAN_ROWS'] ?? 200_000)
/** Ten levels of an index more or less, not a walk through one. */
const MORE = 40

let tables: Tables
beforeAll(async () => {
  tables = await openTables()
})
afterAll(() => tables[Symbol.asyncDispose]())

async function fill(from: number, to: number): Promise<void> {
  const { events, keys } = tables.names
  await tables.execute(`insert into ${events} (position, id, type, data, aggregate_type, aggregate_id, version)
    select i, 'e' || i, 'T' || i % 2, jsonb_build_object('cartId', 'c' || i / 10, 'tenantId', 't', 'n', i),
      'cart', 'a' || i / 10, i % 10 + 1 from generate_series(${from}, ${to}) i`)
  await tables.execute(`insert into ${keys} (key, position, type) select k, i, 'T' || i % 2
    from generate_series(${from}, ${to}) i, lateral (values ('cartId=s:c' || i / 10), ('tenantId=s:t')) v(k)`)
}

const event = { type: 'T1', data: { cartId: 'new', tenantId: 't' } }

/** What is asked, when the reader has seen the first event only, or none. */
const old: Readonly<Record<string, Streams>> = {
  'one key': [{ filter: { cartId: 'none' } }],
  'one key and a type': [{ types: ['T9'], filter: { cartId: 'c3' } }],
  'a type that never occurs': [{ types: ['NEVER'] }],
  'a key of every event and a type that never occurs': [
    { types: ['NEVER'], filter: { tenantId: 't' } },
  ],
  'a key of every event and a rare one': [{ filter: { tenantId: 't', cartId: 'none' } }],
  'both with a type of many events': [{ types: ['T1'], filter: { tenantId: 't', cartId: 'c3' } }],
  'a rare key and more': [{ filter: { cartId: 'c3', n: { lt: 0 } } }],
  'several values': [{ filter: { cartId: ['none', 'nobody'], tenantId: 't' } }],
  'an aggregate': [{ aggregate: { type: 'cart', id: 'none' } }],
  'several streams': [{ types: ['NEVER'] }, { filter: { cartId: 'none', tenantId: 't' } }],
}

function commits(head: number): Readonly<Record<string, Commit>> {
  // The first ten events of a cart come before the cursor, and none after it.
  const after = '50~e50'
  const aggregate = { type: 'cart', id: 'a3' }
  return {
    'nothing but an event': { events: [event] },
    ...Object.fromEntries(
      Object.entries(old).map(([name, streams]) => [
        name,
        { events: [event], conditions: [{ streams, after }] },
      ]),
    ),
    'everything, of which all was seen': {
      events: [event],
      conditions: [{ streams: 'all', after: `${head}~e${head}` }],
    },
    'a key of every event, of which all was seen': {
      events: [event],
      conditions: [{ streams: [{ filter: { tenantId: 't' } }], after: `${head}~e${head}` }],
    },
    'after an event': {
      events: [event],
      conditions: [{ streams: [{ types: ['NEVER'] }], after: { eventId: 'e50' } }],
    },
    'a conflict': { events: [event], conditions: [{ streams: [{ types: ['T1'] }] }] },
    'an expected version': {
      events: [{ ...event, aggregate }],
      expect: [{ aggregate, version: 10 }],
    },
    'documents, outbox and key': {
      events: [event],
      documents: [{ type: 'view', id: 'v1', data: 1, cursor: `${head}~e${head}`, if: 'newer' }],
      outbox: [{ type: 'message', data: 1 }],
      idempotency: { key: 'command_1' },
    },
  }
}

interface Cost {
  readonly blocks: number
  readonly scans: number
}

/** The pages that a batch of one has looked at, and how often a table was read from end to end. */
async function costOf(commit: Commit, routine: string): Promise<Cost> {
  const { codec } = tables.context
  const prepared = prepareCommit(commit, { isIdentifier, codec, limits })
  const batch = quoteText(batchText([encode(prepared, { isIdentifier, codec })]))
  const scansSoFar = async (): Promise<number> => {
    const [row] = await tables.execute(
      'select coalesce(sum(seq_scan), 0)::int as scans from pg_stat_xact_user_tables',
    )
    return Number(row?.['scans'])
  }
  await tables.execute('begin')
  const scans = await scansSoFar()
  const [row] = await tables.execute(
    `explain (analyze, buffers, timing off, format json) select ${routine}(${batch}::jsonb)`,
  )
  const cost = { scans: (await scansSoFar()) - scans }
  await tables.execute('rollback')
  const [{ Plan: plan }] = (row as { 'QUERY PLAN': [{ Plan: Record<string, number> }] })[
    'QUERY PLAN'
  ]
  return { ...cost, blocks: (plan['Shared Hit Blocks'] ?? 0) + (plan['Shared Read Blocks'] ?? 0) }
}

test('what a commit costs does not grow with the log', { timeout: 600_000 }, async () => {
  const { append, judge, events, keys } = tables.names
  for (const table of [events, keys]) {
    await tables.execute(`alter table ${table} set (autovacuum_enabled = off)`)
  }
  const measure = async (head: number): Promise<ReadonlyMap<string, Cost>> => {
    const costs = new Map<string, Cost>()
    for (const [name, commit] of Object.entries(commits(head))) {
      for (const routine of [append, judge]) {
        // The first one plans.
        await costOf(commit, routine)
        costs.set(`${name}, by ${routine}`, await costOf(commit, routine))
      }
    }
    return costs
  }
  // The plans are made while the tables are small and unknown, and kept.
  await fill(1, ROWS / 100)
  const small = await measure(ROWS / 100)
  await fill(ROWS / 100 + 1, ROWS)
  await tables.execute('vacuum analyze')
  const large = await measure(ROWS)
  // And made anew, by what the planner knows now.
  await tables.execute('discard plans')
  const fresh = await measure(ROWS)
  const faults = [...large, ...fresh].flatMap(([name, { blocks, scans }]) => {
    const before = small.get(name) as Cost
    const grows = blocks > before.blocks + MORE
    return scans + before.scans > 0 || grows ? [{ name, before, blocks, scans }] : []
  })
  expect(faults).toEqual([])
})
