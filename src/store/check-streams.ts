import { isPlainObject } from '../event/plain.ts'
import { ArgumentError } from './errors.ts'
import {
  anything,
  checkAt,
  filled,
  is,
  list,
  object,
  optional,
  ordered,
  refuse,
  scalar,
  wellFormed,
  type Check,
  type Path,
} from './check-value.ts'
import type { Stream, Streams } from './stream.ts'

/** An aggregate whose type and id are such texts. */
export function aggregateOf(part: Check): Check {
  // A stored event names its aggregate together with its version.
  return object({ type: part, id: part }, { version: anything })
}

/** Where to go on. Whether the log knows the place is for the store to say. */
export const after: Check = optional(
  is(
    'a cursor or { eventId }',
    (value) =>
      typeof ((value as { readonly eventId?: unknown } | null)?.eventId ?? value) === 'string',
  ),
)

const aggregate = aggregateOf(filled)
const checks = { read: checksOf(0), condition: checksOf(1) }

/**
 * Refuses streams that could not be meant: an empty list, a stream that names nothing, an unknown key
 * or operator. In a condition also what could never match, because it would guard nothing.
 */
export function checkStreams(streams: Streams, use: 'read' | 'condition'): void {
  checks[use].streams(streams, ['streams'])
}

/** The streams of a condition. */
export const guarding: Check = checks.condition.streams

/** A filter that may match nothing. */
export const filter: Check = checks.read.filter

/** With `least` 1 they refuse what could never match: an empty list, no value. */
function checksOf(least: 0 | 1): { readonly streams: Check; readonly filter: Check } {
  const value: Check = (given, path) => {
    if (least || given != null) scalar(given, path)
  }
  const values = list(scalar, least)
  const operators: Readonly<Record<string, Check>> = {
    eq: value,
    neq: scalar,
    in: values,
    nin: list(scalar),
    gt: ordered,
    gte: ordered,
    lt: ordered,
    lte: ordered,
  }
  const known = Object.keys(operators).join(', ')

  const checkFilter: Check = (given, path) => {
    if (!isPlainObject(given)) refuse(path, 'an object', given)
    for (const [key, entry] of Object.entries(given)) {
      wellFormed(key, path)
      checkAt(key, checkEntry, entry, path)
    }
  }

  function checkEntry(entry: unknown, path: Path): void {
    if (Array.isArray(entry)) return values(entry, path)
    if (!isPlainObject(entry)) return value(entry, path)
    if (Object.keys(entry).length === 0) refuse(path, `one of ${known}`, entry)
    for (const [operator, operand] of Object.entries(entry)) {
      if (!Object.hasOwn(operators, operator)) {
        throw new ArgumentError(
          `Unknown operator: ${operator} (${path.join('.')}). Use one of ${known}`,
        )
      }
      checkAt(operator, operators[operator] as Check, operand, path)
    }
  }

  const stream = object({}, { types: list(wellFormed, least), filter: checkFilter, aggregate })
  const streams = list(
    (given, path) => {
      stream(given, path)
      const { types, filter: entries = {}, aggregate: named } = given as Stream
      if (!types && !named && Object.keys(entries).length === 0) {
        refuse(path, 'types, a filter or an aggregate', given)
      }
    },
    1,
    "'all' or a non-empty list",
  )
  return {
    filter: checkFilter,
    streams: (given, path) => {
      if (given !== 'all') streams(given, path)
    },
  }
}
