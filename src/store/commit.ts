import type { AggregateRef, NewEvent, StoredEvent } from '../event/event.ts'
import type { DocumentResult, DocumentWrite } from './document.ts'
import type { NewOutboxRecord } from './outbox.ts'
import type { After, Cursor, Streams } from './stream.ts'

/**
 * "Nothing in these streams has happened since I read": the consistency boundary of a commit.
 *
 * Here an entry that could never match (`types: []`, `in: []`) is an error, because it would guard
 * nothing.
 */
export interface Condition {
  readonly streams: Streams
  /** What was read. Default is the empty log: no event may match at all. */
  readonly after?: After | undefined
}

/** An aggregate and the version that it must have; `0` means that it must not exist. */
export interface Expectation {
  readonly aggregate: AggregateRef
  readonly version: number
}

/** Makes a commit safe to send twice: the second time it answers as the first. */
export interface Idempotency {
  readonly key: string
  /** What the key stands for. Default is made of the events' types, data and aggregates. */
  readonly fingerprint?: string | undefined
}

/** The one write: everything in it becomes visible together, or nothing is stored. */
export interface Commit {
  readonly events?: readonly NewEvent[] | undefined
  readonly conditions?: readonly Condition[] | undefined
  readonly expect?: readonly Expectation[] | undefined
  readonly documents?: readonly DocumentWrite[] | undefined
  readonly outbox?: readonly NewOutboxRecord[] | undefined
  readonly idempotency?: Idempotency | undefined
}

/** What a commit stored. */
export interface Committed {
  readonly events: readonly StoredEvent[]
  readonly documents: readonly DocumentResult[]
  /** Whether this is the answer of an earlier commit with the same key or event ids. */
  readonly replayed: boolean
  /** Only where the commit had conditions, and valid for exactly their streams. */
  readonly cursor?: Cursor
}
