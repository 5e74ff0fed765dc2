import { keyOf } from '../event/identifiers.ts'
import { isPlainObject } from '../event/plain.ts'
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
  const keys: (readonly string[])[] = []
  let exact = stream.aggregate === undefined
  for (const [name, entry] of Object.entries(stream.filter ?? {})) {
    const operators = operatorsOf(entry)
    const values = isIdentifier(name) ? valuesOf(operators) : undefined
    if (values === undefined) exact = false
    else {
      exact &&= Object.keys(operators).length === 1
      // A list also matches the field that is this list.
      const whole = Array.isArray(entry) ? [entry as readonly Scalar[]] : []
      keys.push([...new Set([...values, ...whole].map((value) => keyOf(name, value)))])
    }
  }
  return { keys: keys.sort((a, b) => a.length - b.length), exact }
}

function operatorsOf(entry: FilterEntry): Operators {
  if (isPlainObject(entry)) return entry
  return Array.isArray(entry) ? { in: entry as readonly Scalar[] } : { eq: entry as Scalar }
}

/** The values of which a field must be one, where keys can tell. */
function valuesOf(operators: Operators): readonly (string | number)[] | undefined {
  const { eq = null } = operators
  const values = 'eq' in operators ? (eq === null ? [] : [eq]) : operators.in
  return values?.some((value) => typeof value === 'boolean')
    ? undefined
    : (values as readonly (string | number)[] | undefined)
}
