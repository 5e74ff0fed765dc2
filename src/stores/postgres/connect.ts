import { refuse } from '../../store/check-value.ts'
import type { PostgresHand } from './hand.ts'
import { fromPg, isPgClient, isPgPool, type PgClientLike, type PgPoolLike } from './hands/pg.ts'

/** A pool or a client of `pg`, or a hand for another driver. */
export type PoolLike = PgPoolLike | PgClientLike | PostgresHand

/** The hand of whatever was given. */
export function asHand(pool: PoolLike): PostgresHand {
  if (isHand(pool)) return pool
  if (isPgPool(pool) || isPgClient(pool)) return fromPg(pool)
  return refuse(
    ['pool'],
    'a pool of pg, or fromPostgresJs(sql), fromPglite(db), fromDrizzle(db) or fromKnex(knex)',
    pool,
  )
}

function isHand(pool: PoolLike): pool is PostgresHand {
  const { run, transaction, procedures } = Object(pool) as Partial<PostgresHand>
  return (
    typeof run === 'function' &&
    typeof transaction === 'function' &&
    typeof procedures === 'boolean'
  )
}
