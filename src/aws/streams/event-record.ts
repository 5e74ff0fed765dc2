import { toRecord, type AggregateEvent } from '../../dispatch/records.ts'
import type { EventRecord } from '../../dispatch/types.ts'
import type { StoredEvent } from '../../event/event.ts'

type OfAggregates = 'pk' | 'sk' | 'aggregateId' | 'aggregateType' | 'version'

/**
 * An event without an aggregate, as a stream publishes it: an `EventRecord` without what aggregates alone
 * have. Its `pk` and `sk` are its place in the table. Among the events of one `pk`, `position` tells their order.
 */
export interface KeyedEventRecord<Payload = unknown, Type extends string = string> extends Omit<
  EventRecord<Payload, Type>,
  OfAggregates
> {
  readonly pk: string
  readonly sk: string
  readonly position: number
}

/** What is published of an event: an `EventRecord` where it has an aggregate. */
export function publishedRecord(
  event: StoredEvent,
  place: { readonly pk: string; readonly sk: string },
): EventRecord | KeyedEventRecord {
  if (isOfAggregate(event)) return toRecord(event)
  const nowhere = { type: '', id: '', version: 0 }
  const {
    aggregateId: _id,
    aggregateType: _type,
    version: _version,
    ...record
  } = toRecord({ ...event, aggregate: nowhere })
  return { ...record, pk: place.pk, sk: place.sk, position: event.position }
}

function isOfAggregate(event: StoredEvent): event is AggregateEvent {
  return event.aggregate !== undefined
}

/** The source of events that name none: the first part of the aggregate's type, as `order` of `Order.Item`. */
export function sourceOf(
  { source, aggregateType = '' }: { readonly source: string; readonly aggregateType?: string },
  otherwise: string,
): string {
  const [first = ''] = aggregateType.split('.')
  return source || kebabCase(first) || otherwise
}

function kebabCase(text: string): string {
  const words = text.match(/\p{Lu}+(?!\p{Ll})|\p{Lu}?[\p{Ll}\p{Lo}\p{M}]+|\p{N}+/gu) ?? []
  return words.join('-').toLowerCase()
}
