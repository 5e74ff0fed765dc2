import type { StoredEvent } from '../event/event.ts'
import type { Capabilities } from './capabilities.ts'
import type { Commit, Committed, Idempotency } from './commit.ts'
import type { Documents } from './document.ts'
import type { Outbox } from './outbox.ts'
import type { After, Cursor, Streams } from './stream.ts'

/** Where a read begins, how much it takes and which way it goes. */
export interface ReadOptions {
  /** Only events that this cursor has not seen. Default is from the beginning. */
  readonly after?: After | undefined
  /** How many at most. Default is all. */
  readonly limit?: number | undefined
  /** Newest first. Default is `false`. */
  readonly backwards?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

/** What a decision asks for. */
export interface LoadOptions {
  /** Only events that this cursor has not seen. Default is from the beginning. */
  readonly after?: After | undefined
  /** Versions of an aggregate, both inclusive. */
  readonly fromVersion?: number | undefined
  readonly toVersion?: number | undefined
  /** Asks in the same round trip whether a commit with this key is already answered. */
  readonly idempotency?: Idempotency | undefined
  readonly signal?: AbortSignal | undefined
}

/** Events and the cursor that has seen them, of one state of the log. */
export interface Loaded<Event extends StoredEvent = StoredEvent> {
  readonly events: readonly Event[]
  /** The newest event that this read could see, also where nothing matched. */
  readonly cursor: Cursor
  /** The answer that the idempotency key already has. */
  readonly replayed?: Committed
}

/**
 * One log and what is kept beside it. The contract of every store; `eventfold/conformance` proves it.
 *
 * Order of checks in a commit: a known idempotency key or known event ids with equal content give the
 * first result again, with other content they are refused (`IDEMPOTENCY_MISMATCH`); then versions,
 * conditions and document guards (`CONFLICT`); then the write. A refused commit records nothing.
 */
export interface EventStore {
  readonly capabilities: Capabilities
  /**
   * Writes events, documents and outbox records, all or nothing.
   *
   * Throws `CONFLICT`, `IDEMPOTENCY_MISMATCH`, `INVALID_ARGUMENT`, `LIMIT`, `UNSUPPORTED`, `ABORTED`,
   * `CLOSED` and `STORE`.
   */
  readonly commit: (
    commit: Commit,
    options?: { readonly signal?: AbortSignal | undefined },
  ) => Promise<Committed>
  /** Reads streams for a decision: all matching events, and the cursor for its condition. */
  readonly load: (streams: Streams, options?: LoadOptions) => Promise<Loaded>
  /**
   * Reads streams of any size in position order, each event once. It ends at the newest event that was
   * there when it began, whatever is appended meanwhile. What is wrong with the call is thrown on the
   * first step of the iteration.
   */
  readonly read: (streams: Streams, options?: ReadOptions) => AsyncIterable<StoredEvent>
  readonly documents: Documents
  readonly outbox: Outbox
  /** The same store, running on the caller's transaction. What the transaction is depends on the store. */
  readonly within?: (transaction: unknown) => EventStore
  /**
   * Calls the listener soon after commits, of this and other processes, perhaps once for several. It is
   * a wake-up, never the data: read after your cursor. Returns the function that ends it.
   */
  readonly watch?: (listener: () => void) => () => void
  /** Waits for what was begun, then refuses everything. */
  readonly close: () => Promise<void>
}
