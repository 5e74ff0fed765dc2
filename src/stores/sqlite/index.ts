/** A log in a SQLite file. @module */
import { DEFAULT_IDENTIFIERS, identifierTest, type Identifiers } from '../../event/identifiers.ts'
import { jsonCodec, type JsonCodec } from '../../store/json.ts'
import type { EventStore } from '../../store/store.ts'
import { checkOptions } from './check-options.ts'
import type { SqliteDriver } from './hand.ts'
import { nodeSqlite } from './hands/node-sqlite.ts'
import { LogFile } from './log-file.ts'
import { capabilities, createStore } from './store.ts'
import { Watch } from '../../sql/watch.ts'

export { fromBetterSqlite3, type BetterSqlite3Like } from './hands/better-sqlite3.ts'
export { fromLibsql, type LibsqlLike } from './hands/libsql.ts'
export type { SqliteDriver } from './hand.ts'
export { reindexSqlite, type ReindexOptions } from './reindex.ts'

export interface SqliteOptions {
  /** Which keys of `data` are identifiers. Default is every key that ends in `Id` or `_id`. */
  readonly identifiers?: Identifiers
  /** How data becomes text. Default is plain JSON, which refuses a `Date`; `dateCodec` brings dates back. */
  readonly codec?: JsonCodec
  /**
   * What opens the file. Default is the SQLite of Node. Where your application opens the same file too,
   * give the driver of the library that it uses: two SQLite libraries in one process take each other's
   * locks off a file, which loses commits and damages it.
   */
  readonly driver?: SqliteDriver
  /**
   * `'FULL'`: a commit that was answered survives a loss of power. `'NORMAL'`: it survives the end of
   * the process, and the last ones may be lost with the power; several times as fast. Default is `'FULL'`.
   */
  readonly synchronous?: 'FULL' | 'NORMAL'
  /** How long a call waits while another process holds the lock, in milliseconds. Default is 10,000. */
  readonly busyTimeout?: number
  /** How many commits may wait at once; one more is refused. Default is 10,000. */
  readonly queueLimit?: number
}

/** A log in a SQLite file; `await using` closes it. */
export type SqliteEventStore = EventStore & AsyncDisposable

/**
 * Opens a log in a SQLite file, and makes the file where there is none. The file may be your own with
 * other tables in it: those of the log begin with `eventfold_`. Several processes may open it at once,
 * each through one library (see {@link SqliteOptions.driver}). A file that is deleted or replaced while
 * it is open takes what is written later with it: close the store first.
 *
 * Throws `STORE` where the file cannot be used; `fault` says why: `'not-a-log'`, `'newer-version'`,
 * `'read-only'`, `'identifiers'` or `'driver'`. Where the file is locked, the first calls wait for it.
 *
 * ```ts
 * import { openSqlite } from 'eventfold/sqlite'
 *
 * await using store = openSqlite('shop.db')
 * await store.commit({ events: [{ type: 'CART_CREATED', data: { cartId: 'cart_123' } }] })
 * ```
 */
export function openSqlite(path: string, options: SqliteOptions = {}): SqliteEventStore {
  const {
    identifiers = DEFAULT_IDENTIFIERS,
    codec = jsonCodec,
    driver = nodeSqlite,
    synchronous = 'FULL',
    busyTimeout = 10_000,
    queueLimit = 10_000,
  } = options
  checkOptions({ identifiers, synchronous, busyTimeout, queueLimit })
  const watch = new Watch(() => file.dataVersion())
  const file = new LogFile(path, {
    driver,
    identifiers,
    codec,
    synchronous,
    busyTimeout,
    queueLimit,
    onWritten: () => watch.notify(),
  })
  const rules = { isIdentifier: identifierTest(identifiers), codec, limits: capabilities.limits }
  return createStore(file, rules, watch)
}
