import { isPlainObject } from '../event/plain.ts'
import { isObject, refuse, wellFormed, type Check, type Path } from './check-value.ts'

const MAX_DEPTH = 256
const DATE_TAG = /^\$+date$/u

/**
 * How values become JSON text and come back. Events are told apart, and filters see them, as they come
 * back.
 */
export interface JsonCodec {
  /** JSON text that reads back equal. Throws `INVALID_ARGUMENT`, naming `what` and the path, where there is none. */
  readonly encode: (value: unknown, what: string) => string
  readonly decode: (text: string) => unknown
}

/** Plain JSON: a `Date` is refused, because it would come back as a string. */
export const jsonCodec: JsonCodec = {
  encode: (value, what) => {
    checkJson(value, [what], refuseInstance)
    return JSON.stringify(value)
  },
  decode: (text) => JSON.parse(text) as unknown,
}

/**
 * JSON in which dates come back as dates, kept as `{ "$date": … }`; a key of the application with this
 * name is escaped. It reads what plain JSON wrote, unless that has such a key. Filters do not compare
 * dates.
 *
 * ```ts
 * const store = new MemoryEventStore({ codec: dateCodec })
 * await store.commit({ events: [{ type: 'CART_CREATED', data: { at: new Date() } }] })
 * ```
 */
export const dateCodec: JsonCodec = {
  encode: (value, what) => {
    checkJson(value, [what], checkDate)
    return JSON.stringify(tagDates(value))
  },
  decode: (text) => JSON.parse(text, untagDate) as unknown,
}

/**
 * JSON text that is the same for equal values, whatever the order of their keys; `undefined`
 * properties are left out, and a `Date` is not the string that it prints.
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, function (this: Record<string, unknown>, key, inner: unknown) {
    // No text that is stored holds NUL.
    if (typeof inner === 'string') return this[key] instanceof Date ? `\0${inner}` : inner
    if (!isObject(inner)) return inner
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}

/** Refuses what JSON cannot keep. What is an instance of a class is for `checkInstance` to judge. */
function checkJson(value: unknown, path: Path, checkInstance: Check): void {
  if (typeof value === 'string') return wellFormed(value, path)
  if (value === null || typeof value === 'boolean' || Number.isFinite(value)) return
  if (typeof value !== 'object') refuse(path, 'JSON', value)
  if (path.length > MAX_DEPTH) refuse(path, `at most ${MAX_DEPTH} levels`, value)
  const isList = Array.isArray(value)
  if (!isList && !isPlainObject(value)) return checkInstance(value, path)
  const keys = Object.keys(value)
  const isOdd = isList && (keys.length !== value.length || value.includes(undefined))
  if (isOdd || Object.getOwnPropertySymbols(value).length > 0) {
    refuse(path, 'JSON without holes, undefined and symbols', value)
  }
  for (let at = 0; at < keys.length; at += 1) {
    const key = isList ? at : (keys[at] as string)
    const inner = (value as Readonly<Record<string | number, unknown>>)[key]
    if (inner === undefined) continue
    if (!isList) wellFormed(key, path)
    path.push(key)
    checkJson(inner, path, checkInstance)
    path.pop()
  }
}

function refuseInstance(value: unknown, path: Path): void {
  refuse(path, value instanceof Date ? 'JSON or codec: dateCodec' : 'JSON', value)
}

function checkDate(value: unknown, path: Path): void {
  if (!(value instanceof Date && Number.isFinite(value.getTime()))) {
    refuse(path, 'JSON or a valid Date', value)
  }
}

function tagDates(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value
  if (value instanceof Date) return { $date: value.toISOString() }
  if (Array.isArray(value)) return value.map(tagDates)
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => escapeTag([key, tagDates(inner)])),
  )
}

/** A key of the application that looks like the tag of a date gets one more `$`. */
function escapeTag([key, value]: [string, unknown]): [string, unknown] {
  return [DATE_TAG.test(key) ? `$${key}` : key, value]
}

function untagDate(_key: string, value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value
  const keys = Object.keys(value)
  if (!keys.some((key) => DATE_TAG.test(key))) return value
  if (keys.length === 1 && keys[0] === '$date') {
    return new Date((value as { $date: string }).$date)
  }
  const entries = Object.entries(value).map(([key, inner]): [string, unknown] => [
    DATE_TAG.test(key) ? key.slice(1) : key,
    inner,
  ])
  return Object.fromEntries(entries)
}
