import type { EventMetadata, StoredEvent } from '../../event/event.ts'
import type { StoredDocument } from '../../store/document.ts'
import type { JsonCodec } from '../../store/json.ts'
import type { OutboxRecord } from '../../store/outbox.ts'
import type { DocumentRow, EventRow, OutboxRow, Statements } from './statements.ts'

/** What rows are read with. */
export interface Source {
  readonly statements: Pick<Statements, 'eventAt'>
  readonly codec: JsonCodec
}

/** The event of a row. Texts that a page has left out are read now. */
export function eventOf(row: EventRow, source: Source): StoredEvent {
  const [position, id, type, data, metadata, aggregateType, aggregateId, version, timestamp] = row
  if (data === null || metadata === null) {
    return eventOf(source.statements.eventAt.get(position) as EventRow, source)
  }
  const { codec } = source
  const event = {
    id,
    type,
    data: codec.decode(data),
    metadata: (metadata === '{}' ? {} : codec.decode(metadata)) as EventMetadata,
    position,
    timestamp,
  }
  if (aggregateType === null || aggregateId === null || version === null) return event
  return { ...event, aggregate: { type: aggregateType, id: aggregateId, version } }
}

export function documentOf(row: DocumentRow, codec: JsonCodec): StoredDocument {
  const [type, id, data, cursor, revision, updatedAt] = row
  return {
    type,
    id,
    data: codec.decode(data),
    ...(cursor !== null && { cursor }),
    revision,
    updatedAt,
  }
}

export function outboxRecordOf(row: OutboxRow, codec: JsonCodec): OutboxRecord {
  const [sequence, id, type, data, orderKey, timestamp, position, eventId, eventType, metadata] =
    row
  return {
    id,
    type,
    data: codec.decode(data),
    ...(orderKey !== null && { orderKey }),
    ...(position !== null && {
      event: {
        id: eventId as string,
        type: eventType as string,
        position,
        metadata: codec.decode(metadata as string) as EventMetadata,
      },
    }),
    timestamp,
    cursor: String(sequence),
  }
}
