/** A value that SQLite stores for us. */
export type SqlValue = string | number | null

/** A prepared statement that returns rows, each an array in the order of its columns. */
export interface Query<Row extends readonly SqlValue[]> {
  readonly get: (...values: readonly SqlValue[]) => Row | undefined
  readonly all: (...values: readonly SqlValue[]) => readonly Row[]
}

/** A prepared statement that returns nothing. */
export interface Command {
  readonly run: (...values: readonly SqlValue[]) => void
}

/** One open database: all that the store asks of a driver. */
export interface Connection {
  readonly query: <Row extends readonly SqlValue[]>(sql: string) => Query<Row>
  readonly command: (sql: string) => Command
  /** Runs statements without values. */
  readonly execute: (sql: string) => void
  readonly close: () => void
}

/** Opens the file at a path, or `:memory:`; it makes the file where there is none. */
export type SqliteDriver = (path: string) => Connection
