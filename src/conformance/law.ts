import type { Capabilities } from '../store/capabilities.ts'
import type { JsonCodec } from '../store/json.ts'
import type { EventStore } from '../store/store.ts'

/** What a store has or has not, see `Capabilities`. */
export type Capability = Exclude<keyof Capabilities, 'limits'>

/** How a log is opened for a law. */
export interface LogOptions {
  /** How data becomes text: handed to the store as it is. Default is plain JSON. */
  readonly codec?: JsonCodec
}

/** A log that a law may fill. It is used by one law alone. */
export interface OpenLog {
  readonly store: EventStore
  /**
   * Opens the same log once more, as another process would: with a connection and caches of its own.
   * Default is the same store again, for a store that nothing else can open.
   */
  readonly reopen?: () => Promise<EventStore> | EventStore
  /**
   * Runs `work` on a transaction of the caller, as `within` takes it: commits when `work` resolves,
   * rolls back when it throws. Needed where the store can do transactions.
   */
  readonly transaction?: (work: (transaction: unknown) => Promise<void>) => Promise<void>
  /** Takes away what is left when all stores of the log are closed. */
  readonly remove?: () => Promise<void> | void
}

/** What a law is given: `reopen` is always there, and everything opened is closed afterwards. */
export type Open = (
  options?: LogOptions,
) => Promise<OpenLog & { readonly reopen: () => Promise<EventStore> }>

/** How hard the laws race. */
export interface RaceSize {
  /** Writers at once. Default is 8. */
  readonly writers: number
  /** How often a race is repeated, and how much each writer does. Default is 12. */
  readonly rounds: number
}

/** One promise of the contract: the sentence is the title of its test. */
export interface Law {
  readonly law: string
  /** Where the store has not got this, the law is shown as skipped. */
  readonly needs?: Capability
  /** Resolves where the store keeps the law, rejects with what it did instead. */
  readonly prove: (open: Open, size: RaceSize) => Promise<void>
}
