import { ArgumentError } from '../../../store/errors.ts'
import type { PostgresHand, Run } from '../hand.ts'
import { hasMethods } from './has-methods.ts'
import { fromPg, isPgClient, isPgPool, withinPg } from './pg.ts'
import { fromPglite, isPglite, withinPglite } from './pglite.ts'
import {
  fromPostgresJs,
  isPostgresJs,
  isPostgresJsTransaction,
  withinPostgresJs,
} from './postgres-js.ts'

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
      if (isTransaction(transaction)) return hand.within(clientOf(transaction))
      throw new ArgumentError('within wants the transaction that db.transaction of Drizzle gives')
    },
  }
}

/** A hand that knows one transaction alone: for a store of which only `within(transaction)` is used. */
export function fromDrizzleTransaction(transaction: DrizzleLike): PostgresHand {
  const run = runOn(clientOf(transaction))
  const within = (): Run => run
  return { pool: transaction, procedures: false, run, transaction: (work) => work(run), within }
}

export function isTransaction(value: unknown): boolean {
  return hasMethods(value, 'rollback') && 'nestedIndex' in value
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

function runOn(client: unknown): Run {
  if (isPgClient(client)) return withinPg(client)
  if (isPostgresJsTransaction(client)) return withinPostgresJs(client)
  return withinPglite(client)
}

/** The driver's own pool, connection or transaction. Drizzle's queries go the same way. */
function clientOf(db: unknown): unknown {
  const { _: inside } = Object(db) as { _?: { session?: { client?: unknown } } }
  return inside?.session?.client
}
