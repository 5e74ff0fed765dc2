import type { AggregateRef } from '../event/event.ts'
import { ArgumentError } from './errors.ts'
import { assertText } from './json.ts'
import { show } from './show.ts'
import type { DataFilter, Stream, Streams } from './stream.ts'

const STREAM_KEYS = new Set(['types', 'filter', 'aggregate'])
const OPERATORS = ['eq', 'neq', 'in', 'nin', 'gt', 'gte', 'lt', 'lte']

/**
 * Refuses streams that could not be meant: an empty list, a stream that names nothing, an unknown key
 * or operator. In a condition also what could never match, because it would guard nothing. `what`
 * begins the message.
 */
export function checkStreams(
  streams: Streams,
  use: 'read' | 'condition',
  what: string = use === 'read' ? 'the read' : 'the condition',
): void {
  if (streams === 'all') return
  if (!Array.isArray(streams)) {
    const advice = isObject(streams) ? ': put it in a list' : ''
    throw new ArgumentError(
      `${what}: streams must be a list or 'all', found ${show(streams)}${advice}`,
    )
  }
  if (streams.length === 0) {
    throw new ArgumentError(
      `${what}: the list of streams is empty: name a stream, or ask for 'all'`,
    )
  }
  streams.forEach((stream, index) => {
    checkStream(stream as Stream, `${what}, stream ${index}`, use === 'condition')
  })
}

/** Refuses a filter with an unknown operator or a value that is none. */
export function checkFilter(filter: DataFilter, what: string, mustMatch: boolean): void {
  if (!isObject(filter)) {
    throw new ArgumentError(
      `${what}: a filter is an object of keys and values, found ${show(filter)}`,
    )
  }
  for (const [key, entry] of Object.entries(filter)) {
    const where = `${what}: filter key ${JSON.stringify(key)}`
    assertText(key, where)
    checkEntry(entry, where, mustMatch)
  }
}

/** The same stream in objects of its own. */
export function copyStream({ types, filter, aggregate }: Stream): Stream {
  return {
    ...(types && { types: [...types] }),
    ...(filter && { filter: copyEntries(filter) }),
    ...(aggregate && { aggregate: { type: aggregate.type, id: aggregate.id } }),
  }
}

function copyEntries<Entries extends object>(entries: Entries): Entries {
  const copies = Object.entries(entries).map(([key, entry]: [string, unknown]) => {
    if (Array.isArray(entry)) return [key, [...(entry as unknown[])]]
    return [key, isObject(entry) ? copyEntries(entry) : entry]
  })
  return Object.fromEntries(copies) as Entries
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
  if (!isObject(stream)) throw new ArgumentError(`${what} must be an object, found ${show(stream)}`)
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
  for (const type of types as string[]) assertText(type, `${what}: a type`)
}

function checkEntry(entry: unknown, what: string, mustMatch: boolean): void {
  if (entry === undefined || entry === null) {
    if (mustMatch) throw vacuous(`${what} is ${entry}`)
    return
  }
  if (Array.isArray(entry)) return checkList(entry, what, mustMatch)
  if (!isObject(entry)) return checkScalar(entry, what)
  const operators = Object.entries(entry)
  if (operators.length === 0) {
    throw new ArgumentError(`${what} names no operator: use one of ${OPERATORS.join(', ')}`)
  }
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
      if (typeof operand === 'boolean') {
        throw new ArgumentError(`${where}: booleans have no order; use eq or neq`)
      }
      return checkScalar(operand, where, 'a string or a finite number')
    default:
      throw new ArgumentError(
        `Unknown operator: ${operator} (${what}); use one of ${OPERATORS.join(', ')}. ` +
          'A filter looks at top-level keys of data.',
      )
  }
}

function checkList(values: unknown, what: string, mustMatch: boolean): void {
  if (!Array.isArray(values)) throw new ArgumentError(`${what} takes a list, found ${show(values)}`)
  if (values.length === 0 && mustMatch) throw vacuous(`${what} has an empty list`)
  for (const value of values) checkScalar(value, what)
}

function checkScalar(
  value: unknown,
  what: string,
  takes = 'a string, a finite number or a boolean',
): void {
  if (typeof value === 'string') return assertText(value, what)
  if (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))) return
  throw new ArgumentError(`${what} takes ${takes}, found ${show(value)}`)
}

function vacuous(what: string): ArgumentError {
  return new ArgumentError(`${what}: it could never match, so the condition would guard nothing`)
}

/** A plain object, and no list, date or other thing with a nature of its own. */
function isObject(value: unknown): value is object {
  if (value === null || typeof value !== 'object') return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
