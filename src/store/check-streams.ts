import type { AggregateRef } from '../event/event.ts'
import { isPlainObject } from '../event/plain.ts'
import { checkKeys, refuse } from './check-value.ts'
import { assertText } from './json.ts'
import { show } from './show.ts'
import type { DataFilter, Stream, Streams } from './stream.ts'

const STREAM_KEYS = ['types', 'filter', 'aggregate']
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
    const advice = isPlainObject(streams) ? ': put it in a list' : ''
    refuse(`${what}: streams must be a list or 'all', found ${show(streams)}${advice}`)
  }
  if (streams.length === 0) {
    refuse(`${what}: the list of streams is empty: name a stream, or ask for 'all'`)
  }
  streams.forEach((stream, index) => {
    checkStream(stream as Stream, `${what}, stream ${index}`, use === 'condition')
  })
}

/** Refuses a filter with an unknown operator or a value that is none. */
export function checkFilter(filter: DataFilter, what: string, mustMatch: boolean): void {
  if (!isPlainObject(filter)) {
    refuse(`${what}: a filter is an object of keys and values, found ${show(filter)}`)
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
    return [key, isPlainObject(entry) ? copyEntries(entry) : entry]
  })
  return Object.fromEntries(copies) as Entries
}

/** Refuses an aggregate without a type or an id. */
export function checkAggregate(aggregate: AggregateRef, what: string): void {
  for (const part of ['type', 'id'] as const) {
    const value: unknown = aggregate?.[part]
    if (typeof value !== 'string' || value === '') {
      refuse(`${what}: an aggregate has a type and an id, found ${show(aggregate)}`)
    }
    assertText(value, `${what}: the aggregate's ${part}`)
  }
}

function checkStream(stream: Stream, what: string, mustMatch: boolean): void {
  checkKeys(stream, STREAM_KEYS, what)
  const { types, filter, aggregate } = stream
  if (!types && !aggregate && Object.keys(filter ?? {}).length === 0) {
    refuse(`${what} names nothing: give types, a filter or an aggregate; the whole log is 'all'`)
  }
  if (types !== undefined) checkTypes(types, what, mustMatch)
  if (filter !== undefined) checkFilter(filter, what, mustMatch)
  if (aggregate !== undefined) checkAggregate(aggregate, what)
}

function checkTypes(types: readonly string[], what: string, mustMatch: boolean): void {
  if (!Array.isArray(types) || types.some((type) => typeof type !== 'string')) {
    refuse(`${what}: types must be a list of strings, found ${show(types)}`)
  }
  if (types.length === 0 && mustMatch) refuseVacuous(`${what}: types is empty`)
  for (const type of types as string[]) assertText(type, `${what}: a type`)
}

function checkEntry(entry: unknown, what: string, mustMatch: boolean): void {
  if (entry === undefined || entry === null) {
    if (mustMatch) refuseVacuous(`${what} is ${entry}`)
    return
  }
  if (Array.isArray(entry)) return checkList(entry, what, mustMatch)
  if (!isPlainObject(entry)) return checkScalar(entry, what)
  const operators = Object.entries(entry)
  if (operators.length === 0) {
    refuse(`${what} names no operator: use one of ${OPERATORS.join(', ')}`)
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
        refuse(`${where}: booleans have no order; use eq or neq`)
      }
      return checkScalar(operand, where, 'a string or a finite number')
    default:
      refuse(
        `Unknown operator: ${operator} (${what}); use one of ${OPERATORS.join(', ')}. ` +
          'A filter looks at top-level keys of data.',
      )
  }
}

function checkList(values: unknown, what: string, mustMatch: boolean): void {
  if (!Array.isArray(values)) refuse(`${what} takes a list, found ${show(values)}`)
  if (values.length === 0 && mustMatch) refuseVacuous(`${what} has an empty list`)
  for (const value of values) checkScalar(value, what)
}

function checkScalar(
  value: unknown,
  what: string,
  takes = 'a string, a finite number or a boolean',
): void {
  if (typeof value === 'string') return assertText(value, what)
  if (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))) return
  refuse(`${what} takes ${takes}, found ${show(value)}`)
}

function refuseVacuous(what: string): never {
  refuse(`${what}: it could never match, so the condition would guard nothing`)
}
