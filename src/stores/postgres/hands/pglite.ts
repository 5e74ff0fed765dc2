import { ArgumentError } from '../../../store/errors.ts'
import type { PostgresHand, Row, Run } from '../hand.ts'
import { asError, doomed, inTime } from './connections.ts'

/** What is used of a transaction of PGlite. */
export interface PgliteTransactionLike {
  query(
    text: string,
    values: (string | null)[],
    options: { paramTypes: number[] },
  ): Promise<{ rows: unknown[] }>
}

/** What is used of a `PGlite`. */
export interface PgliteLike {
  transaction<Result>(
    work: (transaction: PgliteTransactionLike) => Promise<Result>,
  ): Promise<Result>
}

/**
 * PostgreSQL inside this process, through PGlite. It has one connection, so that everything runs one
 * after another, and it does not wait for the disk. `store.within` takes what `db.transaction` gives.
 *
 * ```ts
 * import { PGlite } from '@electric-sql/pglite'
 * import { fromPglite, migrate, openPostgres } from 'eventfold/postgres'
 *
 * const pool = fromPglite(new PGlite('./data'))
 * await migrate(pool)
 * await using store = openPostgres({ pool })
 * await store.commit({ events: [{ type: 'CART_CREATED', data: { cartId: 'cart_123' } }] })
 * ```
 */
export function fromPglite(db: PgliteLike): PostgresHand {
  const transaction: PostgresHand['transaction'] = (work, patience) => transact(db, work, patience)
  return {
    pool: db,
    procedures: false,
    run: (statement, patience) => transaction((run) => run(statement), patience),
    transaction,
    within: (value) => {
      if (isPgliteTransaction(value)) return runOn(value)
      throw new ArgumentError('within wants the transaction that db.transaction of PGlite gives')
    },
  }
}

export function isPglite(value: unknown): value is PgliteLike {
  const { transaction, exec } = Object(value) as Partial<PgliteLike> & { exec?: unknown }
  return typeof transaction === 'function' && typeof exec === 'function'
}

function isPgliteTransaction(value: unknown): value is PgliteTransactionLike {
  const found = Object(value) as Partial<PgliteTransactionLike> & {
    exec?: unknown
    rollback?: unknown
  }
  return [found.query, found.exec, found.rollback].every((part) => typeof part === 'function')
}

const TEXT = 25

/**
 * Values are declared as text: else PGlite checks and turns them by the type that the server wants. Rows
 * come as JSON: else it takes U+FEFF from the beginning of a text.
 */
function runOn(transaction: PgliteTransactionLike): Run {
  return async ({ text, values = [] }) => {
    const isQuery = /^\s*(?:select|with)\s/iu.test(text)
    const asked = isQuery ? `select row_to_json(r)::text as row from (${text}) r` : text
    const options = { paramTypes: values.map(() => TEXT) }
    const { rows } = await transaction.query(asked, [...values], options)
    return isQuery
      ? (rows as { row: string }[]).map(({ row }) => JSON.parse(row) as Row)
      : (rows as Row[])
  }
}

async function transact<Result>(
  db: PgliteLike,
  work: (run: Run) => Promise<Result>,
  patience: number,
): Promise<Result> {
  const begun = Promise.withResolvers<PgliteTransactionLike>()
  const finished = Promise.withResolvers<void>()
  const ended = db.transaction((transaction) => {
    begun.resolve(transaction)
    return finished.promise
  })
  ended.catch((error: unknown) => begun.reject(asError(error)))
  const transaction = await inTime(begun.promise, patience, () => finished.resolve())
  const { guarded, check } = doomed(runOn(transaction))
  try {
    await guarded({ text: 'set transaction isolation level read committed' })
    const result = await work(guarded)
    check()
    finished.resolve()
    await ended
    return result
  } catch (error) {
    finished.reject(asError(error))
    await ended.catch(() => {})
    throw error
  }
}
