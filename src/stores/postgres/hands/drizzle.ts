import { ArgumentError } from '../../../store/errors.ts'
import type { PostgresHand, Run } from '../hand.ts'
import { fromPg, isPgClient, isPgPool } from './pg.ts'
import { fromPglite, isPglite, type PgliteLike } from './pglite.ts'
import { fromPostgresJs, isPostgresJs, type PostgresJsLike } from './postgres-js.ts'

/** What is used of a database, or a transaction, of Drizzle. */
export interface DrizzleLike {
  readonly $client?: unknown
  readonly _: object
}

/**
 * PostgreSQL through the driver below a Drizzle database: `pg`, postgres.js or PGlite. `store.within`
 * takes what `db.transaction` of Drizzle gives, nested ones too.
 *
 * ```ts
 * import { drizzle } from 'drizzle-orm/node-postgres'
 * import { fromDrizzle, migrate, openPostgres } from 'eventfold/postgres'
 *
 * const db = drizzle(process.env['DATABASE_URL'] ?? '')
 * await migrate(fromDrizzle(db))
 * await using store = openPostgres({ pool: fromDrizzle(db) })
 * await db.transaction(async (tx) => {
 *   await store.within(tx).commit({ events: [{ type: 'CART_CREATED', data: { cartId: 'cart_123' } }] })
 * })
 * await db.$client.end()
 * ```
 */
export function fromDrizzle(db: DrizzleLike): PostgresHand {
  if (isTransaction(db)) {
    throw new ArgumentError(
      'this is a transaction of Drizzle: use the database, and within(transaction)',
    )
  }
  const hand = handOf(db?.$client ?? clientOf(db))
  return {
    ...hand,
    within: (transaction) => {
      if (isTransaction(transaction)) return hand.within(clientOf(transaction as DrizzleLike))
      throw new ArgumentError('within wants the transaction that db.transaction of Drizzle gives')
    },
  }
}

/** A hand that knows one transaction alone: for a store of which only `within(transaction)` is used. */
export function fromDrizzleTransaction(transaction: DrizzleLike): PostgresHand {
  const client = clientOf(transaction)
  const within = (): Run => {
    if (isPgClient(client)) return fromPg(client).within(client)
    const { savepoint } = Object(client) as { savepoint?: unknown }
    const noOptions = { options: { transform: { column: {} } } }
    return typeof savepoint === 'function'
      ? fromPostgresJs(noOptions as PostgresJsLike).within(client)
      : fromPglite({} as PgliteLike).within(client)
  }
  const run = within()
  return { pool: transaction, procedures: false, run, transaction: (work) => work(run), within }
}

function handOf(client: unknown): PostgresHand {
  if (isPostgresJs(client)) return fromPostgresJs(client)
  if (isPglite(client)) return fromPglite(client)
  if (isPgPool(client) || isPgClient(client)) return fromPg(client)
  throw new ArgumentError(
    'expected a database of Drizzle over pg, postgres.js or PGlite; ' +
      'of such a client itself fromPg, fromPostgresJs or fromPglite makes a hand',
  )
}

export function isTransaction(value: unknown): boolean {
  const { rollback, nestedIndex } = Object(value) as { rollback?: unknown; nestedIndex?: unknown }
  return typeof rollback === 'function' && typeof nestedIndex === 'number'
}

/** The driver's own pool, connection or transaction. Drizzle's queries go the same way. */
function clientOf(db: DrizzleLike): unknown {
  const { session } = Object(db?._) as { session?: { client?: unknown } }
  return session?.client
}
