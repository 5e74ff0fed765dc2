import { afterAll, beforeAll, expect, test } from 'vitest'
import { prepareCommit } from '../../store/check-commit.ts'
import type { Commit } from '../../store/commit.ts'
import type { Streams } from '../../store/stream.ts'
import { batchText } from './batch.ts'
import { encode } from './encode.ts'
import { quoteText } from './names.ts'
import { flatten, lookedAt, planOf, tellPlans, type PlanNode } from './plan-nodes.fixture.ts'
import { isIdentifier, openTables, type Tables } from './reading.fixture.ts'
import { limits } from './store.ts'

const ROWS = Number(process.env['PG_PLAN_ROWS'] ?? 200_000)
/** Ten levels of an index more or less, not a walk through one. */
const MORE = 40

/**
 * Where a row is read, because the index does not tell what is asked: the id at a position (of the head, of
 * what a reader has seen, of what stands in the way) or its data, the position of an event that is known
 * by its id or as the newest of an aggregate, the answer to a key, a document. One row each.
 */
const READ = [
  'events_pkey',
  'events_id_key',
  'events_aggregate_idx',
  'public.events.answers_pkey',
  'projections_type_id_idx',
]
/** Here the index gives the candidates, and their data tells which of them match. */
const COMPARED: Readonly<Record<string, string>> = {
  'a type of which all was seen, and more': 'events_type_idx',
}

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
  'a key of newer events and more': [{ filter: { cartId: 'c9', n: { lt: 0 } } }],
  'an aggregate': [{ aggregate: { type: 'cart', id: 'none' } }],
  'an aggregate of older events': [{ aggregate: { type: 'cart', id: 'a3' } }],
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
    'a type of which all was seen, and more': {
      events: [event],
      conditions: [
        {
          streams: [{ types: ['T0'], filter: { n: { lt: 0 } } }],
          after: `${head - 2}~e${head - 2}`,
        },
      ],
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
    'an append to an aggregate': {
      events: [{ ...event, aggregate }],
      expect: [{ aggregate, version: 10 }],
      documents: [
        { type: 'snapshot', id: 'a3', data: 1, cursor: '39~e39', if: { revision: 1 } },
        { type: 'entry', id: 'a3', data: 1 },
      ],
      outbox: [{ type: 'message', data: 1 }],
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
  /** The pages that were looked at. */
  readonly blocks: number
  /** How the statements of the program looked at tables. */
  readonly scans: readonly PlanNode[]
}

interface Named extends Cost {
  readonly name: string
}

/** What the server has told of the last batch. */
const told: PlanNode[] = []

/** What a batch of one costs. */
async function costOf(commit: Commit, routine: string): Promise<Cost> {
  const { codec } = tables.context
  const prepared = prepareCommit(commit, { isIdentifier, codec, limits })
  const batch = quoteText(batchText([encode(prepared, { isIdentifier, codec })]))
  await tables.execute('begin')
  told.length = 0
  const [row] = await tables.execute(
    `explain (analyze, buffers, timing off, format json) select ${routine}(${batch}::jsonb)`,
  )
  const scans = told
    .flatMap(flatten)
    .filter((node) => node['Relation Name'] !== undefined && node['Node Type'] !== 'ModifyTable')
    .filter((node) => node['Actual Loops'] > 0)
  await tables.execute('rollback')
  const plan = planOf(row)
  return { scans, blocks: (plan['Shared Hit Blocks'] ?? 0) + (plan['Shared Read Blocks'] ?? 0) }
}

function nameOf(scan: PlanNode): string {
  return `${scan['Node Type']} ${scan['Index Name']}`
}

/** Whether a scan reads rows of the table that it need not read. */
function isWasteful(scan: PlanNode, commit: string): boolean {
  const { 'Node Type': type, 'Index Name': index = '' } = scan
  if (type === 'Index Only Scan') return (scan['Heap Fetches'] ?? 0) > MORE
  if (type === 'Index Scan' && COMPARED[commit] === index) return false
  return type !== 'Index Scan' || !READ.includes(index) || lookedAt(scan) > 1
}

test('what a commit costs does not grow with the log', { timeout: 600_000 }, async () => {
  const { append, judge, events, keys } = tables.names
  for (const table of [events, keys]) {
    await tables.execute(`alter table ${table} set (autovacuum_enabled = off)`)
  }
  const measure = async (head: number): Promise<ReadonlyMap<string, Named>> => {
    const costs = new Map<string, Named>()
    for (const [name, commit] of Object.entries(commits(head))) {
      for (const routine of [append, judge]) {
        // The first one plans.
        await costOf(commit, routine)
        costs.set(`${name}, by ${routine}`, { name, ...(await costOf(commit, routine)) })
      }
    }
    return costs
  }
  // The plans are made while the tables are small and unknown, and kept.
  await fill(1, ROWS / 100)
  await tellPlans(tables, (plan) => told.push(plan))
  const small = await measure(ROWS / 100)
  await fill(ROWS / 100 + 1, ROWS)
  await tables.execute('vacuum analyze')
  const large = await measure(ROWS)
  // And made anew, by what the planner knows now.
  await tables.execute('discard plans')
  const fresh = await measure(ROWS)
  for (const costs of [large, fresh]) {
    const faults = [...costs].flatMap(([what, { name, blocks, scans }]) => {
      const before = (small.get(what) as Named).blocks
      const wasteful = scans.filter((scan) => isWasteful(scan, name)).map(nameOf)
      const isFault = wasteful.length > 0 || blocks > before + MORE
      return isFault ? [{ what, before, blocks, wasteful }] : []
    })
    expect(faults).toEqual([])
    const seen = [...costs.values()].flatMap(({ scans }) => scans.map(nameOf))
    expect([...new Set(seen)].sort()).toEqual([
      'Index Only Scan events_aggregate_idx',
      'Index Only Scan events_id_key',
      'Index Only Scan events_type_idx',
      'Index Only Scan public.events.keys_pkey',
      ...[...READ, ...Object.values(COMPARED)].map((index) => `Index Scan ${index}`).sort(),
    ])
  }
})
