import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Streams } from '../../store/stream.ts'
import { documentsStatement, documentStatement } from './document-queries.ts'
import type { Statement } from './hand.ts'
import { dataIndexSql } from './migration.ts'
import { quoteText } from './names.ts'
import { flatten, lookedAt, planOf, type PlanNode } from './plan-nodes.fixture.ts'
import { openTables, type Tables } from './reading.fixture.ts'
import { loadStatement, pageStatement } from './reads.ts'

const ROWS = Number(process.env['PG_PLAN_ROWS'] ?? 200_000)
/** From this cost on PostgreSQL compiles a statement each time it runs, which takes longer than to run it. */
const JIT_COST = 100_000

let tables: Tables
beforeAll(async () => {
  tables = await openTables()
  const { events, projections } = tables.names.tables
  await tables.execute(dataIndexSql(events, 'status'))
  await tables.execute(dataIndexSql(projections, 'email'))
}, 600_000)
afterAll(() => tables[Symbol.asyncDispose]())

async function fill(rows: number): Promise<void> {
  const { events, keys, projections } = tables.names
  await tables.execute(`insert into ${events} (position, id, type, data, aggregate_type, aggregate_id, version)
    select i, 'e' || i, 'T' || i % 10, jsonb_build_object('cartId', 'c' || i / 10, 'tenantId', 't',
        'status', 's' || i % 5000), 'cart', 'a' || i % 1000, i / 1000 + 1 from generate_series(1, ${rows}) i`)
  await tables.execute(`insert into ${keys} (key, position, type) select k, i, 'T' || i % 10
    from generate_series(1, ${rows}) i, lateral (values ('cartId=s:c' || i / 10), ('tenantId=s:t')) v(k)`)
  await tables.execute(`insert into ${projections} (type, id, data, revision)
    select 'cart', 'd' || i, jsonb_build_object('email', 'm' || i), 1 from generate_series(1, ${rows / 10}) i`)
}

const streams: Readonly<Record<string, Streams>> = {
  'one key': [{ filter: { cartId: 'c77' } }],
  'one key and types': [{ types: ['T1', 'T2'], filter: { cartId: 'c77' } }],
  'a key of every event and a rare one': [
    { types: ['T1'], filter: { tenantId: 't', cartId: 'c7' } },
  ],
  'several values of a key': [{ filter: { cartId: ['c7', 'c8'] } }],
  'one type': [{ types: ['T1'] }],
  'a type that never occurs': [{ types: ['NEVER'] }],
  'several types': [{ types: ['T1', 'T2', 'T3'] }],
  'types that never occur': [{ types: ['NEVER', 'NOWHERE'] }],
  'the whole log': 'all',
  'an aggregate': [{ aggregate: { type: 'cart', id: 'a7' } }],
  'several streams': [{ types: ['T1'], filter: { cartId: 'c7' } }, { filter: { cartId: 'c8' } }],
  'a key and a filter': [{ filter: { cartId: 'c7', status: { gt: 's1' } } }],
}

function statements(): [name: string, statement: Statement, most: number][] {
  const { context, names } = tables
  const middle = Math.floor(ROWS / 2)
  return [
    ...Object.entries(streams).flatMap(([name, asked]): [string, Statement, number][] => {
      const page = (backwards: boolean, after: number): Statement =>
        pageStatement(asked, { after, to: ROWS, limit: 50, backwards }, context) as Statement
      return [
        [`a page of ${name}`, page(false, 0), 500],
        [`a page of ${name} from the middle`, page(false, middle), 500],
        [`the newest of ${name}`, page(true, 0), 500],
        [
          `what is new of ${name}`,
          loadStatement(asked, { after: { position: ROWS - 20 } }, context),
          500,
        ],
        [
          `what is new of ${name}, after an event`,
          loadStatement(asked, { after: { eventId: `e${ROWS - 20}` } }, context),
          500,
        ],
      ]
    }),
    ['a load of a key', loadStatement(streams['one key'] ?? [], {}, context), 500],
    [
      'a load of two keys',
      loadStatement([{ filter: { tenantId: 't', cartId: 'c7' } }], {}, context),
      500,
    ],
    [
      'the first page of types that never occur',
      loadStatement(streams['types that never occur'] ?? [], { limit: 1024 }, context),
      500,
    ],
    ['a load of an aggregate', loadStatement(streams['an aggregate'] ?? [], {}, context), 5000],
    ['one document', documentStatement('cart', 'd7', names), 500],
    [
      'a page of documents',
      documentsStatement({ type: 'cart', limit: 20, after: '["d5",null]' }, context),
      500,
    ],
  ]
}

/** The plan of a statement that has run, as prepared before. */
async function explain(name: string, values: Statement['values'] = []): Promise<PlanNode> {
  const [row] = await tables.execute(
    `explain (analyze, timing off, format json) execute ${name}${listed(values)}`,
  )
  return planOf(row)
}

function listed(values: Statement['values'] = []): string {
  return values.length === 0 ? '' : `(${values.map((value) => quoteText(value ?? '')).join(', ')})`
}

/** What tells positions, and needs no row for it: the keys, and the types too where no event of one is given. */
const TELLING = ['public.events.keys_pkey', 'events_type_idx']
/** Their events are given as the index of types finds them. */
const GIVEN = /of (?:one type|a type that never occurs)/u

/**
 * What is wrong with a plan: tables that are read from end to end, more rows than that, a cost too high, or
 * rows that are read for what an index tells.
 */
function faultsOf(what: string, plan: PlanNode, most: number): Faults {
  const nodes = flatten(plan)
  const scans = nodes.filter((node) => node['Relation Name'] !== undefined)
  const looked = scans.map((node) => lookedAt(node) * node['Actual Loops'])
  return {
    whole: scans
      .filter((node) => node['Node Type'].includes('Seq Scan'))
      .map((node) => node['Relation Name']),
    looked: Math.max(0, ...looked) > most ? Math.max(...looked) : 0,
    cost: plan['Total Cost'] > JIT_COST ? plan['Total Cost'] : 0,
    read: GIVEN.test(what)
      ? []
      : nodes
          .filter((node) => TELLING.includes(node['Index Name'] ?? ''))
          .filter((node) => node['Node Type'] !== 'Index Only Scan')
          .map((node) => node['Index Name']),
  }
}

interface Faults {
  readonly whole: readonly unknown[]
  readonly looked: number
  readonly cost: number
  readonly read: readonly unknown[]
}

const NONE: Faults = { whole: [], looked: 0, cost: 0, read: [] }

describe('statements look at what they give, and little more', () => {
  const faults = async (): Promise<readonly unknown[]> => {
    const found: unknown[] = []
    for (const [index, [what, { values }, most]] of statements().entries()) {
      const of = faultsOf(what, await explain(`s${index}`, values), most)
      if (JSON.stringify(of) !== JSON.stringify(NONE)) found.push({ what, ...of })
    }
    return found
  }

  test('by a generic plan that was made while the log was empty', async () => {
    const { events, keys, projections } = tables.names
    for (const table of [events, keys, projections]) {
      await tables.execute(`alter table ${table} set (autovacuum_enabled = off)`)
    }
    await tables.execute('set plan_cache_mode = force_generic_plan')
    for (const [index, [, { text, values }]] of statements().entries()) {
      await tables.execute(`prepare s${index} as ${text}`)
      await tables.execute(`execute s${index}${listed(values)}`)
    }
    await fill(ROWS)
    expect(await faults()).toEqual([])
  }, 600_000)

  test.each(['force_generic_plan', 'force_custom_plan'])(
    'by %s, on tables known to the planner',
    async (mode) => {
      await tables.execute('vacuum analyze')
      await tables.execute(`set plan_cache_mode = ${mode}`)
      expect(await faults()).toEqual([])
    },
    600_000,
  )
})

test('an index on a key of data serves filters on events and on documents', async () => {
  await tables.execute('set plan_cache_mode = auto')
  const { context } = tables
  const asked: [Statement, string][] = [
    [loadStatement([{ filter: { status: 's7' } }], {}, context), 'events_data_status_idx'],
    [
      loadStatement([{ types: ['T7'], filter: { status: ['s7', 's8'] } }], {}, context),
      'events_data_status_idx',
    ],
    [
      pageStatement(
        [{ filter: { status: 's7' } }],
        { after: 0, to: ROWS, limit: 64 },
        context,
      ) as Statement,
      'events_data_status_idx',
    ],
    [
      documentsStatement({ type: 'cart', filter: { email: 'm7' }, limit: 10 }, context),
      'projections_data_email_idx',
    ],
    [
      documentsStatement(
        { type: 'cart', filter: { email: { in: ['m7'] } }, order: { by: 'email' } },
        context,
      ),
      'projections_data_email_idx',
    ],
  ]
  for (const [index, [{ text, values, name }, expected]] of asked.entries()) {
    expect(name).toBeUndefined()
    await tables.execute(`prepare d${index} as ${text}`)
    const plan = await explain(`d${index}`, values)
    expect(flatten(plan).map((node) => node['Index Name'])).toContain(expected)
    expect(faultsOf(expected, plan, 500)).toEqual(NONE)
  }
})
