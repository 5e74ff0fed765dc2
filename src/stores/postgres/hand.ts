/** A statement with `$1`, `$2`… for its values. All values travel as text; the text casts them. */
export interface Statement {
  /** The same for the same text: a driver may keep the statement prepared under it. */
  readonly name?: string
  readonly text: string
  readonly values?: readonly (string | null)[]
}

/** A row. Every statement casts what it selects to text, so that no driver's type parsers matter. */
export type Row = Readonly<Record<string, string | null>>

/** Runs one statement and gives its rows. Rejects with the driver's own error. */
export type Run = (statement: Statement) => Promise<readonly Row[]>

/**
 * What a driver has to do for a log in PostgreSQL. Make one with `fromPg`, `fromPostgresJs`,
 * `fromPglite`, `fromDrizzle` or `fromKnex`.
 */
export interface PostgresHand {
  /** What the connections belong to: stores on one pool share their queue of commits. */
  readonly pool: object
  /** Whether a procedure may commit inside: not where every statement runs in a transaction of the driver. */
  readonly procedures: boolean
  /**
   * Runs one statement on any connection, outside any transaction. Where none is free within `patience`
   * milliseconds it rejects with {@link NoConnection}, and the statement never runs.
   */
  readonly run: (statement: Statement, patience: number) => Promise<readonly Row[]>
  /** Runs `work` between BEGIN and COMMIT in READ COMMITTED, or ROLLBACK where it rejects. */
  readonly transaction: <Result>(
    work: (run: Run) => Promise<Result>,
    patience: number,
  ) => Promise<Result>
  /** Statements on the caller's transaction. Throws `INVALID_ARGUMENT` where it is none of this driver. */
  readonly within: (transaction: unknown) => Run
}

/** No connection of the pool was free in time; nothing was sent. */
export class NoConnection extends Error {
  override readonly name = 'NoConnection'
}
