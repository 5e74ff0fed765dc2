import type { StoredEvent } from '../../event/event.ts'
import { parseCursor } from '../../store/cursor.ts'
import type { StoredDocument } from '../../store/document.ts'
import type { EventStore } from '../../store/store.ts'
import type { After, Cursor, DataFilter, Stream } from '../../store/stream.ts'
import type { SavedProjection } from './client.ts'
import type { GenericEventBase } from './types.ts'

/** The times that an event had before it was staged, where it was given as a record. */
type Times = Partial<Pick<GenericEventBase, 'createdAt' | 'updatedAt'>>

/** An event as this door gives it. */
export function recordOf(event: StoredEvent): GenericEventBase {
  const { id, type, data, timestamp } = event
  const { createdAt = new Date(timestamp), updatedAt = createdAt } = event as Times
  return { id, type, data: data as Record<string, unknown>, createdAt, updatedAt }
}

/** A record as the session of a projection takes it. Its position is its place in the list. */
export function eventOf(record: GenericEventBase, index: number): StoredEvent {
  const { createdAt } = record
  const timestamp = createdAt.toISOString()
  return { metadata: {}, ...record, position: index + 1, timestamp }
}

/** Types and a filter as the contract has them. */
export function streamOf(types: readonly string[], filter: unknown): Stream {
  return { types, filter: filter as DataFilter | undefined }
}

/** A saved projection as this door gives it. */
export function savedOf({ type, id, data, cursor, updatedAt }: StoredDocument): SavedProjection {
  return {
    type,
    id,
    data: data as Record<string, unknown>,
    latestEventId: eventIdOf(cursor),
    updatedAt: new Date(updatedAt),
  }
}

/** An event id or a cursor as the contract has them. A cursor is told by its shape, which no ULID has. */
export function afterOf(seen: string | null | undefined): After | undefined {
  if (seen === undefined || seen === null) return undefined
  return isCursor(seen) ? seen : { eventId: seen }
}

/** The id of the event that a cursor names. */
export function eventIdOf(cursor: Cursor | undefined): string | undefined {
  return cursor === undefined ? undefined : parseCursor(cursor).id || undefined
}

/**
 * The cursor of an event, which a document is saved with. The log is dense, so that the event that comes
 * next tells where it is; where none does, it is the newest.
 */
export async function cursorOf(store: EventStore, seen: string): Promise<Cursor> {
  const after = afterOf(seen) as After
  if (typeof after === 'string') return after
  for await (const next of store.read('all', { after, limit: 1 })) return before(next, seen)
  const { events, cursor } = await store.load('all', { after })
  return events[0] === undefined ? cursor : before(events[0], seen)
}

function before({ position }: StoredEvent, eventId: string): Cursor {
  return `${position - 1}~${eventId}`
}

function isCursor(seen: string): boolean {
  return /^(0|[1-9]\d{0,15}~.+)$/su.test(seen)
}
