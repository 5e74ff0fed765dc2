import type { PreparedOutboxRecord } from '../../store/check-commit.ts'
import type { At } from './clock.ts'
import type { OutboxItem } from './items.ts'
import { OUTBOX } from './keys.ts'
import type { Placed } from './place.ts'

/** A record of the outbox, in the place of its commit. */
export function outboxItem(
  { id, type, json, orderKey }: PreparedOutboxRecord,
  cause: Placed | undefined,
  place: { readonly start: At; readonly index: number; readonly timestamp: string },
  seconds: number | undefined,
): OutboxItem {
  const { start, index, timestamp } = place
  return {
    pk: OUTBOX,
    sk: `${start}#${String(index).padStart(3, '0')}`,
    itemType: 'outbox',
    id,
    type,
    data: json,
    ...(orderKey !== undefined && { orderKey }),
    timestamp,
    ...(cause && {
      eventId: cause.stored.id,
      eventType: cause.stored.type,
      eventAt: cause.at,
      eventMetadata: cause.draft.event.metadataJson,
    }),
    ...(seconds !== undefined && { expires: expiresIn(seconds) }),
  }
}

/** The time from which an item may be forgotten. */
export function expiresIn(seconds: number): number {
  return Math.ceil(Date.now() / 1000 + seconds)
}
