import { keyOf } from '../event/identifiers.ts'
import type { FilterEntry, Operators, Scalar, Stream } from './stream.ts'

/** What an index by key knows of a stream. */
export interface Narrowing {
  /** One list for each filter entry on an identifier: a matching event is filed under one of each. Short lists first. */
  readonly keys: readonly (readonly string[])[]
  /** Whether types and keys say everything, so that a candidate needs no further look. */
  readonly exact: boolean
}

/** Which keys an event must be filed under to match a stream. Indexes narrow; `matches.ts` decides. */
export function narrow(stream: Stream, isIdentifier: (key: string) => boolean): Narrowing {
  const entries = Object.entries(stream.filter ?? {})
  const keys: (readonly string[])[] = []
  let exact = stream.aggregate === undefined
  for (const [name, entry] of entries) {
    const values = isIdentifier(name) ? valuesOf(entry) : undefined
    if (values === undefined) exact = false
    else {
      exact &&= isOnlyEquality(entry)
      keys.push([...new Set(values.map((value) => keyOf(name, value)))])
    }
  }
  return { keys: keys.sort((a, b) => a.length - b.length), exact }
}

type KeyValue = string | number | readonly Scalar[]

function valuesOf(entry: FilterEntry | null | undefined): readonly KeyValue[] | undefined {
  if (entry === null || entry === undefined) return []
  if (Array.isArray(entry)) {
    const values = keyValues(entry as readonly Scalar[])
    return values && [...values, entry as readonly Scalar[]]
  }
  if (typeof entry !== 'object') return keyValues([entry])
  const operators = entry as Operators
  if ('eq' in operators) return operators.eq == null ? [] : keyValues([operators.eq])
  return operators.in && keyValues(operators.in)
}

function keyValues(values: readonly Scalar[]): readonly (string | number)[] | undefined {
  return values.some((value) => typeof value === 'boolean')
    ? undefined
    : (values as readonly (string | number)[])
}

function isOnlyEquality(entry: FilterEntry | null | undefined): boolean {
  if (entry === null || typeof entry !== 'object' || Array.isArray(entry)) return true
  const [operator, ...others] = Object.keys(entry)
  return others.length === 0 && (operator === 'eq' || operator === 'in')
}
