import type { Identifiers } from '../../event/identifiers.ts'
import { anything, checkAt, filled, object, type Check } from '../../store/check-value.ts'
import {
  dataIndexName,
  dataIndexSql,
  dropSql,
  migrationSql,
} from '../../stores/postgres/migration.ts'
import { quoteName, type PostgresTables, type Table } from '../../stores/postgres/names.ts'

/** SQL for `knex.raw`. It holds no question mark, which Knex would take for a binding. */
export interface Migration {
  readonly up: string
  readonly down: string
}

/** A table of the log, and what belongs to it. */
export interface TableOptions {
  /** Default is `events` or `projections`. */
  readonly table?: string | undefined
  /** The PostgreSQL schema. Default is `public`. */
  readonly schema?: string | undefined
}

/** What the migration of the events can be called with. */
export interface EventsTableOptions extends TableOptions {
  /** The table of projections, where it has a name of its own. */
  readonly projections?: TableOptions | undefined
  /** Which keys of `data` are identifiers: the same as the client is given. */
  readonly identifiers?: Identifiers | undefined
}

/** What the migration of the projections can be called with. */
export interface ProjectionsTableOptions extends TableOptions {
  /** The table of events, where it has a name of its own. */
  readonly events?: TableOptions | undefined
  readonly identifiers?: Identifiers | undefined
}

/** A key of data that gets an index. */
export interface DataIndexOptions extends TableOptions {
  /** A top-level key of `data`. */
  readonly key: string
  /** Default is the table's name, `data` and the key. */
  readonly indexName?: string | undefined
}

const names = { table: filled, schema: filled }
const eventsOptions = object(
  {},
  { ...names, projections: object({}, names), identifiers: anything },
)
const projectionsOptions = object(
  {},
  { ...names, events: object({}, names), identifiers: anything },
)
const indexOptions = object({ key: filled }, { ...names, indexName: filled })

/** A migration as it is, or called with names of your own. */
export type TableMigration<Options> = Migration & ((options?: Options) => Migration)

/**
 * Makes everything that the log needs; `down` leaves nothing of it, with all events. It is SQL for
 * `knex.raw`, and can be called where the tables have names of their own.
 *
 * ```ts
 * import { createEventsTableMigration } from 'eventfold/knex'
 * import type { Knex } from 'knex'
 *
 * export const up = (knex: Knex) => knex.raw(createEventsTableMigration({ schema: 'todo' }).up)
 * ```
 */
export const createEventsTableMigration: TableMigration<EventsTableOptions> = callable(
  eventsOptions,
  ({ projections, identifiers, ...events }: EventsTableOptions) => {
    const tables = tablesOf(events, projections)
    return { up: migrationSql(tables, { identifiers }), down: dropSql(tables, { identifiers }) }
  },
)

/**
 * Makes the table of projections, and the rest of the log where it is not there; `down` takes away the
 * projections alone. See {@link createEventsTableMigration}.
 */
export const createProjectionsTableMigration: TableMigration<ProjectionsTableOptions> = callable(
  projectionsOptions,
  ({ events, identifiers, ...projections }: ProjectionsTableOptions) => {
    const { schema, name } = nameOf(projections, 'projections')
    return {
      up: migrationSql(tablesOf(events, projections), { identifiers }),
      down: `drop table if exists ${quoteName(schema)}.${quoteName(name)}`,
    }
  },
)

/** An index for filters on a key of events' data. Identifiers need none. */
export function createEventDataIndexMigration(options: DataIndexOptions): Migration {
  return dataIndex(options, 'events')
}

/** An index for filters on a key of saved projections' data. */
export function createProjectionDataIndexMigration(options: DataIndexOptions): Migration {
  return dataIndex(options, 'projections')
}

function dataIndex(options: DataIndexOptions, table: string): Migration {
  checkAt('options', indexOptions, options, [])
  const named = nameOf(options, table)
  const index = options.indexName ?? dataIndexName(named.name, options.key)
  return forRaw({
    up: dataIndexSql(named, options.key, index),
    down: `drop index if exists ${quoteName(named.schema)}.${quoteName(index)}`,
  })
}

function callable<Options extends object>(
  check: Check,
  make: (options: Options) => Migration,
): TableMigration<Options> {
  const migration = (options: Options = {} as Options): Migration => {
    checkAt('options', check, options, [])
    return forRaw(make(options))
  }
  return Object.assign(migration, migration())
}

function tablesOf(events: TableOptions = {}, projections: TableOptions = {}): PostgresTables {
  return { events: nameOf(events, 'events'), projections: nameOf(projections, 'projections') }
}

function nameOf({ table, schema = 'public' }: TableOptions, name: string): Table {
  return { schema, name: table ?? name }
}

/** A name or a key may hold a question mark; then the statement travels as hexadecimal. */
function forRaw({ up, down }: Migration): Migration {
  return { up: withoutQuestionMark(up), down: withoutQuestionMark(down) }
}

function withoutQuestionMark(sql: string): string {
  if (!sql.includes('?')) return sql
  const hex = Buffer.from(sql).toString('hex')
  return `do $$begin execute convert_from(decode('${hex}', 'hex'), 'UTF8'); end$$`
}
