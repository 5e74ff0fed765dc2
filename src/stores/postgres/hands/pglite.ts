import { ArgumentError } from '../../../store/errors.ts'
import type { PostgresHand, Row, Run } from '../hand.ts'
import { hasMethods } from './has-methods.ts'
import { inTime } from './patience.ts'
import { beginBy, settle } from './transaction.ts'

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
  const transaction: PostgresHand['transaction'] = async (work, patience) => {
    const beginning = beginBy((callback) => db.transaction(callback), runOn)
    const begun = await inTime(beginning, patience, (late) => late.rollback())
    return await settle(begun, async (run) => {
      await run({ text: 'set transaction isolation level read committed' })
      return await work(run)
    })
  }
  return {
    pool: db,
    procedures: false,
    run: (statement, patience) => transaction((run) => run(statement), patience),
    transaction,
    within: withinPglite,
  }
}

export function withinPglite(transaction: unknown): Run {
  if (isPgliteTransaction(transaction)) return runOn(transaction)
  throw new ArgumentError('within wants the transaction that db.transaction of PGlite gives')
}

export function isPglite(value: unknown): value is PgliteLike {
  return hasMethods(value, 'transaction', 'exec')
}

function isPgliteTransaction(value: unknown): value is PgliteTransactionLike {
  return hasMethods(value, 'query', 'exec', 'rollback')
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
    if (!isQuery) return rows as readonly Row[]
    return (rows as { row: string }[]).map(({ row }) => JSON.parse(row) as Row)
  }
}
