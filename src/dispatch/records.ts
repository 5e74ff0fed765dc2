import type { StoredEvent } from '../event/event.ts'
import { aggregatePk, eventSk } from './keys.ts'
import type { AggregateHead, AppendEventResult, EventRecord } from './types.ts'

/** A stored event of an aggregate: dispatch knows no others. */
export type AggregateEvent = StoredEvent & {
  readonly aggregate: NonNullable<StoredEvent['aggregate']>
}

export function toResult({ aggregate }: AggregateEvent): AppendEventResult {
  const { type, id, version } = aggregate
  return { pk: aggregatePk(type, id), sk: eventSk(version), version }
}

export function toRecord(event: AggregateEvent): EventRecord {
  const { aggregate, metadata } = event
  const { tenantId, correlationId, causationId, actorId } = metadata
  const record = {
    ...toResult(event),
    itemType: 'event',
    source: metadata.source ?? '',
    aggregateId: aggregate.id,
    aggregateType: aggregate.type,
    version: aggregate.version,
    eventId: event.id,
    eventType: event.type,
    schemaVersion: metadata.schemaVersion ?? 1,
    occurredAt: (metadata['occurredAt'] as string | undefined) ?? event.timestamp,
    ...(tenantId !== undefined && { tenantId }),
    ...(correlationId !== undefined && { correlationId }),
    ...(causationId !== undefined && { causationId }),
    ...(actorId !== undefined && { actorId }),
    payload: event.data,
  }
  return record as unknown as EventRecord
}

export function toHead({ aggregate, id, metadata, timestamp }: AggregateEvent): AggregateHead {
  const head = {
    pk: aggregatePk(aggregate.type, aggregate.id),
    sk: 'HEAD',
    itemType: 'head',
    aggregateId: aggregate.id,
    aggregateType: aggregate.type,
    currentVersion: aggregate.version,
    lastEventId: id,
    lastIdemKey: metadata['idempotencyKey'] ?? id,
    updatedAt: timestamp,
  }
  return head as AggregateHead
}
