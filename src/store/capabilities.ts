/** What a store can do beyond the laws that all stores keep. Data, never sniffed. */
export interface Capabilities {
  /** All events have one order, positions are dense from 1, and cursors compare. */
  readonly totalOrder: boolean
  /** A read sees one state of the log, and events, documents and outbox records of a commit appear together. */
  readonly atomicReads: boolean
  /** Conditions take any boundary, also `'all'`, types alone and filters without an identifier. */
  readonly anyBoundary: boolean
  /** `within` runs everything on the caller's transaction. */
  readonly transactions: boolean
  /** `watch` tells of commits. */
  readonly watch: boolean
  readonly limits: Limits
}

/** Sizes that a store takes at most; what is larger is refused with `LIMIT` and nothing is written. */
export interface Limits {
  /** UTF-8 bytes of one event's data as JSON. */
  readonly eventBytes: number
  /** Events in one commit. */
  readonly commitEvents: number
}
