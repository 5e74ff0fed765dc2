import { ArgumentError } from '../../../store/errors.ts'
import type { PostgresHand, Row, Run, Statement } from '../hand.ts'
import { hasMethods } from './has-methods.ts'
import { beginOnAny, runOnAny, type PostgresJsQueryLike } from './postgres-js-pool.ts'
import { settle } from './transaction.ts'

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
  const { max, transform } = sql.options
  const renamed = transform.column.from?.('position') ?? 'position'
  if (renamed !== 'position') {
    throw new ArgumentError(
      `postgres.js renames the column position to ${renamed}: use an sql without that`,
    )
  }
  return {
    pool: sql,
    procedures: true,
    run: (statement, patience) => runOnAny(() => ask(sql, statement), { max, patience }),
    transaction: async (work, patience) =>
      settle(await beginOnAny(sql, runOn, { max, patience }), work),
    within: withinPostgresJs,
  }
}

export function withinPostgresJs(transaction: unknown): Run {
  if (isPostgresJsTransaction(transaction)) return runOn(transaction)
  throw new ArgumentError('within wants the sql that sql.begin of postgres.js gives')
}

export function isPostgresJs(value: unknown): value is PostgresJsLike {
  return hasMethods(value, 'unsafe', 'begin')
}

export function isPostgresJsTransaction(value: unknown): value is PostgresJsAnyLike {
  return hasMethods(value, 'unsafe', 'savepoint')
}

const TEXT = 25

/** Values are declared as text: else postgres.js makes JSON of a text that the server will take as JSON. */
function ask(sql: PostgresJsAnyLike, { name, text, values = [] }: Statement): PostgresJsQueryLike {
  const typed = values.map((value) => sql.typed(value, TEXT)) as never[]
  const prepare = name !== undefined
  return sql.unsafe(text, typed, { prepare, simple: !prepare && values.length === 0 })
}

function runOn(sql: PostgresJsAnyLike): Run {
  return async (statement) => (await ask(sql, statement)) as readonly Row[]
}
