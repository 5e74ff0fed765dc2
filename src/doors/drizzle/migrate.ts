import type { Identifiers } from '../../event/identifiers.ts'
import {
  fromDrizzle,
  migrate as migratePostgres,
  migrationSql as postgresSql,
  type DrizzleLike,
} from '../../stores/postgres/index.ts'
import { tablesOf, type NamedTable } from './table-options.ts'
import type { EventsTable, ProjectionsTable } from './tables.ts'

/** The tables of a log. */
export interface LogTables {
  readonly events: EventsTable
  readonly projections: ProjectionsTable
}

export interface MigrateOptions {
  /** Which keys of `data` are identifiers. Default is every key that ends in `Id` or `_id`. */
  readonly identifiers?: Identifiers | undefined
}

/**
 * Makes everything that a log needs: both tables and their indexes, where drizzle-kit has not made them,
 * and what is beside them in the PostgreSQL schema `eventfold`. It may run at every start, and in several
 * processes at once. See `createEventClient` for an example. Errors are those of `migrate` of
 * `eventfold/postgres`.
 */
export async function migrate(
  db: DrizzleLike,
  tables: LogTables,
  options: MigrateOptions = {},
): Promise<void> {
  const plan = planOf(tables, options)
  await migratePostgres(fromDrizzle(db), ...plan)
}

/**
 * The same as one SQL statement, for a migration of drizzle-kit: `drizzle-kit generate --custom`, and
 * this in the file that it makes.
 *
 * ```ts
 * import { createEventsTable, createProjectionsTable, migrationSql } from 'eventfold/drizzle'
 *
 * const events = createEventsTable()
 * const projections = createProjectionsTable()
 * console.log(migrationSql({ events, projections }))
 * ```
 */
export function migrationSql(tables: LogTables, options: MigrateOptions = {}): string {
  const plan = planOf(tables, options)
  return postgresSql(...plan)
}

function planOf(given: LogTables, options: MigrateOptions): Parameters<typeof postgresSql> {
  const { tables, events, projections } = tablesOf(given)
  const indexesOf = ({ dataIndexes, additionalIndexes }: NamedTable) => [
    ...dataIndexes,
    ...additionalIndexes,
  ]
  return [
    tables,
    { ...options, eventIndexes: indexesOf(events), projectionIndexes: indexesOf(projections) },
  ]
}
