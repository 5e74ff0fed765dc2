import { ArgumentError, LimitError } from './errors.ts'
import { assertText } from './json.ts'
import { show } from './show.ts'

const NAME_BYTES = 255
const encoder = new TextEncoder()

/** A type, an id, a key: a text of 1 to 255 bytes. */
export function checkName(name: unknown, what: string): string {
  checkFilled(name, what)
  if (name.length * 3 > NAME_BYTES) {
    checkBytes(name, `${what} is too long`, NAME_BYTES, 'Give it a shorter name.')
  }
  return name
}

/** Refuses what is not a text, or has nothing in it. */
export function checkFilled(text: unknown, what: string): asserts text is string {
  if (typeof text !== 'string' || text === '') {
    throw new ArgumentError(`${what} must be a string that is not empty, found ${show(text)}`)
  }
  assertText(text, what)
}

/** Refuses a text of more UTF-8 bytes than the limit. */
export function checkBytes(
  text: string,
  what: string,
  limit: number,
  advice = 'Keep large content elsewhere and store its address.',
): void {
  if (text.length * 3 <= limit) return
  const bytes = encoder.encode(text).length
  if (bytes > limit) throw new LimitError(what, bytes, limit, 'bytes', advice)
}
