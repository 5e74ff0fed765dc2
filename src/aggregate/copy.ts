import { isPlainObject } from '../event/plain.ts'

/**
 * The value as JSON will give it back, in objects of its own: without properties that are `undefined`.
 * What JSON cannot keep stays as it is, for the store to refuse.
 */
export function copyOf<Value>(value: Value): Value {
  if (Array.isArray(value)) return value.map(copyOf) as Value
  if (value instanceof Date) return new Date(value) as Value
  if (!isPlainObject(value)) return (value === 0 ? 0 : value) as Value
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined)
  // Not by assignment, to which `__proto__` would be something else.
  return Object.fromEntries(entries.map(([key, inner]) => [key, copyOf(inner)])) as Value
}

/** Makes the value and all that is in it immutable. */
export function frozen<Value>(value: Value): Value {
  if (value === null || typeof value !== 'object' || Object.isFrozen(value)) return value
  for (const inner of Object.values(value)) frozen(inner)
  return Object.freeze(value)
}
