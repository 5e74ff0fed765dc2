import { is, object, oneOf, type Path } from '../../store/check-value.ts'

/** What the way to a handler says of an event. It is never stored. */
export interface EventMeta {
  /** Sent again on purpose, to build something anew. Whoever sends it sets it in the body. */
  readonly replay?: boolean
  /** Older than its policy wants, and handled all the same: `'process-degraded'`. */
  readonly isStale?: boolean
  /** Beside `isStale`: how old, in milliseconds. */
  readonly ageMs?: number
}

/** What becomes of events that come late. */
export interface StalenessPolicy {
  /** An event older than this is stale. `Infinity` means that none is. */
  readonly maxAgeMs: number
  /**
   * `'skip'` takes a stale event off the queue unhandled, `'process-degraded'` hands it over with
   * `meta.isStale` and `meta.ageMs`, `'process-normally'` as if it were fresh.
   */
  readonly onStale: 'skip' | 'process-degraded' | 'process-normally'
}

/** No event is stale. */
export const DEFAULT_POLICY: StalenessPolicy = { maxAgeMs: Infinity, onStale: 'process-normally' }

interface Dated {
  readonly occurredAt?: string | undefined
}

/**
 * How long ago an event occurred, in milliseconds: `0` where it does not say so in a way that can be read,
 * and for one of the future.
 */
export function eventAgeMs({ occurredAt }: Dated, now: number = Date.now()): number {
  const age = now - Date.parse(String(occurredAt))
  return age > 0 ? age : 0
}

/** Whether an event is older than its policy wants. */
export function isStale(event: Dated, { maxAgeMs }: StalenessPolicy, now?: number): boolean {
  return eventAgeMs(event, now) > maxAgeMs
}

/** Refuses a policy that cannot be meant. */
export const checkPolicy: (policy: unknown, path: Path) => void = object({
  maxAgeMs: is(
    'a number of milliseconds from 0, or Infinity',
    (value) => typeof value === 'number' && value >= 0,
  ),
  onStale: oneOf('skip', 'process-degraded', 'process-normally'),
})
