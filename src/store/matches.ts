import type { AggregateRef } from '../event/event.ts'
import { compareStrings } from './compare.ts'
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
  if (tests.length === 1 && first !== undefined) return first
  return (event) => tests.some((test) => test(event))
}

/** As {@link compileStreams}, for the filter of a document query. */
export function compileFilter(filter: DataFilter): Test<unknown> {
  const tests = Object.entries(filter).map(([key, entry]) => fieldTest(key, compileEntry(entry)))
  return (data) => tests.every((test) => test(data))
}

function compileStream(stream: Stream): Test<Matchable> {
  const types = stream.types && new Set(stream.types)
  const filter = stream.filter && compileFilter(stream.filter)
  const { aggregate } = stream
  return (event) =>
    (types === undefined || types.has(event.type)) &&
    (aggregate === undefined ||
      (event.aggregate?.id === aggregate.id && event.aggregate.type === aggregate.type)) &&
    (filter === undefined || filter(event.data))
}

function fieldTest(key: string, test: Test<unknown>): Test<unknown> {
  return (data) => test(fieldOf(data, key))
}

/** A top-level key of `data`; `undefined` where there is none, as in a list or a text. */
export function fieldOf(data: unknown, key: string): unknown {
  const known =
    data !== null && typeof data === 'object' && !Array.isArray(data) && Object.hasOwn(data, key)
  return known ? (data as Record<string, unknown>)[key] : undefined
}

function compileEntry(entry: FilterEntry | null | undefined): Test<unknown> {
  if (entry === null || entry === undefined) return () => false
  if (isArray(entry)) {
    const values = new Set<unknown>(entry)
    return (field) => (Array.isArray(field) ? equalLists(field, entry) : values.has(field))
  }
  if (typeof entry !== 'object') return (field) => field === entry
  const tests = Object.entries(entry).map(([operator, operand]) =>
    compileOperator(operator as keyof Operators, operand as never),
  )
  return (field) => tests.every((test) => test(field))
}

function compileOperator(
  operator: keyof Operators,
  operand: Scalar & readonly Scalar[],
): Test<unknown> {
  switch (operator) {
    case 'eq':
      return (field) => field === operand && field !== undefined && field !== null
    case 'neq':
      return (field) => field !== operand
    case 'in': {
      const values = new Set<unknown>(operand)
      return (field) => values.has(field)
    }
    case 'nin': {
      const values = new Set<unknown>(operand)
      return (field) => !values.has(field)
    }
    case 'gt':
      return ordered(operand, (order) => order > 0)
    case 'gte':
      return ordered(operand, (order) => order >= 0)
    case 'lt':
      return ordered(operand, (order) => order < 0)
    case 'lte':
      return ordered(operand, (order) => order <= 0)
  }
}

function ordered(operand: Scalar, accept: Test<number>): Test<unknown> {
  return typeof operand === 'string'
    ? (field) => typeof field === 'string' && accept(compareStrings(field, operand))
    : (field) => typeof field === 'number' && accept(field - Number(operand))
}

function equalLists(field: readonly unknown[], entry: readonly Scalar[]): boolean {
  return field.length === entry.length && entry.every((value, index) => field[index] === value)
}

function isArray(entry: FilterEntry): entry is readonly Scalar[] {
  return Array.isArray(entry)
}
