import type { AggregateRef } from '../event/event.ts'
import { isPlainObject } from '../event/plain.ts'
import { isObject } from './check-value.ts'
import { compareValues } from './compare.ts'
import type { DataFilter, FilterEntry, Operators, Scalar, Stream, Streams } from './stream.ts'

/** What matching looks at. */
export interface Matchable {
  readonly type: string
  readonly data: unknown
  readonly aggregate?: AggregateRef | undefined
}

type Test<Value> = (value: Value) => boolean

/**
 * The one judge of what matches: indexes only narrow what is shown to it. Streams are OR-ed; the
 * streams must have passed {@link checkStreams}.
 */
export function compileStreams(streams: Streams): Test<Matchable> {
  if (streams === 'all') return () => true
  const tests = streams.map(compileStream)
  const [first] = tests
  if (first && tests.length === 1) return first
  return (event) => tests.some((test) => test(event))
}

/** As {@link compileStreams}, for the filter of a document query. */
export function compileFilter(filter: DataFilter): Test<unknown> {
  return all(
    Object.entries(filter).map(([key, entry]) => {
      const test = compileEntry(entry)
      return (data) => test(fieldOf(data, key))
    }),
  )
}

/** A top-level key of `data`; `undefined` where it has none. */
export function fieldOf(data: unknown, key: string): unknown {
  return isObject(data) && Object.hasOwn(data, key) ? data[key] : undefined
}

function all<Value>(tests: readonly Test<Value>[]): Test<Value> {
  return (value) => tests.every((test) => test(value))
}

function compileStream(stream: Stream): Test<Matchable> {
  const types = stream.types && new Set(stream.types)
  const filter = stream.filter && compileFilter(stream.filter)
  const { aggregate } = stream
  return (event) =>
    (!types || types.has(event.type)) &&
    (!aggregate ||
      (event.aggregate?.id === aggregate.id && event.aggregate.type === aggregate.type)) &&
    (!filter || filter(event.data))
}

function compileEntry(entry: FilterEntry | null | undefined): Test<unknown> {
  if (Array.isArray(entry)) {
    const list = entry as readonly Scalar[]
    const isOneOf = operators.in(list)
    return (field) => (Array.isArray(field) ? equalLists(field, list) : isOneOf(field))
  }
  if (!isPlainObject(entry)) return operators.eq(entry)
  return all(
    Object.entries(entry).map(([operator, operand]) =>
      operators[operator as keyof Operators](operand as never),
    ),
  )
}

const operators = {
  // What is not there equals nothing; `null` and `undefined` neither.
  eq:
    (operand: unknown): Test<unknown> =>
    (field) =>
      field === operand && field != null,
  neq:
    (operand: unknown): Test<unknown> =>
    (field) =>
      field !== operand,
  in: (operands: readonly unknown[]): Test<unknown> => {
    const values = new Set(operands)
    return (field) => values.has(field)
  },
  nin: (operands: readonly unknown[]): Test<unknown> => {
    const values = new Set(operands)
    return (field) => !values.has(field)
  },
  gt: ordered((order) => order > 0),
  gte: ordered((order) => order >= 0),
  lt: ordered((order) => order < 0),
  lte: ordered((order) => order <= 0),
}

/** Strings compare with strings, numbers with numbers. */
function ordered(accept: Test<number>): (operand: Scalar) => Test<unknown> {
  return (operand) => (field) =>
    typeof field === typeof operand && accept(compareValues(field, operand))
}

function equalLists(field: readonly unknown[], entry: readonly Scalar[]): boolean {
  return field.length === entry.length && entry.every((value, index) => field[index] === value)
}
