import type { StoredEvent } from '../../event/event.ts'
import type { PreparedCommit } from '../../store/check-commit.ts'
import type { Committed } from '../../store/commit.ts'
import { formatCursor, type Place } from '../../store/cursor.ts'
import type { DocumentResult } from '../../store/document.ts'
import { ConcurrencyError, IdempotencyError, StoreError } from '../../store/errors.ts'
import type { Encoded } from './encode.ts'
import { shortText } from '../../sql/short-text.ts'
import { VERSION } from './version.ts'

/** What the program says of a whole batch. */
interface Answer {
  readonly version?: number
  readonly head: number
  readonly id: string | null
  /** Milliseconds since 1970. */
  readonly moment: number
  /** Where it was all as foreseen, nothing more is said. */
  readonly refused?: readonly Refusal[]
  /** By the number of the event among those that were written. */
  readonly versions?: readonly (readonly [o: number, version: number])[] | null
  readonly documents?: readonly (readonly [a: number, result: DocumentResult])[] | null
}

type Found = Pick<StoredEvent, 'id' | 'type' | 'position'>

/** Why a commit was not written: its number, what stood in the way, the index of it, the facts. */
type Refusal =
  | readonly [a: number, 'key', n: number, fingerprint: string, answer: Remembered]
  | readonly [a: number, 'id', n: number]
  | readonly [a: number, 'version', n: number, actual: number]
  | readonly [a: number, 'condition', n: number, rewound: boolean, event: Found | null]
  | readonly [
      a: number,
      'document',
      n: number,
      rewound: boolean,
      guard: number | null,
      actual: number,
      deleted: boolean,
    ]

/** What is kept under an idempotency key. */
export interface Remembered {
  readonly first: number | null
  readonly count: number
  readonly documents: readonly DocumentResult[]
  readonly cursor: string | null
}

/** What becomes of one commit of a batch. */
export type Result =
  | { readonly committed: Committed }
  | { readonly error: Error }
  /** It was written before: under its key, or with its event ids. */
  | { readonly remembered: Remembered }
  | { readonly known: true }

const ORDER: readonly string[] = ['key', 'id', 'version', 'condition', 'document']

/** Reads the answer of the program, in the order of the batch. */
export function decodeAnswer(text: string, batch: readonly Encoded[]): readonly Result[] {
  const answer = JSON.parse(text) as Answer
  if (answer.version !== VERSION) {
    throw new StoreError(
      'not-a-log',
      `Cannot commit: the log is written by routines of another version than ${VERSION}, and has written nothing or less than it was given. Run migrate of this version.`,
      { outcome: 'unknown' },
    )
  }
  const refusals = new Map<number, Refusal>()
  for (const refusal of answer.refused ?? []) {
    const other = refusals.get(refusal[0])
    if (!other || isBefore(refusal, other)) refusals.set(refusal[0], refusal)
  }
  const versions = new Map(answer.versions)
  const documents = answer.documents && Map.groupBy(answer.documents, ([a]) => a)
  const timestamp = new Date(answer.moment).toISOString()
  const isForeseen = answer.refused === undefined
  let number = 0
  const head: Place = { position: answer.head, id: answer.id ?? '' }
  let place = head
  return batch.map(({ commit, foreseen }, a): Result => {
    const refusal = refusals.get(a)
    if (refusal) return resultOf(refusal, commit)
    const events = commit.events.map(({ id, type, data, metadata, aggregate }, n): StoredEvent => {
      number += 1
      const position = answer.head + number
      place = { position, id }
      const event = { id, type, data, metadata, position, timestamp }
      const version = isForeseen ? foreseen?.versions[n] : versions.get(number)
      return aggregate && version != null
        ? { ...event, aggregate: { ...aggregate, version } }
        : event
    })
    // Where it wrote nothing, the newest event of the others is none that it checked.
    const seen = events.length > 0 ? place : head
    return {
      committed: {
        events,
        documents: isForeseen
          ? (foreseen?.documents ?? [])
          : (documents?.get(a)?.map(([, result]) => result) ?? []),
        replayed: false,
        ...(commit.conditions.length > 0 && { cursor: formatCursor(seen) }),
      },
    }
  })
}

function isBefore(left: Refusal, right: Refusal): boolean {
  return (ORDER.indexOf(left[1]) - ORDER.indexOf(right[1]) || left[2] - right[2]) < 0
}

function resultOf(refusal: Refusal, commit: PreparedCommit): Result {
  const [, kind, index] = refusal
  if (kind === 'id') return { known: true }
  if (kind === 'key') {
    const { key = '', fingerprint = '' } = commit.idempotency ?? {}
    const [, , , stored, remembered] = refusal
    return stored === shortText(fingerprint)
      ? { remembered }
      : { error: new IdempotencyError('idempotency key', key) }
  }
  return { error: conflictOf(refusal, index, commit) }
}

function conflictOf(
  refusal: Exclude<Refusal, readonly [number, 'key' | 'id', ...unknown[]]>,
  index: number,
  commit: PreparedCommit,
): ConcurrencyError {
  if (refusal[1] === 'version') {
    const { aggregate, version: expected } = at(commit.expect, index)
    return new ConcurrencyError({
      reason: 'version',
      index,
      aggregate,
      expected,
      actual: refusal[3],
    })
  }
  if (refusal[1] === 'condition') {
    const { streams, after } = at(commit.conditions, index)
    const [, , , rewound, event] = refusal
    const cursor = after === undefined ? {} : { cursor: after }
    if (rewound || event === null) return new ConcurrencyError({ reason: 'rewound', ...cursor })
    return new ConcurrencyError({ reason: 'condition', index, streams, event, ...cursor })
  }
  const { type, id, cursor, guards } = at(commit.documents, index)
  const [, , , rewound, failed, actual, deleted] = refusal
  if (rewound) return new ConcurrencyError({ reason: 'rewound', ...(cursor && { cursor }) })
  const guard = at(guards, (failed ?? 1) - 1)
  return new ConcurrencyError({
    reason: 'document',
    index,
    document: { type, id },
    guard,
    actual,
    deleted,
  })
}

function at<Item>(items: readonly Item[], index: number): Item {
  return items[index] as Item
}
