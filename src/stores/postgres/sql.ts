import { createHash } from 'node:crypto'
import type { Statement } from './hand.ts'

const MAX_NAMES = 500
const names = new Map<string, string>()

/** The values of a statement, all of them texts. */
export class Values {
  readonly list: (string | null)[] = []

  /** Takes a value, and gives the SQL for it as text. */
  text(value: string): string {
    return `$${this.list.push(value)}::text`
  }

  bigint(value: number): string {
    return `${this.text(String(value))}::bigint`
  }

  json(value: unknown): string {
    return `${this.text(JSON.stringify(value))}::jsonb`
  }

  array(values: readonly (string | null)[]): string {
    return `${this.text(arrayText(values))}::text[]`
  }
}

/** A statement that drivers may keep prepared, unless the process has named enough of them. */
export function prepared(text: string, values: Values): Statement {
  const isNamed = names.has(text) || names.size < MAX_NAMES
  return { ...(isNamed && { name: nameOf(text) }), text, values: values.list }
}

/**
 * A condition on the number of an item, from `with ordinality`, that always holds: the planner takes it to
 * leave one item, where it would guess ten or a hundred lists within lists, and compile what seems so long.
 */
export function few(ordinality: string): string {
  return `${ordinality} between 1 and 2147483647`
}

/** SQL for a timestamp as ISO 8601 in UTC with milliseconds. */
export function isoSql(column: string): string {
  return `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
}

/** A list as PostgreSQL writes an array of texts. */
function arrayText(values: readonly (string | null)[]): string {
  const items = values.map((value) =>
    value === null ? 'NULL' : `"${value.replaceAll(/["\\]/gu, '\\$&')}"`,
  )
  return `{${items.join(',')}}`
}

/** The name under which a driver may keep a statement prepared. It is remembered with its text. */
export function nameOf(text: string): string {
  const known = names.get(text)
  if (known !== undefined) return known
  const name = `eventfold_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`
  names.set(text, name)
  return name
}
