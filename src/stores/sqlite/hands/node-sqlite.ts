import type { StatementSync } from 'node:sqlite'
import { UnsupportedError } from '../../../store/errors.ts'
import type { Query, SqliteDriver, SqlValue } from '../hand.ts'

/** The SQLite that comes with Node. */
export const nodeSqlite: SqliteDriver = (path) => {
  const { DatabaseSync } = load()
  const database = new DatabaseSync(path)
  return {
    query: <Row extends readonly SqlValue[]>(sql: string) => asQuery<Row>(database.prepare(sql)),
    command: (sql) => {
      const statement = database.prepare(sql)
      return { run: (...values) => void statement.run(...values) }
    },
    execute: (sql) => database.exec(sql),
    close: () => database.close(),
  }
}

function load(): typeof import('node:sqlite') {
  try {
    return process.getBuiltinModule('node:sqlite') ?? missing()
  } catch {
    return missing()
  }
}

function missing(): never {
  throw new UnsupportedError(
    `This runtime (Node ${process.versions.node}) has no node:sqlite: use Node 22.13 or later, or give ` +
      'openSqlite a driver: fromBetterSqlite3(Database) or fromLibsql(Database)',
  )
}

function asQuery<Row extends readonly SqlValue[]>(statement: StatementSync): Query<Row> {
  // Before Node 22.16 rows are objects alone.
  if (typeof statement.setReturnArrays !== 'function') {
    const toRow = (row: object): Row => Object.values(row) as unknown as Row
    return {
      get: (...values) => {
        const row = statement.get(...values)
        return row && toRow(row)
      },
      all: (...values) => statement.all(...values).map(toRow),
    }
  }
  statement.setReturnArrays(true)
  return {
    get: (...values) => statement.get(...values) as unknown as Row | undefined,
    all: (...values) => statement.all(...values) as unknown as Row[],
  }
}
