import { ArgumentError } from './errors.ts'

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
    assertJson(value, { what, dates: false, path: [] })
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
    assertJson(value, { what, dates: true, path: [] })
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
    if (inner === null || typeof inner !== 'object') {
      const raw = this[key]
      return inner !== null && raw instanceof Date ? tagDates(raw) : inner
    }
    if (Array.isArray(inner)) return inner
    const sorted = Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))
    return Object.fromEntries(sorted.map(escapeTag))
  })
}

/** Throws where a string holds NUL or a lone surrogate, which not every database can keep. */
export function assertText(text: string, what: string): void {
  if (text.includes('\0')) throw new ArgumentError(`${what} holds a NUL character: leave it out`)
  if (!text.isWellFormed()) {
    throw new ArgumentError(`${what} holds half of a surrogate pair: cut texts between characters`)
  }
}

/** Where the walk through a value is: the path is only spelt out where something is refused. */
interface Walk {
  readonly what: string
  readonly dates: boolean
  readonly path: (string | number)[]
}

function assertJson(value: unknown, walk: Walk): void {
  switch (typeof value) {
    case 'string':
      if (!isText(value)) assertText(value, at(walk))
      return
    case 'boolean':
      return
    case 'number':
      if (Number.isFinite(value)) return
      throw refused(walk, String(value), 'store null or leave the key out')
    case 'object':
      if (value !== null) assertObject(value, walk)
      return
    case 'undefined':
      throw refused(walk, 'undefined', 'store null or leave it out')
    default:
      throw refused(walk, `a ${typeof value}`, 'convert it first')
  }
}

function assertObject(value: object, walk: Walk): void {
  if (walk.path.length >= MAX_DEPTH) {
    throw refused(walk, `nested deeper than ${MAX_DEPTH} levels`, 'is it a cycle?')
  }
  const isList = Array.isArray(value)
  if (!isList && !isPlain(value)) return assertDate(value, walk)
  if (Object.getOwnPropertySymbols(value).length > 0) {
    throw refused(walk, 'something with a symbol as key', 'name it with a text')
  }
  if (isList) assertList(value, walk)
  else assertEntries(value as Record<string, unknown>, walk)
}

function assertList(list: readonly unknown[], walk: Walk): void {
  if (Object.keys(list).length !== list.length) {
    throw refused(walk, 'a list with holes or with keys', 'make it a plain list')
  }
  for (let index = 0; index < list.length; index += 1) assertInner(list[index], index, walk)
}

function assertEntries(object: Readonly<Record<string, unknown>>, walk: Walk): void {
  for (const key of Object.keys(object)) {
    const inner = object[key]
    if (inner === undefined) continue
    if (!isText(key)) assertText(key, `the key ${JSON.stringify(key)} of ${at(walk)}`)
    assertInner(inner, key, walk)
  }
}

function assertInner(inner: unknown, key: string | number, walk: Walk): void {
  walk.path.push(key)
  assertJson(inner, walk)
  walk.path.pop()
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function isText(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed()
}

function assertDate(value: object, walk: Walk): void {
  if (!(value instanceof Date)) {
    const name = value.constructor?.name || 'a class'
    throw refused(walk, `an instance of ${name}`, 'convert it to plain data')
  }
  if (!walk.dates) {
    const advice = 'store its toISOString(), or open the store with codec: dateCodec'
    throw refused(walk, 'a Date', advice)
  }
  if (Number.isNaN(value.getTime())) throw refused(walk, 'an invalid Date', 'check it first')
}

function refused(walk: Walk, found: string, advice: string): ArgumentError {
  return new ArgumentError(`${at(walk)} is ${found}, which JSON cannot keep: ${advice}`)
}

/** `data at items[0].price`; a key that is no plain name is quoted, a long path is cut. */
function at({ what, path }: Walk): string {
  if (path.length === 0) return what
  const steps = path.slice(0, 16).map((step) => {
    if (typeof step === 'number') return `[${step}]`
    return /^[\w$-]+$/u.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`
  })
  const text = steps.join('').replace(/^\./u, '')
  return `${what} at ${text}${path.length > steps.length ? '…' : ''}`
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
