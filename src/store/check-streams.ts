import type { AggregateRef } from '../event/event.ts'
import { ArgumentError } from './errors.ts'
import { assertText } from './json.ts'
import type { DataFilter, Stream, Streams } from './stream.ts'

const STREAM_KEYS = new Set(['types', 'filter', 'aggregate'])
const OPERATORS = ['eq', 'neq', 'in', 'nin', 'gt', 'gte', 'lt', 'lte']

/**
 * Refuses streams that could not be meant: an empty list, a stream that names nothing, an unknown key
 * or operator. In a condition also what could never match, because it would guard nothing.
 */
export function checkStreams(streams: Streams, use: 'read' | 'condition'): void {
  if (streams === 'all') return
  if (!Array.isArray(streams)) {
    throw new ArgumentError(`streams must be a list or 'all', found ${show(streams)}`)
  }
  if (streams.length === 0) {
    throw new ArgumentError("the list of streams is empty: name a stream, or ask for 'all'")
  }
  streams.forEach((stream, index) => {
    checkStream(stream as Stream, `stream ${index}`, use === 'condition')
  })
}

/** Refuses a filter with an unknown operator or a value that is none. */
export function checkFilter(filter: DataFilter, what: string, mustMatch: boolean): void {
  if (filter === null || typeof filter !== 'object' || Array.isArray(filter)) {
    throw new ArgumentError(
      `${what}: a filter is an object of keys and values, found ${show(filter)}`,
    )
  }
  for (const [key, entry] of Object.entries(filter)) {
    checkEntry(entry, `${what}: filter key ${JSON.stringify(key)}`, mustMatch)
  }
}

/** Refuses an aggregate without a type or an id. */
export function checkAggregate(aggregate: AggregateRef, what: string): void {
  for (const part of ['type', 'id'] as const) {
    const value: unknown = aggregate?.[part]
    if (typeof value !== 'string' || value === '') {
      throw new ArgumentError(
        `${what}: an aggregate has a type and an id, found ${show(aggregate)}`,
      )
    }
    assertText(value, `${what}: the aggregate's ${part}`)
  }
}

function checkStream(stream: Stream, what: string, mustMatch: boolean): void {
  if (stream === null || typeof stream !== 'object' || Array.isArray(stream)) {
    throw new ArgumentError(`${what} is not an object: ${show(stream)}`)
  }
  const unknown = Object.keys(stream).find((key) => !STREAM_KEYS.has(key))
  if (unknown !== undefined) {
    throw new ArgumentError(
      `${what}: unknown key ${JSON.stringify(unknown)}; a stream has types, filter, aggregate`,
    )
  }
  const { types, filter, aggregate } = stream
  const names = types !== undefined || aggregate !== undefined
  if (!names && (filter === undefined || Object.keys(filter ?? {}).length === 0)) {
    throw new ArgumentError(
      `${what} names nothing: give types, a filter or an aggregate; the whole log is 'all'`,
    )
  }
  if (types !== undefined) checkTypes(types, what, mustMatch)
  if (filter !== undefined) checkFilter(filter, what, mustMatch)
  if (aggregate !== undefined) checkAggregate(aggregate, what)
}

function checkTypes(types: readonly string[], what: string, mustMatch: boolean): void {
  if (!Array.isArray(types) || types.some((type) => typeof type !== 'string')) {
    throw new ArgumentError(`${what}: types must be a list of strings, found ${show(types)}`)
  }
  if (types.length === 0 && mustMatch) throw vacuous(`${what}: types is empty`)
  for (const type of types as string[]) assertText(type, `${what}: the type ${show(type)}`)
}

function checkEntry(entry: unknown, what: string, mustMatch: boolean): void {
  if (entry === undefined || entry === null) {
    if (mustMatch) throw vacuous(`${what} is ${entry}`)
    return
  }
  if (Array.isArray(entry)) return checkList(entry, what, mustMatch)
  if (typeof entry !== 'object') return checkScalar(entry, what)
  const operators = Object.entries(entry)
  if (operators.length === 0)
    throw new ArgumentError(`${what} names no operator: use one of ${OPERATORS.join(', ')}`)
  for (const [operator, operand] of operators) checkOperator(operator, operand, what, mustMatch)
}

function checkOperator(operator: string, operand: unknown, what: string, mustMatch: boolean): void {
  const where = `${what}, operator ${operator}`
  switch (operator) {
    case 'in':
      return checkList(operand, where, mustMatch)
    case 'nin':
      return checkList(operand, where, false)
    case 'eq':
      if (operand === undefined || operand === null) return checkEntry(operand, where, mustMatch)
      return checkScalar(operand, where)
    case 'neq':
      return checkScalar(operand, where)
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte':
      checkScalar(operand, where)
      if (typeof operand === 'boolean') {
        throw new ArgumentError(`${where}: booleans have no order; use eq or neq`)
      }
      return
    default:
      throw new ArgumentError(
        `Unknown operator: ${operator} (${what}); use one of ${OPERATORS.join(', ')}`,
      )
  }
}

function checkList(values: unknown, what: string, mustMatch: boolean): void {
  if (!Array.isArray(values)) throw new ArgumentError(`${what} takes a list, found ${show(values)}`)
  if (values.length === 0 && mustMatch) throw vacuous(`${what} has an empty list`)
  for (const value of values) checkScalar(value, what)
}

function checkScalar(value: unknown, what: string): void {
  if (typeof value === 'string') return assertText(value, what)
  if (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))) return
  throw new ArgumentError(
    `${what} takes a string, a finite number or a boolean, found ${show(value)}`,
  )
}

function vacuous(what: string): ArgumentError {
  return new ArgumentError(`${what}: it could never match, so the condition would guard nothing`)
}

function show(value: unknown): string {
  if (typeof value === 'bigint' || typeof value === 'number') return String(value)
  try {
    return JSON.stringify(value)?.slice(0, 120) ?? String(value)
  } catch {
    return typeof value
  }
}
