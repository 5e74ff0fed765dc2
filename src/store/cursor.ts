import { refuse } from './check-value.ts'
import type { Cursor } from './stream.ts'

/** A place in a log with one order, and the id of the event there: the evidence. */
export interface Place {
  readonly position: number
  /** `''` on the empty log. */
  readonly id: string
}

/** The place before the first event. */
export const START: Place = { position: 0, id: '' }

/** The cursor of a store with one order: `position~id`, or `0` on the empty log. */
export function formatCursor(place: Place): Cursor {
  return place.position === 0 ? '0' : `${place.position}~${place.id}`
}

/** The place that a cursor names. Throws `INVALID_ARGUMENT` where it is no cursor of such a store. */
export function parseCursor(cursor: Cursor): Place {
  if (cursor === '0') return START
  const [, digits, id = ''] = /^([1-9]\d{0,15})~(.+)$/su.exec(cursor) ?? []
  const position = Number(digits)
  if (!Number.isSafeInteger(position)) refuse(['cursor'], 'a cursor of this store', cursor)
  return { position, id }
}

/**
 * Negative, zero or positive, as `left` is before, at or after `right`: cursors of one store with one
 * order. Throws `INVALID_ARGUMENT` where one is no cursor of such a store.
 */
export function compareCursors(left: Cursor, right: Cursor): number {
  return parseCursor(left).position - parseCursor(right).position
}
