import type { Connection, SqliteDriver, SqlValue } from '../hand.ts'

/** What is used of a prepared statement of better-sqlite3 and of libsql. */
export interface StatementLike {
  run(...values: unknown[]): unknown
  get(...values: unknown[]): unknown
  all(...values: unknown[]): unknown[]
  raw(toggle?: boolean): unknown
}

/** What is used of a database of better-sqlite3 and of libsql. */
export interface DatabaseLike {
  prepare(sql: string): StatementLike
  exec(sql: string): unknown
  close(): unknown
}

/** The default export of better-sqlite3. */
export type BetterSqlite3Like = new (path: string, options?: { timeout?: number }) => DatabaseLike

/**
 * Opens the log with better-sqlite3.
 *
 * ```ts
 * import Database from 'better-sqlite3'
 * import { fromBetterSqlite3, openSqlite } from 'eventfold/sqlite'
 *
 * const store = openSqlite('shop.db', { driver: fromBetterSqlite3(Database) })
 * ```
 */
export function fromBetterSqlite3(Database: BetterSqlite3Like): SqliteDriver {
  return (path) => connect(new Database(path, { timeout: 0 }))
}

/** The connection of a database with the interface of better-sqlite3. */
export function connect(database: DatabaseLike): Connection {
  return {
    query: <Row extends readonly SqlValue[]>(sql: string) => {
      const statement = database.prepare(sql)
      statement.raw(true)
      return {
        get: (...values: readonly SqlValue[]) => statement.get(...values) as Row | undefined,
        all: (...values: readonly SqlValue[]) => statement.all(...values) as Row[],
      }
    },
    command: (sql) => {
      const statement = database.prepare(sql)
      return { run: (...values) => void statement.run(...values) }
    },
    execute: (sql) => void database.exec(sql),
    close: () => void database.close(),
  }
}
