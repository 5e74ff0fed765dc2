import { createHash } from 'node:crypto'
import type { Statement } from './hand.ts'

const MAX_NAMES = 1_000
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

/** A statement that drivers may keep prepared: for texts of which there are only so many. */
export function prepared(text: string, values: Values): Statement {
  return { name: nameOf(text), text, values: values.list }
}

/** SQL for a timestamp as ISO 8601 in UTC with milliseconds. */
export function isoSql(column: string): string {
  return `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
}

/** A list as PostgreSQL writes an array of texts. */
export function arrayText(values: readonly (string | null)[]): string {
  const items = values.map((value) =>
    value === null ? 'NULL' : `"${value.replaceAll(/["\\]/gu, '\\$&')}"`,
  )
  return `{${items.join(',')}}`
}

/** The name under which a driver may keep a statement prepared. */
export function nameOf(text: string): string {
  const known = names.get(text)
  if (known !== undefined) return known
  const name = `eventfold_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`
  if (names.size < MAX_NAMES) names.set(text, name)
  return name
}
