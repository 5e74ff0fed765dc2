import * as fc from 'fast-check'
import { Pool } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { prepareCommit } from '../../store/check-commit.ts'
import type { Commit } from '../../store/commit.ts'
import { isEventfoldError, type ConcurrencyError } from '../../store/errors.ts'
import type { EventStore } from '../../store/store.ts'
import { encode } from './encode.ts'
import { migrate, openPostgres } from './index.ts'
import { isIdentifier } from './reading.fixture.ts'
import { jsonCodec } from '../../store/json.ts'
import { freshDatabase, type FreshDatabase } from './server.fixture.ts'
import { limits } from './store.ts'

let database: FreshDatabase
let pool: Pool
beforeAll(async () => {
  database = await freshDatabase()
  pool = new Pool({ connectionString: database.url, max: 4 })
  pool.on('error', () => {})
})
afterAll(async () => {
  await pool?.end()
  await database?.[Symbol.asyncDispose]()
})

let opened = 0
/** Two logs: one is written by the routines, the other always with care. */
async function openBoth(): Promise<readonly [EventStore, EventStore]> {
  const open = async (plainStatements: boolean): Promise<EventStore> => {
    const schema = `log_${(opened += 1)}`
    const tables = { events: { schema, name: 'events' }, projections: { schema, name: 'views' } }
    await migrate(pool, tables)
    return openPostgres({ pool, tables, plainStatements })
  }
  return [await open(false), await open(true)]
}

const small = fc.integer({ min: 0, max: 2 })
const wallet = fc.constantFrom('w1', 'w2', 'w3', 'w4')
const guard = fc.oneof(
  { weight: 6, arbitrary: fc.constant('any' as const) },
  { weight: 1, arbitrary: fc.constantFrom('absent' as const, 'present' as const) },
  { weight: 2, arbitrary: fc.record({ revision: small }) },
)
/** Mostly what is so, and sometimes what is not. */
const off = fc.oneof(
  { weight: 8, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.constantFrom(1, -1) },
)
const step = fc.record({
  wallet,
  events: fc.integer({ min: 0, max: 3 }),
  off,
  snapshot: fc.constantFrom('right', 'right', 'right', 'wrong', 'none'),
  cursor: fc.constantFrom('right', 'right', 'none', 'rewound'),
  entry: fc.option(
    fc.record({
      name: fc.constantFrom('e1', 'e2', 'e3', 'e4'),
      gone: fc.boolean(),
      guard,
      skip: fc.boolean(),
    }),
    { freq: 2 },
  ),
  outbox: small,
  plain: fc.boolean(),
})
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never

/** What an aggregate would commit that knows the log, but for what the step says. */
async function commitOf(store: EventStore, given: Step, name: string): Promise<Commit> {
  const aggregate = { type: 'wallet', id: given.wallet }
  const { events } = await store.load([{ aggregate }])
  const last = events.at(-1)
  const version = Math.max((last?.aggregate?.version ?? 0) + given.off, 0)
  const saved = await store.documents.get('snapshot', given.wallet)
  const right = saved ? { revision: saved.revision } : ('absent' as const)
  const cursor =
    last && given.cursor !== 'none'
      ? { cursor: `${last.position}~${given.cursor === 'right' ? last.id : 'other'}` }
      : {}
  const { entry } = given
  return {
    events: Array.from({ length: given.events }, (_, n) => ({
      id: `${name}_${n}`,
      type: 'HAPPENED',
      data: { walletId: given.wallet, n },
      metadata: n === 1 ? { source: 'test' } : {},
      ...(given.plain && n > 0 ? {} : { aggregate }),
    })),
    expect: [{ aggregate, version }],
    documents: [
      ...(given.snapshot === 'none'
        ? []
        : [
            {
              type: 'snapshot',
              id: given.wallet,
              data: given.events === 3 ? null : { name },
              if: given.snapshot === 'right' ? right : { revision: 1 },
              ...cursor,
            },
          ]),
      ...(entry === null
        ? []
        : [
            {
              type: 'entry',
              id: entry.name,
              ...(entry.gone ? { delete: true as const } : { data: { name } }),
              if: entry.guard,
              otherwise: entry.skip ? ('skip' as const) : ('refuse' as const),
            },
          ]),
    ],
    outbox: Array.from({ length: given.outbox }, (_, n) => ({
      id: `${name}_o${n}`,
      type: 'told',
      data: n === 0 ? null : { n },
      ...(n < given.events && { event: n }),
    })),
  }
}

function isEmpty({ events = [], documents = [], outbox = [] }: Commit): boolean {
  return events.length + documents.length + outbox.length === 0
}

/** Without what the clock says. */
function untimed(stored: object): object {
  return { ...stored, timestamp: '', updatedAt: '' }
}

let written = 0
let quick = 0
let refused = 0
async function said(store: EventStore, commit: Commit): Promise<unknown> {
  try {
    const { events, documents, replayed } = await store.commit(commit)
    written += 1
    return [replayed, events.map(untimed), documents]
  } catch (error) {
    if (!isEventfoldError(error)) throw error
    refused += 1
    return [error.code, (error as ConcurrencyError).conflict]
  }
}

async function contentOf(store: EventStore): Promise<unknown> {
  const { events } = await store.load('all')
  const records = await store.outbox.read()
  const [snapshots, entries] = await Promise.all(
    ['snapshot', 'entry'].map(async (type) => (await store.documents.query({ type })).documents),
  )
  return {
    events: events.map(untimed),
    documents: [...(snapshots ?? []), ...(entries ?? [])].map(untimed),
    outbox: records.map((record) => untimed({ ...record, cursor: '' })),
  }
}

test('what is foreseen is what is written: appends to aggregates are answered as with care', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(step, { minLength: 1, maxLength: 3 }), { minLength: 4, maxLength: 8 }),
      async (batches) => {
        const [routines, careful] = await openBoth()
        for (const [at, batch] of batches.entries()) {
          const commits: Commit[] = []
          for (const [n, each] of batch.entries()) {
            const commit = await commitOf(careful, each, `event_${at}_${n}`)
            if (!isEmpty(commit)) commits.push(commit)
          }
          // A plain event among them, as in life.
          commits.push({ events: [{ id: `plain_${at}`, type: 'PLAIN', data: {} }] })
          for (const commit of commits) {
            const prepared = prepareCommit(commit, { isIdentifier, codec: jsonCodec, limits })
            if (encode(prepared, { isIdentifier, codec: jsonCodec }).foreseen) quick += 1
          }
          const answers = await Promise.all(commits.map((commit) => said(routines, commit)))
          expect(answers).toEqual(await Promise.all(commits.map((commit) => said(careful, commit))))
        }
        expect(await contentOf(routines)).toEqual(await contentOf(careful))
      },
    ),
    { numRuns: 40 },
  )
  for (const count of [written, quick, refused]) expect(count).toBeGreaterThan(50)
})
