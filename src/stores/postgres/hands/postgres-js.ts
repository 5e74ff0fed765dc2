import { ArgumentError } from '../../../store/errors.ts'
import type { PostgresHand, Row, Run, Statement } from '../hand.ts'
import { asError, doomed, inTime, isAnswer, whenLate } from './connections.ts'

/** What is used of a query that postgres.js has not sent yet: it is made of these when it is sent. */
interface PostgresJsQueryLike extends PromiseLike<readonly unknown[]> {
  readonly state?: unknown
  strings?: unknown
  args?: unknown
}

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
    readonly max: number
    readonly transform: {
      readonly column: { readonly from?: ((name: string) => string) | undefined }
    }
  }
  begin(options: string, work: (sql: PostgresJsAnyLike) => Promise<unknown>): Promise<unknown>
}

/**
 * PostgreSQL through postgres.js. `store.within` takes the `sql` that `sql.begin` gives.
 *
 * ```ts
 * import { fromPostgresJs, migrate, openPostgres } from 'eventfold/postgres'
 * import postgres from 'postgres'
 *
 * const sql = postgres(process.env['DATABASE_URL'] ?? '')
 * await migrate(fromPostgresJs(sql))
 * await using store = openPostgres({ pool: fromPostgresJs(sql) })
 * await store.commit({ events: [{ type: 'CART_CREATED', data: { cartId: 'cart_123' } }] })
 * await sql.end()
 * ```
 */
export function fromPostgresJs(sql: PostgresJsLike): PostgresHand {
  const renamed = sql.options.transform.column.from?.('position') ?? 'position'
  if (renamed !== 'position') {
    throw new ArgumentError(
      `postgres.js renames the column position to ${renamed}: use an sql without that`,
    )
  }
  return {
    pool: sql,
    procedures: true,
    run: (statement, patience) => fresh(sql, () => runOnAny(sql, statement, patience)),
    transaction: (work, patience) => transact(sql, work, patience),
    within: (transaction) => {
      if (isPostgresJsTransaction(transaction)) return runOn(transaction)
      throw new ArgumentError('within wants the sql that sql.begin of postgres.js gives')
    },
  }
}

export function isPostgresJs(value: unknown): value is PostgresJsLike {
  const { unsafe, begin } = Object(value) as Partial<PostgresJsLike>
  return typeof unsafe === 'function' && typeof begin === 'function'
}

function isPostgresJsTransaction(value: unknown): value is PostgresJsAnyLike {
  const { unsafe, savepoint } = Object(value) as Partial<PostgresJsAnyLike> & {
    savepoint?: unknown
  }
  return typeof unsafe === 'function' && typeof savepoint === 'function'
}

const TEXT = 25

/** Values are declared as text: else postgres.js makes JSON of a text that the server will take as JSON. */
function ask(sql: PostgresJsAnyLike, statement: Statement): PostgresJsQueryLike {
  const { name, text, values = [] } = statement
  const prepare = name !== undefined
  const typed = values.map((value) => sql.typed(value, TEXT)) as never[]
  return sql.unsafe(text, typed, { prepare, simple: !prepare && values.length === 0 })
}

function runOn(sql: PostgresJsAnyLike): Run {
  return async (statement) => (await ask(sql, statement)) as readonly Row[]
}

/**
 * Not by `sql.reserve`, which after a restart of the server loses a connection of the pool for each that
 * was busy then. And a query that still waits is not cancelled, which may lose one as well: it is
 * exchanged for one that does nothing.
 */
function runOnAny(
  sql: PostgresJsLike,
  statement: Statement,
  patience: number,
): Promise<readonly Row[]> {
  const query = ask(sql, statement)
  const isWaiting = (): boolean => query.state === null
  return new Promise((resolve, reject) => {
    const stop = whenLate(patience, (error) => {
      if (!isWaiting()) return
      Object.assign(query, { strings: ['select 1'], args: [] })
      reject(error)
    })
    query.then(
      (rows) => {
        stop()
        resolve(rows as readonly Row[])
      },
      (error: unknown) => {
        stop()
        reject(isWaiting() && isEnded(error) ? new NotSent(error) : asError(error))
      },
    )
  })
}

/**
 * A connection that the server has ended leaves that error to whoever opens it next, who has sent nothing
 * yet: each connection of the pool may do so once.
 */
async function fresh<Result>(sql: PostgresJsLike, attempt: () => Promise<Result>): Promise<Result> {
  for (let left = sql.options.max; ; left -= 1) {
    try {
      return await attempt()
    } catch (error) {
      if (!(error instanceof NotSent)) throw error
      if (left === 0) throw error.cause
    }
  }
}

class NotSent extends Error {
  constructor(cause: unknown) {
    super('a connection was ended before anything was sent on it', { cause })
  }
}

/** By an administrator, by a crash, or by the limit of idle time. */
function isEnded(error: unknown): boolean {
  const { code } = Object(error) as { code?: unknown }
  return typeof code === 'string' && /^(57P01|57P02|57P05|25P03|25P04)$/.test(code)
}

/** A transaction of `sql.begin` that is still open. */
interface Begun {
  readonly connection: PostgresJsAnyLike
  readonly commit: () => Promise<void>
  readonly rollback: () => Promise<void>
  /** Throws once the connection has closed. */
  readonly check: () => void
}

/**
 * By `sql.begin`, for it alone tells at once when its connection has closed. Nothing may be sent after
 * that, not even ROLLBACK: postgres.js would send it on whatever connection takes the place. So what
 * `sql.begin` waits for never ends then.
 */
function beginOn(sql: PostgresJsLike): Promise<Begun> {
  return new Promise((resolve, reject) => {
    const finished = Promise.withResolvers<void>()
    let closed: { readonly error: unknown } | undefined
    const ended = sql.begin('isolation level read committed', (connection) => {
      resolve({
        connection,
        commit: async () => {
          finished.resolve()
          await ended
        },
        rollback: async () => {
          if (closed) return
          finished.reject(new Error('rolled back'))
          await ended.catch(() => {})
        },
        check: () => {
          if (closed) throw closed.error
        },
      })
      return finished.promise
    })
    ended.catch((error: unknown) => {
      closed = { error }
      reject(isEnded(error) ? new NotSent(error) : asError(error))
    })
  })
}

async function transact<Result>(
  sql: PostgresJsLike,
  work: (run: Run) => Promise<Result>,
  patience: number,
): Promise<Result> {
  const opened = fresh(sql, () => beginOn(sql))
  const { connection, commit, rollback, check } = await inTime(opened, patience, (late) =>
    late.rollback(),
  )
  const { guarded, check: checkAll } = doomed(runOn(connection))
  let lost = false
  try {
    const result = await work(async (statement) => {
      check()
      return await guarded(statement).catch((error: unknown) => {
        lost ||= !isAnswer(error)
        throw error
      })
    })
    checkAll()
    check()
    await commit()
    return result
  } catch (error) {
    if (!lost) await rollback()
    throw error
  }
}
