import { refuse } from '../../store/check-value.ts'
import type { PostgresHand } from './hand.ts'
import { fromPg, type PgLike } from './hands/pg.ts'

/** A pool or a client of `pg`, or a hand for another driver. */
export type PoolLike = PgLike | PostgresHand

/** The hand of whatever was given. */
export function asHand(pool: PoolLike): PostgresHand {
  const given = pool as Partial<PostgresHand & PgLike> | null | undefined
  if (typeof given?.run === 'function' && typeof given.transaction === 'function') {
    return pool as PostgresHand
  }
  if (typeof given?.query === 'function' && typeof given.connect === 'function') {
    return fromPg(pool as PgLike)
  }
  return refuse(
    ['pool'],
    'a pool of pg, or fromPostgresJs(sql), fromPglite(db), fromDrizzle(db) or fromKnex(knex)',
    pool,
  )
}
