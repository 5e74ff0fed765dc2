import { identifierTest, keysOf, type Identifiers } from '../../event/identifiers.ts'
import { throwIfAborted } from '../../store/check-read.ts'
import { StoreError } from '../../store/errors.ts'
import { jsonCodec, type JsonCodec } from '../../store/json.ts'
import { shortText } from '../../sql/short-text.ts'
import { checkOptions } from './check-options.ts'
import { asHand, type PoolLike } from './connect.ts'
import { asStoreError } from './errors.ts'
import type { Run } from './hand.ts'
import { dropRoutinesSql, keysTableSql, routinesSql } from './migration.ts'
import { namesOf, quoteBody, SIDE_SCHEMA, type LogNames, type PostgresTables } from './names.ts'
import { VERSION } from './version.ts'

export interface ReindexOptions {
  /** The identifiers to go on with. */
  readonly identifiers: Identifiers
  /** The tables of the log. Default is `events` and `projections` in the schema `public`. */
  readonly tables?: PostgresTables
  /** How data becomes JSON, as the log is opened. Default is plain JSON. */
  readonly codec?: JsonCodec
  readonly signal?: AbortSignal
}

/** Events that one transaction files. */
const BATCH = 5_000
const PATIENCE = 30_000

/**
 * Files the events of a log anew under other identifiers. The log stays in use meanwhile; at the end the
 * new index takes the place of the old one at once, and stores that are still open with the old
 * identifiers refuse to commit and to look by them until they are opened again. Stopped half-way, it
 * changes nothing; the same call begins anew.
 *
 * ```ts
 * import { migrate, openPostgres, reindexPostgres } from 'eventfold/postgres'
 * import { Pool } from 'pg'
 *
 * const pool = new Pool({ connectionString: process.env['DATABASE_URL'] })
 * await migrate(pool) // a log by the default identifiers
 *
 * const identifiers = ['*Id', 'sku']
 * await reindexPostgres(pool, { identifiers })
 * await using store = openPostgres({ pool, identifiers })
 * await store.commit({ events: [{ type: 'PRICE_SET', data: { sku: 'A-1', price: 3 } }] })
 * await pool.end()
 * ```
 */
export async function reindexPostgres(pool: PoolLike, options: ReindexOptions): Promise<void> {
  const { identifiers, tables = {}, signal } = options
  checkOptions({ identifiers, tables })
  const hand = asHand(pool)
  const names = namesOf(tables, identifiers)
  try {
    const recorded = await identifiersOf((statement) => hand.run(statement, PATIENCE), names)
    if (JSON.stringify(recorded) === JSON.stringify(identifiers)) return
    const former = namesOf(tables, recorded)
    const text = `drop table if exists ${names.keys}; ${keysTableSql(names.keys)};`
    await hand.run({ text: `do ${quoteBody(`begin ${text} end `, 'reindex')}` }, PATIENCE)
    const filing = { names, ...options }
    let filed = 0
    for (let begun = -1; filed - begun >= BATCH || begun < 0;) {
      throwIfAborted(signal, 'the reindexing')
      begun = filed
      filed = await hand.transaction((run) => fileAfter(run, begun, filing), PATIENCE)
    }
    await hand.transaction((run) => finish(run, filing, filed, former), PATIENCE)
  } catch (error) {
    throw asStoreError(error, { what: 'reindex', log: names.log, patience: PATIENCE })
  }
}

type Filing = ReindexOptions & { readonly names: LogNames }

async function identifiersOf(run: Run, { log }: LogNames): Promise<Identifiers> {
  const [row] = await run({
    text: `select version::text, identifiers::text from ${SIDE_SCHEMA}.logs where log = $1::text`,
    values: [log],
  })
  if (row === undefined || Number(row['version']) !== VERSION) {
    throw new StoreError(
      'not-a-log',
      `Cannot reindex: the log ${log} ${row ? `has version ${row['version']}` : 'was never made'}. Run migrate first.`,
    )
  }
  return JSON.parse(row['identifiers'] ?? '[]') as Identifiers
}

/** Files the next events, and gives the position of the last of them. */
async function fileAfter(run: Run, position: number, filing: Filing): Promise<number> {
  const { names, identifiers, codec = jsonCodec } = filing
  const isIdentifier = identifierTest(identifiers)
  const rows = await run({
    text: `select e.position::text, e.type, e.data::text from ${names.events} e
      where e.position > $1::text::bigint order by e.position limit ${BATCH}`,
    values: [String(position)],
  })
  const keys = rows.flatMap(({ position: at, type, data }) =>
    keysOf(codec.decode(data ?? 'null'), isIdentifier).map((key) => [shortText(key), at, type]),
  )
  await run({
    text: `insert into ${names.keys} (key, position, type)
      select k ->> 0, (k ->> 1)::bigint, k ->> 2 from jsonb_array_elements($1::text::jsonb) as k`,
    values: [JSON.stringify(keys)],
  })
  return Number(rows.at(-1)?.position ?? position)
}

/** Under the lock of the log: files what came meanwhile, and lets the new index take its place. */
async function finish(run: Run, filing: Filing, from: number, former: LogNames): Promise<void> {
  const { names, identifiers, signal } = filing
  await run({ text: `select pg_advisory_xact_lock(${names.lock[0]}, ${names.lock[1]})::text` })
  let filed = from
  for (let begun = -1; filed - begun >= BATCH || begun < 0;) {
    throwIfAborted(signal, 'the reindexing')
    begun = filed
    filed = await fileAfter(run, begun, filing)
  }
  const body = `begin
      ${routinesSql(names)}
      ${dropRoutinesSql(former)}
      drop table ${former.keys};
    end `
  await run({
    text: `do ${quoteBody(body, 'reindex')}`,
  })
  await run({
    text: `update ${SIDE_SCHEMA}.logs set identifiers = $2::text::jsonb where log = $1::text`,
    values: [names.log, JSON.stringify(identifiers)],
  })
}
