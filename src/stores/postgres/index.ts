/** A log in PostgreSQL. @module */
import { DEFAULT_IDENTIFIERS, identifierTest, type Identifiers } from '../../event/identifiers.ts'
import { jsonCodec, type JsonCodec } from '../../store/json.ts'
import type { EventStore } from '../../store/store.ts'
import { channelOf } from './channel.ts'
import { checkOptions } from './check-options.ts'
import { asHand, type PoolLike } from './connect.ts'
import { namesOf, type PostgresTables } from './names.ts'
import { createStore, limits } from './store.ts'

export type { PostgresHand, Row, Run, Statement } from './hand.ts'
export { fromDrizzle, type DrizzleLike } from './hands/drizzle.ts'
export { fromKnex, type KnexLike } from './hands/knex.ts'
export { fromPg, type PgClientLike, type PgPoolLike } from './hands/pg.ts'
export { fromPglite, type PgliteLike } from './hands/pglite.ts'
export { fromPostgresJs, type PostgresJsLike } from './hands/postgres-js.ts'
export type { PoolLike } from './connect.ts'
export { migrate } from './migrate.ts'
export { dropSql, migrationSql, type ColumnIndex, type MigrateOptions } from './migration.ts'
export type { PostgresTables, TableName } from './names.ts'
export { reindexPostgres, type ReindexOptions } from './reindex.ts'

export interface PostgresOptions {
  /** A pool or a client of `pg`, or what `fromPostgresJs`, `fromPglite`, `fromDrizzle` or `fromKnex` made. */
  readonly pool: PoolLike
  /** The tables of the log. Default is `events` and `projections` in the schema `public`. */
  readonly tables?: PostgresTables
  /** Which keys of `data` are identifiers: the same as in `migrate`. Default is every key that ends in `Id` or `_id`. */
  readonly identifiers?: Identifiers
  /**
   * How data becomes JSON. Default is plain JSON, which refuses a `Date`; `dateCodec` brings dates back.
   * One of your own must keep texts, numbers and booleans at the top level of data as they are: filters
   * compare them in SQL.
   */
  readonly codec?: JsonCodec
  /**
   * How long a commit waits for the log, which another transaction may hold, and any call for a
   * connection, in milliseconds. Default is 5,000.
   */
  readonly lockTimeout?: number
  /** How many commits may wait at once; one more is refused. Default is 10,000. */
  readonly queueLimit?: number
  /**
   * Releases the log before the commit is on the disk, and answers only after it is. For many small
   * processes on a disk that is slow to flush: without it all processes together write at most one batch
   * for each execution and flush, with it one for each execution. Others can see an event just before
   * it is durable; should the server die in between, their next conditional commit is refused as
   * rewound. Set it alike for all stores of a log: one without it may answer a key for an event of
   * another that is not durable yet. Not with `plainStatements` and PGlite. Default is `false`.
   */
  readonly earlyRelease?: boolean
  /**
   * Sends the program with every commit, where the routines that `migrate` installs may not be called.
   * Several times as slow. Default is `false`.
   */
  readonly plainStatements?: boolean
}

/** A log in PostgreSQL; `await using` closes it. The pool stays yours, and open. */
export type PostgresEventStore = EventStore &
  AsyncDisposable & { readonly within: NonNullable<EventStore['within']> }

/**
 * Opens a log in PostgreSQL. `migrate` makes it; nothing is sent before the first call. Commits of one
 * process are combined into one transaction at a time, whichever store on the pool they come through.
 *
 * `within(transaction)` gives the same store on a transaction of yours, in READ COMMITTED: its rows and
 * these events, documents and outbox records are committed or rolled back together. It holds the log
 * from its first commit to its end, so commit last, and end it soon.
 *
 * Throws `STORE` where the log cannot be used; `fault` says why: `'not-a-log'` (run `migrate`),
 * `'newer-version'`, `'identifiers'`, `'read-only'`, `'busy'` or `'driver'`.
 *
 * ```ts
 * import { migrate, openPostgres } from 'eventfold/postgres'
 * import { Pool } from 'pg'
 *
 * const pool = new Pool({ connectionString: process.env['DATABASE_URL'] })
 * await migrate(pool)
 * await using store = openPostgres({ pool })
 * await store.commit({ events: [{ type: 'CART_CREATED', data: { cartId: 'cart_123' } }] })
 * await pool.end()
 * ```
 */
export function openPostgres(options: PostgresOptions): PostgresEventStore {
  const {
    pool,
    tables = {},
    identifiers = DEFAULT_IDENTIFIERS,
    codec = jsonCodec,
    lockTimeout = 5_000,
    queueLimit = 10_000,
    earlyRelease = false,
    plainStatements = false,
  } = options
  const hand = asHand(pool)
  checkOptions(options, hand.procedures)
  const names = namesOf(tables, identifiers)
  const channel = channelOf(hand, names, { plainStatements, earlyRelease, lockTimeout })
  const rules = { isIdentifier: identifierTest(identifiers), codec, limits }
  return createStore({
    hand,
    names,
    identifiers,
    rules,
    channel,
    patience: lockTimeout,
    queueLimit,
    plainStatements,
  })
}
