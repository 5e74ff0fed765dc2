import { isEventfoldError, type ErrorCode, type ErrorOfCode } from '../store/errors.ts'

/** A law is broken. */
class BrokenLaw extends Error {
  override readonly name = 'BrokenLaw'
}

/** Throws where the two are not equal in structure. */
export function equal<Value>(actual: Value, expected: NoInfer<Value>, what = 'found'): void {
  if (!sameStructure(actual, expected)) {
    throw new BrokenLaw(`${what}: ${show(actual)}\nexpected: ${show(expected)}`)
  }
}

/** Throws where the condition does not hold. */
export function ok(condition: boolean, what: string): asserts condition {
  if (!condition) throw new BrokenLaw(what)
}

/** Resolves to the error, throws where there is none or its code is another. */
export async function rejects<Code extends ErrorCode>(
  call: Promise<unknown>,
  code: Code,
  what = 'the call',
): Promise<ErrorOfCode<Code>> {
  let answer: unknown
  try {
    answer = await call
  } catch (error) {
    if (isEventfoldError(error, code)) return error
    throw new BrokenLaw(`${what} failed with ${String(error)}\nexpected: ${code}`, { cause: error })
  }
  throw new BrokenLaw(`${what} answered ${show(answer)}\nexpected: ${code}`)
}

/** A property that is `undefined` counts as absent, as in JSON. */
export function sameStructure(left: unknown, right: unknown): boolean {
  if (left === right || (Number.isNaN(left) && Number.isNaN(right))) return true
  if (!isObject(left) || !isObject(right)) return false
  if (left instanceof Set || left instanceof Map) throw new TypeError('only JSON is compared')
  if (left instanceof Date || right instanceof Date) {
    return left instanceof Date && right instanceof Date && left.getTime() === right.getTime()
  }
  if (Array.isArray(left) !== Array.isArray(right)) return false
  const keys = definedKeys(left)
  return (
    keys.length === definedKeys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && sameStructure(left[key], right[key]))
  )
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object'
}

function definedKeys(value: Record<string, unknown>): string[] {
  return Object.keys(value).filter((key) => value[key] !== undefined)
}

function show(value: unknown): string {
  try {
    const text = JSON.stringify(value) ?? String(value)
    return text.length > 2000 ? `${text.slice(0, 2000)}…` : text
  } catch {
    return String(value)
  }
}
