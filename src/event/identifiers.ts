import { isPlainObject } from './plain.ts'

/**
 * Which top-level keys of `data` name a model. A leading `*` stands for at least one character:
 * `'*Id'` is every key that ends in `Id`; anything else is one exact key.
 */
export type Identifiers = readonly string[]

/** Every key that ends in `Id` or `_id`. */
export const DEFAULT_IDENTIFIERS: Identifiers = ['*Id', '*_id']

/** A function that tells whether a key of `data` is an identifier. */
export function identifierTest(identifiers: Identifiers): (key: string) => boolean {
  const tests = identifiers.map((name) => {
    const suffix = name.slice(1)
    return (key: string) =>
      name.startsWith('*') ? key.length > suffix.length && key.endsWith(suffix) : key === name
  })
  return (key) => tests.some((test) => test(key))
}

/**
 * The key of an identifier and its value, with the value's type: `cartId=s:cart_123`, `seat_id=n:7`,
 * `tag_id=a:["x","y"]`. No other identifier or value has the same key.
 */
export function keyOf(identifier: string, value: string | number | readonly unknown[]): string {
  // Up to the first `=` it is the identifier: one that holds such a sign itself is escaped.
  const name = /[=%]/u.test(identifier) ? encodeURIComponent(identifier) : identifier
  if (typeof value === 'string') return `${name}=s:${value}`
  if (typeof value === 'number') return `${name}=n:${value + 0}`
  return `${name}=a:${JSON.stringify(value)}`
}

/**
 * The keys under which an event is filed, in the order of its data: its identifiers that are strings,
 * numbers, or lists of strings, numbers and booleans.
 */
export function keysOf(data: unknown, isIdentifier: (key: string) => boolean): string[] {
  const keys: string[] = []
  if (!isPlainObject(data)) return keys
  for (const name of Object.keys(data)) {
    if (!isIdentifier(name)) continue
    const value = data[name]
    if (Array.isArray(value) ? value.every(isScalar) : isId(value)) {
      keys.push(keyOf(name, value as string | number | readonly unknown[]))
    }
  }
  return keys
}

function isId(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number'
}

function isScalar(value: unknown): boolean {
  return isId(value) || typeof value === 'boolean'
}
