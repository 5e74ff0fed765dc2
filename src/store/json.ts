import { ArgumentError } from './errors.ts'

const MAX_DEPTH = 256
const DATE_TAG = /^\$+date$/u

/** How values become JSON text and come back. */
export interface JsonCodec {
  /** JSON text that reads back equal. Throws `INVALID_ARGUMENT`, naming `what` and the path, where there is none. */
  readonly encode: (value: unknown, what: string) => string
  readonly decode: (text: string) => unknown
}

/** Plain JSON: a `Date` is refused, because it would come back as a string. */
export const jsonCodec: JsonCodec = {
  encode: (value, what) => {
    assertJson(value, what, '', 0, false)
    return JSON.stringify(value)
  },
  decode: (text) => JSON.parse(text) as unknown,
}

/** JSON in which dates come back as dates, kept as `{ "$date": … }`. */
export const dateCodec: JsonCodec = {
  encode: (value, what) => {
    assertJson(value, what, '', 0, true)
    return JSON.stringify(tagDates(value))
  },
  decode: (text) => JSON.parse(text, untagDate) as unknown,
}

/**
 * JSON text that is the same for equal values: keys in code unit order, `undefined` properties left out.
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (inner === null || typeof inner !== 'object' || Array.isArray(inner)) return inner
    const sorted: [string, unknown][] = Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))
    return Object.fromEntries(sorted)
  })
}

/** Throws where a string holds NUL or a lone surrogate, which not every database can keep. */
export function assertText(text: string, what: string): void {
  if (text.includes('\0')) throw new ArgumentError(`${what} holds a NUL character: leave it out`)
  if (!isWellFormed(text)) {
    throw new ArgumentError(`${what} holds half of a surrogate pair: cut texts between characters`)
  }
}

function isWellFormed(text: string): boolean {
  return !/[\ud800-\udfff]/u.test(text)
}

function assertJson(
  value: unknown,
  what: string,
  path: string,
  depth: number,
  dates: boolean,
): void {
  switch (typeof value) {
    case 'string':
      return assertText(value, at(what, path))
    case 'boolean':
      return
    case 'number':
      if (Number.isFinite(value)) return
      throw refused(what, path, String(value), 'store null or leave the key out')
    case 'object':
      if (value === null) return
      return assertObject(value, what, path, depth, dates)
    default:
      throw refused(what, path, `a value of type ${typeof value}`, 'convert it first')
  }
}

function assertObject(
  value: object,
  what: string,
  path: string,
  depth: number,
  dates: boolean,
): void {
  if (depth > MAX_DEPTH) {
    throw refused(
      what,
      path.slice(0, 80),
      `something nested deeper than ${MAX_DEPTH} levels`,
      'is it a cycle?',
    )
  }
  if (Object.getOwnPropertySymbols(value).length > 0) {
    throw refused(what, path, 'something with a symbol as key', 'name it with a text')
  }
  if (Array.isArray(value)) {
    if (Object.keys(value).length !== value.length) {
      throw refused(what, path, 'a list with holes or with keys', 'make it a plain list')
    }
    for (let index = 0; index < value.length; index += 1) {
      assertJson(value[index], what, `${path}[${index}]`, depth + 1, dates)
    }
    return
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) {
    if (value instanceof Date) return assertDate(value, what, path, dates)
    const name = (value as { constructor?: { name?: string } }).constructor?.name ?? 'a class'
    throw refused(what, path, `an instance of ${name}`, 'convert it to plain data')
  }
  for (const key of Object.keys(value)) {
    const inner = (value as Record<string, unknown>)[key]
    if (inner === undefined) continue
    const innerPath = path === '' ? key : `${path}.${key}`
    assertText(key, at(what, innerPath))
    assertJson(inner, what, innerPath, depth + 1, dates)
  }
}

function assertDate(value: Date, what: string, path: string, dates: boolean): void {
  if (!dates) {
    throw refused(
      what,
      path,
      'a Date',
      'store value.toISOString(), or open the store with dates: true',
    )
  }
  if (Number.isNaN(value.getTime())) throw refused(what, path, 'an invalid Date', 'check it first')
}

function refused(what: string, path: string, found: string, advice: string): ArgumentError {
  return new ArgumentError(`${at(what, path)} is ${found}, which JSON cannot keep: ${advice}`)
}

function at(what: string, path: string): string {
  return path === '' ? what : `${what} at "${path}"`
}

function tagDates(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value
  if (value instanceof Date) return { $date: value.toISOString() }
  if (Array.isArray(value)) return value.map(tagDates)
  const entries = Object.entries(value).map(([key, inner]): [string, unknown] => [
    DATE_TAG.test(key) ? `$${key}` : key,
    tagDates(inner),
  ])
  return Object.fromEntries(entries)
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
