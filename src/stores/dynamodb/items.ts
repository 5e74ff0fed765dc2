import type { AggregateRef, EventMetadata, StoredEvent } from '../../event/event.ts'
import type { PreparedEvent } from '../../store/check-commit.ts'
import type { StoredDocument } from '../../store/document.ts'
import type { JsonCodec } from '../../store/json.ts'
import type { OutboxRecord } from '../../store/outbox.ts'
import { positionOf, type At } from './clock.ts'
import type { ItemKey } from './keys.ts'

/** An item without its key. */
export type Attributes = Readonly<Record<string, unknown>>

export type Item = ItemKey & Attributes

/**
 * An event in one of its partitions. One copy of several is the event itself (`itemType: 'event'`):
 * streams publish it, and the index of types lists it, by `byType` and `at`.
 */
export interface EventItem extends ItemKey {
  readonly itemType: 'event' | 'copy'
  readonly id: string
  readonly type: string
  /** JSON. */
  readonly data: string
  /** JSON. Absent where there is none. */
  readonly metadata?: string
  readonly at: At
  readonly timestamp: string
  readonly aggregateType?: string
  readonly aggregateId?: string
  readonly version?: number
  readonly byType?: string
}

/**
 * The newest place of a partition, and of each event type in it (`#ITEM_ADDED`): what writers move on
 * and conditions look at. That of an aggregate also has its version.
 */
export interface HeadItem extends ItemKey {
  readonly itemType: 'head'
  /** Like `count`, absent as long as the partition has no event. */
  readonly at?: At
  /** How many events the partition has. */
  readonly count?: number
  /** The newest record of the outbox that has this order key and came without an event here. */
  readonly order?: At
  readonly currentVersion?: number
  readonly [type: `#${string}`]: At | undefined
}

/** Leads from an event id to its event. */
export interface IdItem extends ItemKey {
  readonly itemType: 'id'
  readonly eventPk: string
  readonly eventSk: string
}

/** What a commit with an idempotency key was answered. */
export interface AnswerItem extends ItemKey {
  readonly itemType: 'answer'
  /** SHA-256. */
  readonly fingerprint: string
  /** The keys of the events, as JSON. */
  readonly events: string
  /** The results of the documents, as JSON. */
  readonly documents: string
  readonly cursor?: string
  /** Seconds since 1970, where it may be forgotten. */
  readonly expires?: number
}

export interface DocumentItem extends ItemKey {
  readonly itemType: 'document'
  /** JSON. Absent where the document is deleted. */
  readonly data?: string
  readonly cursor?: string
  readonly revision: number
  readonly updatedAt: string
}

export interface OutboxItem extends ItemKey {
  readonly itemType: 'outbox'
  readonly id: string
  readonly type: string
  /** JSON. */
  readonly data: string
  readonly orderKey?: string
  readonly timestamp: string
  /** Of the event that caused it. */
  readonly eventId?: string
  readonly eventType?: string
  readonly eventAt?: At
  /** JSON. */
  readonly eventMetadata?: string
  readonly expires?: number
}

/**
 * The attribute of a head for an event type. Long names give way to their beginning: types that share it
 * are told apart by their events.
 */
export function typeAttribute(type: string): `#${string}` {
  return `#${Array.from(type).slice(0, 24).join('')}`
}

/** An event without its place in a partition. */
export function eventAttributes(
  event: Omit<PreparedEvent, 'data' | 'keys'>,
  place: { readonly at: At; readonly timestamp: string; readonly version: number | undefined },
): Omit<EventItem, 'pk' | 'sk' | 'itemType'> {
  const { id, type, json, metadataJson, aggregate } = event
  const { at, timestamp, version } = place
  return {
    id,
    type,
    data: json,
    ...(metadataJson !== '{}' && { metadata: metadataJson }),
    at,
    timestamp,
    ...(aggregate &&
      version !== undefined && {
        aggregateType: aggregate.type,
        aggregateId: aggregate.id,
        version,
      }),
  }
}

export function eventOf(item: EventItem, { decode }: JsonCodec): StoredEvent {
  const aggregate = aggregateOf(item)
  return {
    id: item.id,
    type: item.type,
    data: decode(item.data),
    metadata: decode(item.metadata ?? '{}') as EventMetadata,
    position: positionOf(item.at),
    timestamp: item.timestamp,
    ...(aggregate && { aggregate }),
  }
}

function aggregateOf({
  aggregateType: type,
  aggregateId: id,
  version,
}: EventItem): (AggregateRef & { readonly version: number }) | undefined {
  if (type === undefined || id === undefined || version === undefined) return undefined
  return { type, id, version }
}

/** `undefined` where it was deleted. */
export function documentOf(
  type: string,
  { sk, data, cursor, revision, updatedAt }: DocumentItem,
  { decode }: JsonCodec,
): StoredDocument | undefined {
  if (data === undefined) return undefined
  return {
    type,
    id: sk,
    data: decode(data),
    ...(cursor !== undefined && { cursor }),
    revision,
    updatedAt,
  }
}

export function outboxRecordOf(item: OutboxItem, { decode }: JsonCodec): OutboxRecord {
  const { sk, id, type, data, orderKey, timestamp, eventId, eventType, eventAt } = item
  return {
    id,
    type,
    data: decode(data),
    ...(orderKey !== undefined && { orderKey }),
    ...(eventId !== undefined &&
      eventType !== undefined &&
      eventAt !== undefined && {
        event: {
          id: eventId,
          type: eventType,
          position: positionOf(eventAt),
          metadata: decode(item.eventMetadata ?? '{}') as EventMetadata,
        },
      }),
    timestamp,
    cursor: sk,
  }
}
