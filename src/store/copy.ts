import type { NewEvent } from '../event/event.ts'
import { isPlainObject } from '../event/plain.ts'
import { isObject } from './check-value.ts'

/**
 * The value as JSON will give it back, in objects of its own: without properties that are `undefined`,
 * and with its keys in one order, because databases do not all keep that of the application. What JSON
 * cannot keep stays as it is, for the store to refuse.
 */
export function copyOf<Value>(value: Value): Value {
  return copyWithin(value, []) as Value
}

function copyWithin(value: unknown, around: unknown[]): unknown {
  if (value === null || typeof value !== 'object') return value === 0 ? 0 : value
  if (value instanceof Date) return new Date(value)
  if (!isJsonLike(value) || around.includes(value)) return value
  around.push(value)
  const copied = Array.isArray(value)
    ? value.map((item) => copyWithin(item, around))
    : copyOfObject(value, around)
  around.pop()
  return copied
}

/** A list or an object of which a copy loses nothing. */
function isJsonLike(value: object): value is unknown[] | Record<string, unknown> {
  if (Object.getOwnPropertySymbols(value).length > 0) return false
  return Array.isArray(value) ? Object.keys(value).length === value.length : isPlainObject(value)
}

function copyOfObject(value: Record<string, unknown>, around: unknown[]): Record<string, unknown> {
  const copied: Record<string, unknown> = {}
  for (const key of Object.keys(value).sort()) {
    const inner = value[key]
    if (inner === undefined) continue
    const own = copyWithin(inner, around)
    // By assignment it would be the prototype.
    if (key === '__proto__') Object.defineProperty(copied, key, { ...PLAIN, value: own })
    else copied[key] = own
  }
  return copied
}

const PLAIN = { enumerable: true, configurable: true, writable: true }

/** The event with data of its own: whoever made it may change it before it is stored. */
export function ownEvent(event: NewEvent): NewEvent {
  if (!isObject(event)) return event
  return { ...event, data: copyOf(event.data), metadata: copyOf(event.metadata) }
}

/** Makes the value and all that is in it immutable. */
export function frozen<Value>(value: Value): Value {
  if (value === null || typeof value !== 'object' || Object.isFrozen(value)) return value
  for (const inner of Object.values(value)) frozen(inner)
  return Object.freeze(value)
}
