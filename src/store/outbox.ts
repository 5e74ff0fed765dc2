import type { EventMetadata } from '../event/event.ts'

/** A message to the outside, written in the same commit as the events and sent afterwards. */
export interface NewOutboxRecord {
  /** Unique in its commit; records of one id are removed together. Default is a ULID. */
  readonly id?: string | undefined
  readonly type: string
  readonly data: unknown
  /** The index in the commit's `events` of the event that caused it. Default is the first event, if there is one. */
  readonly event?: number | undefined
  /** Records with one order key are sent one after the other. Default is the event's aggregate, else its first key. */
  readonly orderKey?: string | undefined
}

/** A message that waits in the outbox. */
export interface OutboxRecord {
  readonly id: string
  readonly type: string
  readonly data: unknown
  readonly orderKey?: string
  /** The event that caused it. */
  readonly event?: {
    readonly id: string
    readonly type: string
    readonly position: number
    readonly metadata: EventMetadata
  }
  /** The store's clock at the commit (ISO 8601, UTC). */
  readonly timestamp: string
  /** The record's place in the outbox, to read on from. */
  readonly cursor: string
}

/** The messages that wait. */
export interface Outbox {
  /** The oldest records in commit order. Default `limit` is 100. */
  readonly read: (options?: {
    readonly after?: string | undefined
    readonly limit?: number | undefined
  }) => Promise<readonly OutboxRecord[]>
  /** Takes records out, after they were sent. Unknown ids are ignored. */
  readonly remove: (ids: readonly string[]) => Promise<void>
}
