import { checkTables } from './check-options.ts'
import { asHand, type PoolLike } from './connect.ts'
import { asStoreError } from './errors.ts'
import { migrationSql, type MigrateOptions } from './migration.ts'
import { namesOf, type PostgresTables } from './names.ts'

const PATIENCE = 30_000

/**
 * Makes everything that a log needs, or brings a log of an older version up to date: the tables, what
 * is beside them in the schema `eventfold`, and the routines. It may run at every start of an
 * application, and in several processes at once; what is there already stays as it is.
 *
 * Throws `STORE`: `'newer-version'` where a newer version of the library has made the log,
 * `'not-a-log'` where a table of that name is none of this library.
 *
 * ```ts
 * import { migrate } from 'eventfold/postgres'
 * import { Pool } from 'pg'
 *
 * const pool = new Pool({ connectionString: process.env['DATABASE_URL'] })
 * await migrate(pool)
 * await migrate(pool, { events: { schema: 'shop', name: 'facts' } })
 * await pool.end()
 * ```
 */
export async function migrate(
  pool: PoolLike,
  tables: PostgresTables = {},
  options: MigrateOptions = {},
): Promise<void> {
  checkTables(tables)
  const hand = asHand(pool)
  try {
    await hand.run({ text: migrationSql(tables, options) }, PATIENCE)
  } catch (error) {
    const { log } = namesOf(tables)
    throw asStoreError(error, { what: 'migrate', log, patience: PATIENCE })
  }
}
