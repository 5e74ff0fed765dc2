import type { EventMetadata, StoredEvent } from '../../event/event.ts'
import { formatCursor, type Place } from '../../store/cursor.ts'
import type { StoredDocument } from '../../store/document.ts'
import type { JsonCodec } from '../../store/json.ts'
import type { OutboxRecord } from '../../store/outbox.ts'
import type { Row } from './hand.ts'
import { isoSql } from './sql.ts'

/** What a statement selects of an event `e`. */
export const EVENT: string = `e.position::text as position, e.id, e.type, e.data::text as data,
  e.metadata::text as metadata, e.aggregate_type, e.aggregate_id, e.version::text as version,
  ${isoSql('e.created_at')} as created_at`

/** What a statement selects of a document `d`. */
export const DOCUMENT: string = `d.type, d.id, d.data::text as data, d.position::text as position,
  d.latest_event_id, d.revision::text as revision, ${isoSql('d.updated_at')} as updated_at`

/** The row of {@link EVENT}. */
export function eventOf(row: Row, codec: JsonCodec): StoredEvent {
  const { metadata, aggregate_type: type, aggregate_id: id, version } = row
  const event = {
    id: text(row, 'id'),
    type: text(row, 'type'),
    data: codec.decode(text(row, 'data')),
    metadata: metadataOf(metadata, codec),
    position: Number(row['position']),
    timestamp: text(row, 'created_at'),
  }
  // Only a type says that there is one: that is what the index of aggregates is over.
  if (typeof type !== 'string') return event
  return { ...event, aggregate: { type, id: id ?? '', version: Number(version) } }
}

/** The row of {@link DOCUMENT}. */
export function documentOf(row: Row, codec: JsonCodec): StoredDocument {
  const place = placeOf(row['position'], row['latest_event_id'])
  return {
    type: text(row, 'type'),
    id: text(row, 'id'),
    data: codec.decode(text(row, 'data')),
    ...(place && { cursor: formatCursor(place) }),
    revision: Number(row['revision']),
    updatedAt: text(row, 'updated_at'),
  }
}

/**
 * The row of a record: `sequence`, `id`, `type`, `data`, `order_key`, `created_at` and, of the event that
 * caused it, `event_position`, `event_id`, `event_type` and `event_metadata`.
 */
export function outboxRecordOf(row: Row, codec: JsonCodec): OutboxRecord {
  const { order_key: orderKey, event_position: position } = row
  return {
    id: text(row, 'id'),
    type: text(row, 'type'),
    data: codec.decode(text(row, 'data')),
    ...(typeof orderKey === 'string' && { orderKey }),
    ...(typeof position === 'string' && {
      event: {
        id: text(row, 'event_id'),
        type: text(row, 'event_type'),
        position: Number(position),
        metadata: metadataOf(row['event_metadata'], codec),
      },
    }),
    timestamp: text(row, 'created_at'),
    cursor: text(row, 'sequence'),
  }
}

/** A place of the log, where there is one. */
export function placeOf(
  position: string | null | undefined,
  id: string | null | undefined,
): Place | undefined {
  return typeof position === 'string' ? { position: Number(position), id: id ?? '' } : undefined
}

function metadataOf(metadata: string | null | undefined, codec: JsonCodec): EventMetadata {
  if (typeof metadata !== 'string' || metadata === '{}') return {}
  return codec.decode(metadata) as EventMetadata
}

function text(row: Row, column: string): string {
  return row[column] ?? ''
}
