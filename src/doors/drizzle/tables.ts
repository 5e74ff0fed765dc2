import { entityKind, getTableColumns, sql } from 'drizzle-orm'
import {
  bigint,
  index,
  jsonb,
  PgSchema,
  pgSchema,
  PgTable,
  pgTable,
  text,
  timestamp,
  unique,
  uniqueIndex,
  type IndexBuilder,
  type PgColumn,
  type PgTableWithColumns,
} from 'drizzle-orm/pg-core'
import { ArgumentError } from '../../store/errors.ts'
import { show } from '../../store/show.ts'
import { dataIndexName } from '../../stores/postgres/migration.ts'
import { quoteText } from '../../stores/postgres/names.ts'
import {
  checkTableOptions,
  nameTable,
  type AdditionalIndex,
  type NamedTable,
  type TableOptions,
} from './table-options.ts'

type Types = {
  string: ['PgText', string]
  number: ['PgBigInt53', number]
  json: ['PgJsonb', unknown]
  date: ['PgTimestamp', Date]
}
type Flag = 'notNull' | 'hasDefault' | 'isPrimaryKey'
type Column<Name extends string, Type extends keyof Types, Flags extends Flag = never> = PgColumn<{
  name: Name
  tableName: string
  dataType: Type
  columnType: Types[Type][0]
  data: Types[Type][1]
  driverParam: unknown
  notNull: 'notNull' extends Flags ? true : false
  hasDefault: 'hasDefault' extends Flags ? true : false
  isPrimaryKey: 'isPrimaryKey' extends Flags ? true : false
  isAutoincrement: false
  hasRuntimeDefault: false
  enumValues: undefined
  generated: undefined
}>
type Table<Columns extends Record<string, PgColumn>> = PgTableWithColumns<{
  name: string
  schema: string | undefined
  columns: Columns
  dialect: 'pg'
}>

/** The table of events, to read from in queries of your own. Written by the client alone. */
export type EventsTable = Table<{
  position: Column<'position', 'number', 'notNull'>
  id: Column<'id', 'string', 'notNull'>
  type: Column<'type', 'string', 'notNull'>
  data: Column<'data', 'json', 'notNull'>
  metadata: Column<'metadata', 'json', 'notNull' | 'hasDefault'>
  aggregateType: Column<'aggregate_type', 'string'>
  aggregateId: Column<'aggregate_id', 'string'>
  version: Column<'version', 'number'>
  createdAt: Column<'created_at', 'date', 'notNull' | 'hasDefault'>
}>

/** The table of saved projections, to read from in queries of your own. Written by the client alone. */
export type ProjectionsTable = Table<{
  type: Column<'type', 'string', 'notNull'>
  id: Column<'id', 'string', 'notNull'>
  /** `null` where the projection was deleted. */
  data: Column<'data', 'json'>
  position: Column<'position', 'number'>
  latestEventId: Column<'latest_event_id', 'string'>
  revision: Column<'revision', 'number', 'notNull'>
  createdAt: Column<'created_at', 'date', 'notNull' | 'hasDefault'>
  updatedAt: Column<'updated_at', 'date', 'notNull' | 'hasDefault'>
}>

/**
 * The table of events, for your `schema.ts`. drizzle-kit sees it as `migrate` makes it. Default name is
 * `events`, default schema `public`. Throws `INVALID_ARGUMENT` for an index over an unknown column.
 *
 * ```ts
 * import { createEventsTable } from 'eventfold/drizzle'
 *
 * export const events = createEventsTable({ schema: 'my_app', dataIndexes: ['sku'] })
 * ```
 */
export function createEventsTable(options: TableOptions = {}): EventsTable {
  checkTableOptions(options)
  const { name = 'events' } = options
  const columns = {
    position: bigint('position', { mode: 'number' }).primaryKey(),
    id: text('id').notNull(),
    type: text('type').notNull(),
    data: jsonb('data').notNull(),
    metadata: jsonb('metadata').notNull().default({}),
    aggregateType: text('aggregate_type'),
    aggregateId: text('aggregate_id'),
    version: bigint('version', { mode: 'number' }),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
  }
  const table = schemaOf(options).table(name, columns, (own) => [
    unique(`${name}_id_key`).on(own.id),
    index(`${name}_type_idx`).on(own.type, own.position),
    uniqueIndex(`${name}_aggregate_idx`)
      .on(own.aggregateType, own.aggregateId, own.version)
      .where(sql`aggregate_type is not null`),
    ...indexesOf(own, name, options),
  ])
  return named('events', table, name, options) as unknown as EventsTable
}

/**
 * The table of saved projections, for your `schema.ts`. Default name is `projections`. Otherwise as
 * {@link createEventsTable}.
 *
 * ```ts
 * import { createProjectionsTable } from 'eventfold/drizzle'
 *
 * export const projections = createProjectionsTable({ schema: 'my_app', name: 'views' })
 * ```
 */
export function createProjectionsTable(options: TableOptions = {}): ProjectionsTable {
  checkTableOptions(options)
  const { name = 'projections' } = options
  const columns = {
    type: text('type').notNull(),
    id: text('id').notNull(),
    data: jsonb('data'),
    position: bigint('position', { mode: 'number' }),
    latestEventId: text('latest_event_id'),
    revision: bigint('revision', { mode: 'number' }).notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
    updatedAt: timestamp('updated_at', { withTimezone: true }).notNull().defaultNow(),
  }
  const table = schemaOf(options).table(name, columns, (own) => [
    uniqueIndex(`${name}_type_id_idx`).on(own.type, own.id),
    ...indexesOf(own, name, options),
  ])
  return named('projections', table, name, options) as unknown as ProjectionsTable
}

/**
 * The name that the table of projections had elsewhere.
 *
 * @deprecated Use {@link createProjectionsTable}.
 */
export function createProjectionBaseClasssTable(options?: TableOptions): ProjectionsTable {
  return createProjectionsTable(options)
}

/** Drizzle refuses `public` as the name of a schema, since that is where tables are without one. */
function schemaOf({ schema = 'public' }: TableOptions): { readonly table: typeof pgTable } {
  return schema === 'public' ? { table: pgTable } : (pgSchema(schema) as never)
}

/**
 * To drizzle-kit a table of a schema is also an export of that schema, as if `pgSchema` had been exported
 * beside it: else `generate` would not make the schema, and `push` would offer to drop it with all events.
 */
class TableInSchema extends PgTable {
  static override readonly [entityKind]: string = PgSchema[entityKind]
}

function exportSchema<Made extends object>(table: Made, schemaName: string): Made {
  Object.setPrototypeOf(table, TableInSchema.prototype)
  return Object.defineProperty(table, 'schemaName', { value: schemaName })
}

function indexesOf(own: object, table: string, options: TableOptions): IndexBuilder[] {
  const { dataIndexes = [], additionalIndexes = [] } = options
  return [
    ...dataIndexes.map((key) =>
      index(dataIndexName(table, key)).on(sql`(data ->> ${sql.raw(quoteText(key))})`),
    ),
    ...additionalIndexes.map(({ name, columns }) => {
      const [first, ...others] = columns.map((column) => columnOf(own, column))
      return index(name).on(first as PgColumn, ...(others as PgColumn[]))
    }),
  ]
}

/** Refuses unknown columns, and remembers the table as SQL knows it. */
function named<Made extends object>(
  kind: NamedTable['kind'],
  table: Made,
  name: string,
  options: TableOptions,
): Made {
  const { schema = 'public', dataIndexes = [], additionalIndexes = [] } = options
  const columns = getTableColumns(table as unknown as PgTable)
  const inSql = (given: AdditionalIndex): AdditionalIndex => ({
    name: given.name,
    columns: given.columns.map((key) => {
      const column = columnOf(columns, key)
      if (column !== undefined) return column.name
      const known = Object.keys(columns).join(', ')
      throw new ArgumentError(
        `additionalIndexes: ${given.name} names the column ${show(key)}, which ${name} has not. Use some of ${known}; for a key of data use dataIndexes`,
      )
    }),
  })
  const empty = additionalIndexes.find((given) => given.columns.length === 0)
  if (empty) throw new ArgumentError(`additionalIndexes: ${empty.name} names no column`)
  return nameTable(schema === 'public' ? table : exportSchema(table, schema), {
    kind,
    schema,
    name,
    dataIndexes,
    additionalIndexes: additionalIndexes.map(inSql),
  })
}

/** A column by its name here or in SQL. */
function columnOf(columns: object, key: string): PgColumn | undefined {
  const found = Object.entries(columns as Record<string, PgColumn>)
  return found.find(([name, column]) => name === key || column.name === key)?.[1]
}
