import { checkAt, filled, list, object } from '../../store/check-value.ts'
import { ArgumentError } from '../../store/errors.ts'
import { show } from '../../store/show.ts'
import type { TableName } from '../../stores/postgres/index.ts'

/** What both tables take. */
export interface TableOptions {
  /** The PostgreSQL schema. Default is `public`. */
  readonly schema?: string | undefined
  readonly name?: string | undefined
  /** Keys of `data` that get an index of their own: what you filter by besides identifiers. */
  readonly dataIndexes?: readonly string[] | undefined
  /** Indexes over columns, by the names of the columns here or in SQL. */
  readonly additionalIndexes?: readonly AdditionalIndex[] | undefined
}

/** An index over columns of a table. */
export interface AdditionalIndex {
  readonly name: string
  readonly columns: readonly string[]
}

const checkedOptions = object(
  {},
  {
    schema: filled,
    name: filled,
    dataIndexes: list(filled),
    additionalIndexes: list(object({ name: filled, columns: list(filled) })),
  },
)

/** Refuses options that could not be meant. */
export function checkTableOptions(options: TableOptions): void {
  checkAt('options', checkedOptions, options, [])
}

/** What `migrate` has to know of a table: names as SQL has them. */
export interface NamedTable {
  readonly kind: 'events' | 'projections'
  readonly schema: string
  readonly name: string
  readonly dataIndexes: readonly string[]
  readonly additionalIndexes: readonly AdditionalIndex[]
}

// Registered, because drizzle-kit and an application may each load a copy of this module.
const NAMES = Symbol.for('eventfold.drizzle.table')

/** Leaves word on a table of Drizzle's, out of the sight of Drizzle. */
export function nameTable<Table extends object>(table: Table, named: NamedTable): Table {
  return Object.defineProperty(table, NAMES, { value: named })
}

/** What was said of two tables. Throws `INVALID_ARGUMENT` for what this door has not made. */
export function tablesOf(given: { readonly events: unknown; readonly projections: unknown }): {
  readonly tables: { readonly events: TableName; readonly projections: TableName }
  readonly events: NamedTable
  readonly projections: NamedTable
} {
  const events = namesOf('events', 'createEventsTable', given?.events)
  const projections = namesOf('projections', 'createProjectionsTable', given?.projections)
  const tables = { events: nameOf(events), projections: nameOf(projections) }
  return { tables, events, projections }
}

function namesOf(which: string, made: string, table: unknown): NamedTable {
  const named = (table as Partial<Record<symbol, NamedTable>> | null | undefined)?.[NAMES]
  if (named?.kind === which) return named
  throw new ArgumentError(
    `${which}: expected a table of ${made}, found ${named ? `one of ${named.kind}` : show(table)}`,
  )
}

function nameOf({ schema, name }: NamedTable): TableName {
  return { schema, name }
}
