import { isPlainObject } from '../event/plain.ts'

/**
 * The value as JSON will give it back, in objects of its own: without properties that are `undefined`,
 * and with its keys in one order, because databases do not all keep that of the application. What JSON
 * cannot keep stays as it is, for the store to refuse.
 */
export function copyOf<Value>(value: Value): Value {
  return copyWithin(value, []) as Value
}

function copyWithin(value: unknown, around: readonly unknown[]): unknown {
  if (value === null || typeof value !== 'object') return value === 0 ? 0 : value
  if (value instanceof Date) return new Date(value)
  const isCircular = around.includes(value)
  const inside = [...around, value]
  if (Array.isArray(value) && !isCircular) return value.map((item) => copyWithin(item, inside))
  if (!isPlainObject(value) || isCircular) return value
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined)
  // Not by assignment, to which `__proto__` would be something else.
  return Object.fromEntries(
    entries
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, copyWithin(inner, inside)]),
  )
}

/** Makes the value and all that is in it immutable. */
export function frozen<Value>(value: Value): Value {
  if (value === null || typeof value !== 'object' || Object.isFrozen(value)) return value
  for (const inner of Object.values(value)) frozen(inner)
  return Object.freeze(value)
}
