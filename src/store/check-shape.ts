import { checkKeys, refuse } from './check-value.ts'
import type { Commit } from './commit.ts'
import { show } from './show.ts'

/** The parts of a commit, what messages call one of them, and the keys that it may have. */
const PARTS: { readonly [part in keyof Commit]-?: readonly [string, ...string[]] } = {
  // A stored event may be given to another log: its place and time there are new ones.
  events: ['event', 'id', 'type', 'data', 'metadata', 'aggregate', 'position', 'timestamp'],
  conditions: ['condition', 'streams', 'after'],
  expect: ['expect', 'aggregate', 'version'],
  documents: ['document', 'type', 'id', 'data', 'delete', 'cursor', 'if', 'otherwise'],
  outbox: ['outbox record', 'id', 'type', 'data', 'event', 'orderKey'],
  idempotency: ['idempotency', 'key', 'fingerprint'],
}

/** Refuses a commit with unknown keys, or with something else where lists and objects belong. */
export function checkShape(commit: Commit): void {
  checkKeys(commit, Object.keys(PARTS), 'the commit')
  for (const [part, [one, ...keys]] of Object.entries(PARTS)) {
    const given: unknown = commit[part as keyof Commit]
    if (given === undefined) continue
    if (part === 'idempotency') checkKeys(given, keys, one)
    else if (!Array.isArray(given))
      refuse(`the commit's ${part} must be a list, found ${show(given)}`)
    // A list may have holes, which only an index visits.
    else for (let at = 0; at < given.length; at += 1) checkKeys(given[at], keys, `${one} ${at}`)
  }
}
