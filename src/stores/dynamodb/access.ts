import type { JsonCodec } from '../../store/json.ts'
import type { Clock } from './clock.ts'
import type { Filing } from './boundary.ts'
import type { Table } from './table.ts'

/** What everything in this room works with. */
export interface Access {
  readonly table: Table
  readonly codec: JsonCodec
  readonly filing: Filing
}

/** What writing takes beside it. */
export interface WriteAccess extends Access {
  readonly clock: Clock
  /** The versions that aggregates had last: they spare a read, and a wrong one is noticed. */
  readonly versions: Map<string, number>
  /** Seconds after which a record of the outbox, or an idempotency key, may be forgotten. */
  readonly outboxSeconds: number | undefined
  readonly idempotencySeconds: number | undefined
}
