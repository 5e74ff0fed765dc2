import type { SqliteDriver } from '../hand.ts'
import { connect, type DatabaseLike } from './better-sqlite3.ts'

/** The default export of libsql. */
export type LibsqlLike = new (path: string, options?: { timeout?: number }) => DatabaseLike

/**
 * Opens the log with libsql, the synchronous package.
 *
 * ```ts
 * import Database from 'libsql'
 * import { fromLibsql, openSqlite } from 'eventfold/sqlite'
 *
 * const store = openSqlite('shop.db', { driver: fromLibsql(Database) })
 * ```
 */
export function fromLibsql(Database: LibsqlLike): SqliteDriver {
  return (path) => connect(new Database(path, { timeout: 0 }))
}
