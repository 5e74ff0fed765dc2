import { ArgumentError } from '../../../store/errors.ts'
import type { PostgresHand, Row, Run, Statement } from '../hand.ts'
import { hasMethods } from './has-methods.ts'
import { lending, type Lent } from './lending.ts'
import { inTurn, takeTurn } from './turns.ts'

/** What is used of a `Client` of `pg`. */
export interface PgClientLike {
  query(config: Statement): Promise<{ readonly rows: readonly unknown[] }>
  on(event: 'error', listener: (error: Error) => void): unknown
  removeListener(event: 'error', listener: (error: Error) => void): unknown
}

/** What is used of a `PoolClient` of `pg`. */
export interface PgPoolClientLike extends PgClientLike {
  release(broken: boolean): void
}

/** What is used of a `Pool` of `pg`. */
export interface PgPoolLike {
  readonly totalCount: number
  connect(): Promise<PgPoolClientLike>
}

/**
 * PostgreSQL through `pg`: a `Pool`, or a connected `Client` or `PoolClient`, which then does one thing
 * after another. `store.within` takes the `PoolClient` or `Client` on which a transaction was begun.
 *
 * ```ts
 * import { fromPg, migrate, openPostgres } from 'eventfold/postgres'
 * import { Pool } from 'pg'
 *
 * const pool = new Pool({ connectionString: process.env['DATABASE_URL'] })
 * await migrate(fromPg(pool))
 * await using store = openPostgres({ pool: fromPg(pool) })
 * await store.commit({ events: [{ type: 'CART_CREATED', data: { cartId: 'cart_123' } }] })
 * await pool.end()
 * ```
 */
export function fromPg(pool: PgPoolLike | PgClientLike): PostgresHand {
  return {
    pool,
    procedures: true,
    ...lending(() => (isPgPool(pool) ? fromPool(pool) : inItsTurn(pool))),
    within: withinPg,
  }
}

export function withinPg(transaction: unknown): Run {
  if (isPgClient(transaction)) return inTurn(transaction, runOn(transaction))
  throw new ArgumentError(
    'within wants the Client or PoolClient of pg on which a transaction was begun',
  )
}

export function isPgPool(value: unknown): value is PgPoolLike {
  return hasMethods(value, 'connect') && 'totalCount' in value
}

export function isPgClient(value: unknown): value is PgClientLike {
  return hasMethods(value, 'query', 'on') && !isPgPool(value)
}

async function fromPool(pool: PgPoolLike): Promise<Lent> {
  const client = await pool.connect()
  return lent(client, (broken) => client.release(broken !== undefined))
}

async function inItsTurn(client: PgClientLike): Promise<Lent> {
  const next = await takeTurn(client)
  return { ...lent(client, next), mayBeBegun: true }
}

function lent(client: PgClientLike, release: (broken: unknown) => void): Lent {
  // Without a listener, a connection that breaks would end the process.
  client.on('error', ignore)
  const giveBack = (broken: unknown): void => {
    client.removeListener('error', ignore)
    release(broken)
  }
  return { run: runOn(client), giveBack }
}

function runOn(client: PgClientLike): Run {
  return async (statement) => (await client.query(statement)).rows as readonly Row[]
}

function ignore(): void {}
