/**
 * Which top-level keys of `data` name a model. A leading `*` stands for at least one character:
 * `'*Id'` is every key that ends in `Id`; anything else is one exact key.
 */
export type Identifiers = readonly string[]

/** Every key that ends in `Id` or `_id`. */
export const DEFAULT_IDENTIFIERS: Identifiers = ['*Id', '*_id']

/** A function that tells whether a key of `data` is an identifier. Quick for keys that it was asked before. */
export function identifierTest(identifiers: Identifiers): (key: string) => boolean {
  const suffixes = identifiers.filter((name) => name.startsWith('*')).map((name) => name.slice(1))
  const exact = new Set(identifiers.filter((name) => !name.startsWith('*')))
  const known = new Map<string, boolean>()
  return (key) => {
    let answer = known.get(key)
    if (answer === undefined) {
      answer =
        exact.has(key) ||
        suffixes.some((suffix) => key.length > suffix.length && key.endsWith(suffix))
      if (known.size < 10_000) known.set(key, answer)
    }
    return answer
  }
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
  if (data === null || typeof data !== 'object' || Array.isArray(data)) return []
  const keys: string[] = []
  for (const name of Object.keys(data)) {
    if (!isIdentifier(name)) continue
    const value = (data as Record<string, unknown>)[name]
    if (typeof value === 'string' || typeof value === 'number') keys.push(keyOf(name, value))
    else if (Array.isArray(value) && value.every(isScalar)) keys.push(keyOf(name, value))
  }
  return keys
}

function isScalar(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}
