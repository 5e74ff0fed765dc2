import type { AggregateRef } from '../event/event.ts'
import { isObject } from '../store/check-value.ts'

/** The state of an aggregate, and the version of its newest event. */
export interface Snapshot<State> {
  readonly ref: AggregateRef
  readonly state: State
  readonly sequence: number
}

/** What is kept of an aggregate beside its events: made in the commit of each append, never the truth. */
export interface StoredSnapshot<State> {
  readonly state: State
  readonly sequence: number
  /** The newest event that it has seen. */
  readonly eventId: string
  /** The version of the rules that made it. */
  readonly rules: number | string
  /** The key under which each index has the aggregate. */
  readonly keys: Readonly<Record<string, string>>
}

/** Whether a document is what an append has written: of anything else nothing is believed. */
export function isStoredSnapshot<State>(data: unknown): data is StoredSnapshot<State> {
  if (!isObject(data) || !isObject(data['keys']) || data['state'] === undefined) return false
  const { sequence, eventId, keys } = data
  return (
    Number.isSafeInteger(sequence) &&
    (sequence as number) > 0 &&
    typeof eventId === 'string' &&
    Object.values(keys).every((key) => typeof key === 'string')
  )
}
