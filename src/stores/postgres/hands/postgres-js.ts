import { ArgumentError } from '../../../store/errors.ts'
import type { PostgresHand, Row, Run } from '../hand.ts'
import { asError, borrowing, doomed, inTime, isAnswer } from './connections.ts'

/** What is used of every `sql` of postgres.js. */
export interface PostgresJsAnyLike {
  unsafe(
    text: string,
    values: never[],
    options: { readonly prepare: boolean; readonly simple: boolean },
  ): PromiseLike<readonly unknown[]>
  typed(value: string | null, type: number): unknown
}

/** What is used of the `sql` that `postgres()` gives. */
export interface PostgresJsLike extends PostgresJsAnyLike {
  readonly options: {
    readonly transform: {
      readonly column: { readonly from?: ((name: string) => string) | undefined }
    }
  }
  reserve(): Promise<PostgresJsReservedLike>
  begin(options: string, work: (sql: PostgresJsAnyLike) => Promise<unknown>): Promise<unknown>
}

/** What is used of a reserved connection. */
export interface PostgresJsReservedLike extends PostgresJsAnyLike {
  release(): void
}

/**
 * PostgreSQL through postgres.js. `store.within` takes the `sql` that `sql.begin` gives.
 *
 * ```ts
 * import { fromPostgresJs, openPostgres } from 'eventfold/postgres'
 * import postgres from 'postgres'
 *
 * await using store = openPostgres({ pool: fromPostgresJs(postgres()) })
 * ```
 */
export function fromPostgresJs(sql: PostgresJsLike): PostgresHand {
  const renamed = sql.options.transform.column.from?.('position') ?? 'position'
  if (renamed !== 'position') {
    throw new ArgumentError(
      `postgres.js renames the column position to ${renamed}: use an sql without that`,
    )
  }
  const { run } = borrowing({
    acquire: () => sql.reserve(),
    runOn,
    // A connection that has closed is not reserved any more: releasing it would offer it to others.
    release: (reserved, broken) => broken === undefined && reserved.release(),
  })
  return {
    pool: sql,
    procedures: true,
    run,
    transaction: (work, patience) => transact(sql, work, patience),
    within: (transaction) => {
      if (isPostgresJsTransaction(transaction)) return runOn(transaction)
      throw new ArgumentError('within wants the sql that sql.begin of postgres.js gives')
    },
  }
}

export function isPostgresJs(value: unknown): value is PostgresJsLike {
  const { unsafe, reserve } = Object(value) as Partial<PostgresJsLike>
  return typeof unsafe === 'function' && typeof reserve === 'function'
}

function isPostgresJsTransaction(value: unknown): value is PostgresJsAnyLike {
  const { unsafe, savepoint } = Object(value) as Partial<PostgresJsAnyLike> & {
    savepoint?: unknown
  }
  return typeof unsafe === 'function' && typeof savepoint === 'function'
}

const TEXT = 25

/** Values are declared as text: else postgres.js makes JSON of a text that the server will take as JSON. */
function runOn(sql: PostgresJsAnyLike): Run {
  return async ({ name, text, values = [] }) => {
    const prepare = name !== undefined
    const typed = values.map((value) => sql.typed(value, TEXT)) as never[]
    const simple = !prepare && values.length === 0
    return (await sql.unsafe(text, typed, { prepare, simple })) as readonly Row[]
  }
}

/**
 * By `sql.begin`, for it alone tells at once when its connection has closed. Nothing may be sent after
 * that, not even ROLLBACK: postgres.js would send it on whatever connection takes the place. So what
 * `sql.begin` waits for never ends then.
 */
async function transact<Result>(
  sql: PostgresJsLike,
  work: (run: Run) => Promise<Result>,
  patience: number,
): Promise<Result> {
  const begun = Promise.withResolvers<PostgresJsAnyLike>()
  const finished = Promise.withResolvers<void>()
  let broken: Error | undefined
  const ended = sql.begin('isolation level read committed', (connection) => {
    begun.resolve(connection)
    return finished.promise
  })
  ended.catch((error: unknown) => {
    broken ??= asError(error)
    begun.reject(broken)
  })
  const connection = await inTime(begun.promise, patience, () => finished.resolve())
  const { guarded, check } = doomed(runOn(connection))
  try {
    const result = await work(async (statement) => {
      if (broken) throw broken
      return await guarded(statement).catch((error: unknown) => {
        if (!isAnswer(error)) broken ??= asError(error)
        throw error
      })
    })
    check()
    if (broken) throw broken
    finished.resolve()
    await ended
    return result
  } catch (error) {
    if (!broken) {
      finished.reject(asError(error))
      await ended.catch(() => {})
    }
    throw error
  }
}
