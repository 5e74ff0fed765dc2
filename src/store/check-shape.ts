import type { Commit } from './commit.ts'
import { ArgumentError } from './errors.ts'
import { show } from './show.ts'

/** The parts of a commit, what messages call one of them, and the keys that it may have. */
const PARTS: Readonly<Record<string, { readonly one: string; readonly keys: readonly string[] }>> =
  {
    // A stored event may be given to another log: its place and time there are new ones.
    events: {
      one: 'event',
      keys: ['id', 'type', 'data', 'metadata', 'aggregate', 'position', 'timestamp'],
    },
    conditions: { one: 'condition', keys: ['streams', 'after'] },
    expect: { one: 'expect', keys: ['aggregate', 'version'] },
    documents: {
      one: 'document',
      keys: ['type', 'id', 'data', 'delete', 'cursor', 'if', 'otherwise'],
    },
    outbox: { one: 'outbox record', keys: ['id', 'type', 'data', 'event', 'orderKey'] },
    idempotency: { one: 'idempotency', keys: ['key', 'fingerprint'] },
  }

/** Refuses a commit with unknown keys, or with something else where lists and objects belong. */
export function checkShape(commit: Commit): void {
  if (!isObject(commit)) {
    throw new ArgumentError(`a commit is an object with events, found ${show(commit)}`)
  }
  for (const [name, given] of Object.entries(commit) as [string, unknown][]) {
    const part = Object.hasOwn(PARTS, name) ? PARTS[name] : undefined
    if (part === undefined) {
      const known = Object.keys(PARTS).join(', ')
      throw new ArgumentError(`a commit has no ${JSON.stringify(name)}: it takes ${known}`)
    }
    if (given === undefined) continue
    if (name === 'idempotency') checkKeys(given, part.keys, part.one)
    else if (!Array.isArray(given)) {
      throw new ArgumentError(`the commit's ${name} must be a list, found ${show(given)}`)
    } else {
      for (let index = 0; index < given.length; index += 1) {
        checkKeys(given[index], part.keys, `${part.one} ${index}`)
      }
    }
  }
}

function checkKeys(entry: unknown, known: readonly string[], what: string): void {
  if (!isObject(entry)) throw new ArgumentError(`${what} must be an object, found ${show(entry)}`)
  for (const key in entry) {
    if (!known.includes(key)) {
      throw new ArgumentError(
        `${what} has the unknown key ${JSON.stringify(key)}: it takes ${known.join(', ')}`,
      )
    }
  }
}

/** An object that is no list. */
export function isObject(value: unknown): value is object {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
