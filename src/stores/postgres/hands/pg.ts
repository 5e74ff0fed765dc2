import { ArgumentError } from '../../../store/errors.ts'
import type { PostgresHand, Row, Run } from '../hand.ts'
import { borrowing, inTurn } from './connections.ts'

/** What is used of a `Client` of `pg`. */
export interface PgClientLike {
  query(config: {
    readonly name?: string
    readonly text: string
    readonly values?: (string | null)[]
  }): Promise<{ readonly rows: readonly unknown[] }>
  on(event: 'error', listener: (error: Error) => void): unknown
  removeListener(event: 'error', listener: (error: Error) => void): unknown
}

/** What is used of a `PoolClient` of `pg`. */
export interface PgPoolClientLike extends PgClientLike {
  release(broken?: Error | boolean): void
}

/** What is used of a `Pool` of `pg`. */
export interface PgPoolLike {
  readonly totalCount: number
  readonly idleCount: number
  readonly waitingCount: number
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
  const isPool = isPgPool(pool)
  const connect = isPool ? () => pool.connect() : () => takeTurn(pool)
  return {
    pool,
    procedures: true,
    ...borrowing({
      acquire: async () => {
        const client = await connect()
        // Without a listener, a connection that breaks would end the process.
        client.on('error', ignore)
        return client
      },
      runOn,
      release: (client, broken) => {
        client.removeListener('error', ignore)
        client.release(broken)
      },
      ...(isPool ? { isFree: () => pool.idleCount > pool.waitingCount } : { check: assertIdle }),
    }),
    within: (transaction) => {
      if (isPgClient(transaction)) return inTurn(runOn(transaction))
      throw new ArgumentError(
        'within wants the Client or PoolClient of pg on which a transaction was begun',
      )
    },
  }
}

export function isPgPool(value: unknown): value is PgPoolLike {
  const { connect, totalCount } = Object(value) as Partial<PgPoolLike>
  return typeof connect === 'function' && typeof totalCount === 'number'
}

export function isPgClient(value: unknown): value is PgClientLike {
  const { query, on } = Object(value) as Partial<PgClientLike>
  return typeof query === 'function' && typeof on === 'function' && !isPgPool(value)
}

function runOn(client: PgClientLike): Run {
  return async ({ name, text, values }) => {
    const { rows } = await client.query({
      text,
      ...(name === undefined ? undefined : { name }),
      ...(values && { values: [...values] }),
    })
    return rows as readonly Row[]
  }
}

/** A BEGIN in a transaction of the caller is a mere warning, and the COMMIT after it would end that one. */
async function assertIdle(run: Run): Promise<void> {
  await run({
    text: `do $$ begin
      if now() <> statement_timestamp() then
        raise exception 'this connection is in a transaction' using errcode = '2D000';
      end if;
    end $$`,
  })
}

const turns = new WeakMap<PgClientLike, Promise<void>>()

/** A single connection, once all who came before are done with it. */
async function takeTurn(client: PgClientLike): Promise<PgPoolClientLike> {
  const previous = turns.get(client)
  const { promise, resolve } = Promise.withResolvers<void>()
  turns.set(client, promise)
  await previous
  return {
    query: (config) => client.query(config),
    on: (event, listener) => client.on(event, listener),
    removeListener: (event, listener) => client.removeListener(event, listener),
    release: () => resolve(),
  }
}

function ignore(): void {}
