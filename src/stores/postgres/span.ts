import type { LogNames } from './names.ts'
import type { Search } from './plan.ts'
import type { Values } from './sql.ts'

/** Which part of the log is searched, as SQL, and how much is wanted of it. */
export interface Span {
  /** A position: what is up to here is left out. */
  readonly after: string
  /** A position: what is up to here is included. Default is all that there is. */
  readonly to?: string | undefined
  /**
   * The newest position: an end that needs no telling. With both ends the planner takes a small part of
   * the log to be asked for, and settles on one plan for all values, where it would plan every time.
   */
  readonly newest?: string | undefined
  /** How many at most, no more than `MAX_ROWS`. Default is all. */
  readonly limit?: string | undefined
  readonly backwards: boolean
  /** Versions of an aggregate, both inclusive. */
  readonly fromVersion?: string | undefined
  readonly toVersion?: string | undefined
}

/** What SQL is made for. */
export interface Writing {
  readonly names: LogNames
  readonly values: Values
  readonly span: Span
}

/** The condition that a position is within the span. */
export function within(column: string, { after, newest, to = newest }: Span): string {
  return `${column} > ${after}${to === undefined ? '' : ` and ${column} <= ${to}`}`
}

/**
 * The condition that an event is of the type and within the span. It goes with an order by type and
 * position: both are said so that only the index of types serves. Where there are few types, the planner
 * would rather walk along the whole log until a rare one comes.
 */
export function withinType(
  row: string,
  type: string,
  { after, newest, to = newest }: Span,
): string {
  const place = `(${row}.type, ${row}.position)`
  const end = to === undefined ? `${row}.type <= ${type}` : `${place} <= (${type}, ${to})`
  return `${place} > (${type}, ${after}) and ${end}`
}

/** By several columns, with commas between them. */
export function ordered(columns: string, { backwards }: Span): string {
  return `order by ${backwards ? `${columns.replaceAll(',', ' desc,')} desc` : columns}`
}

export function limited({ limit }: Span): string {
  return limit === undefined ? '' : `limit ${limit}`
}

/** The condition that the data of the event at a position passes. */
export function passesAt(
  position: string,
  passes: (data: string) => string,
  { names }: Pick<Writing, 'names'>,
): string {
  return `exists (select from ${names.events} e where e.position = ${position}
      and ${passes('e.data')} offset 0)`
}

/** Filters as an array of texts. */
export function filtersOf(searches: readonly Search[], values: Values): string {
  return values.array(searches.map(({ filter }) => filter && JSON.stringify(filter)))
}
