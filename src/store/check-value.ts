import { ArgumentError, LimitError } from './errors.ts'
import { cut, show } from './show.ts'

/** Where a value is, such as `['commit', 'events', 0, 'type']`. One list for a whole walk. */
export type Path = (string | number)[]

/** Refuses a value that is not what belongs in its place. */
export type Check = (value: unknown, path: Path) => void

const NAME_BYTES = 255
const STRING = 'string without NUL and lone surrogates'

/** Throws `INVALID_ARGUMENT`: what is expected in this place, and what is there. */
export function refuse(path: Path, expected: string, found: unknown): never {
  throw new ArgumentError(`${cut(path.join('.'))}: expected ${expected}, found ${show(found)}`)
}

/** Checks what is one step further in. */
export function checkAt(step: string | number, check: Check, value: unknown, path: Path): void {
  path.push(step)
  check(value, path)
  path.pop()
}

/** What passes the test. */
export function is(expected: string, test: (value: unknown) => boolean): Check {
  return (value, path) => {
    if (!test(value)) refuse(path, expected, value)
  }
}

export function oneOf(...values: readonly unknown[]): Check {
  return is(`one of ${values.join(', ')}`, (value) => values.includes(value))
}

export function optional(check: Check): Check {
  return (value, path) => {
    if (value !== undefined) check(value, path)
  }
}

/** A list of such items, and of so many at least. */
export function list(
  item: Check,
  least: 0 | 1 = 0,
  expected = `a ${least ? 'non-empty ' : ''}list`,
): Check {
  return (value, path) => {
    if (!Array.isArray(value) || value.length < least) refuse(path, expected, value)
    // A list may have holes, which only an index visits.
    for (let at = 0; at < value.length; at += 1) checkAt(at, item, value[at], path)
  }
}

type Checks = Readonly<Record<string, Check>>

/** An object of these keys and no others, of which those in `more` may be absent. */
export function object(needed: Checks, more: Checks = {}): Check {
  const keys = { ...needed, ...more }
  const known = `only the keys ${Object.keys(keys).join(', ')}`
  const checks = Object.entries(keys)
  return (value, path) => {
    anyObject(value, path)
    for (const key in value as object) if (!Object.hasOwn(keys, key)) refuse(path, known, key)
    for (const [key, check] of checks) {
      const part = (value as Record<string, unknown>)[key]
      if (part !== undefined || !(key in more)) checkAt(key, check, part, path)
    }
  }
}

export const anything: Check = () => {}

export const anyObject: Check = is('an object', isObject)

/** A whole number from 0. */
export const whole: Check = is(
  'a whole number from 0',
  (value) => Number.isSafeInteger(value) && (value as number) >= 0,
)

/** What every database can keep: no NUL and no half of a surrogate pair. */
export const wellFormed: Check = is(`a ${STRING}`, isText)

export const filled: Check = is(`a non-empty ${STRING}`, (value) => value !== '' && isText(value))

/** A type, an id, a key: a text of 1 to 255 bytes. */
export const name: Check = (value, path) => {
  filled(value, path)
  checkBytes(value as string, path, NAME_BYTES)
}

/** What filters compare with. */
export const scalar: Check = is(
  `a ${STRING}, a finite number or a boolean`,
  (value) => typeof value === 'boolean' || isOrdered(value),
)

/** What `gt`, `gte`, `lt` and `lte` compare with. */
export const ordered: Check = is(`a ${STRING} or a finite number`, isOrdered)

/** Refuses a text of more UTF-8 bytes than the limit. */
export function checkBytes(value: string, path: Path, limit: number): void {
  if (value.length * 3 <= limit) return
  const bytes = new TextEncoder().encode(value).length
  if (bytes > limit) throw new LimitError(path.join('.'), bytes, limit, 'bytes')
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && !value.includes('\0') && value.isWellFormed()
}

function isOrdered(value: unknown): boolean {
  return typeof value === 'string' ? isText(value) : Number.isFinite(value)
}
