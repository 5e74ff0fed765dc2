import { ArgumentError, LimitError } from './errors.ts'
import { assertText } from './json.ts'
import { show } from './show.ts'

const NAME_BYTES = 255
const encoder = new TextEncoder()

/** Throws `INVALID_ARGUMENT`. */
export function refuse(message: string): never {
  throw new ArgumentError(message)
}

/** Refuses what is no object, and keys that it does not have. */
export function checkKeys(value: unknown, known: readonly string[], what: string): void {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    refuse(`${what} must be an object, found ${show(value)}`)
  }
  for (const key in value) {
    if (!known.includes(key)) {
      refuse(`${what} has the unknown key ${show(key)}: it takes ${known.join(', ')}`)
    }
  }
}

/** Refuses what is no whole number from 0. */
export function checkWhole(value: unknown, what: string): void {
  if (!(Number.isSafeInteger(value) && (value as number) >= 0)) {
    refuse(`${what} is a whole number from 0, found ${show(value)}`)
  }
}

/** A type, an id, a key: a text of 1 to 255 bytes. */
export function checkName(name: unknown, what: string): string {
  checkFilled(name, what)
  checkBytes(name, `${what} is too long`, NAME_BYTES, 'Give it a shorter name.')
  return name
}

/** Refuses what is not a text, or has nothing in it. */
export function checkFilled(text: unknown, what: string): asserts text is string {
  if (typeof text !== 'string' || text === '') {
    refuse(`${what} must be a string that is not empty, found ${show(text)}`)
  }
  assertText(text, what)
}

/** Refuses a text of more UTF-8 bytes than the limit. */
export function checkBytes(text: string, what: string, limit: number, advice: string): void {
  if (text.length * 3 <= limit) return
  const bytes = encoder.encode(text).length
  if (bytes > limit) throw new LimitError(what, bytes, limit, 'bytes', advice)
}
