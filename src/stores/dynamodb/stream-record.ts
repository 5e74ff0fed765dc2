import type { StoredEvent } from '../../event/event.ts'
import { ValidationError } from '../../store/errors.ts'
import { jsonCodec, type JsonCodec } from '../../store/json.ts'
import { show } from '../../store/show.ts'
import type { OutboxRecord } from '../../store/outbox.ts'
import { isAt } from './clock.ts'
import { eventOf, outboxRecordOf, type EventItem, type OutboxItem } from './items.ts'
import { isAggregatePartition, OUTBOX, type ItemKey } from './keys.ts'
import type { KeyNames } from './table.ts'

/** What is used of an attribute of DynamoDB: text, and numbers as text. */
export interface StreamAttribute {
  readonly S?: string | undefined
  readonly N?: string | undefined
}

type Attributes = Readonly<Record<string, StreamAttribute>>

/** What is used of a record of DynamoDB Streams, as Lambda and the SDK give it. */
export interface StreamRecord {
  readonly eventName?: string | undefined
  readonly dynamodb?:
    | {
        readonly Keys?: Attributes | undefined
        readonly NewImage?: Attributes | undefined
        readonly SequenceNumber?: string | undefined
      }
    | undefined
}

export interface StreamReading {
  /** What the table calls the parts of its key. Default is `pk` and `sk`, or `_pk` and `_sk`, whichever it has. */
  readonly keyNames?: KeyNames | undefined
  /** That of the store. Default is plain JSON. */
  readonly codec?: JsonCodec | undefined
}

/** An event that was stored, and where. */
export interface StreamedEvent {
  readonly event: StoredEvent
  readonly key: ItemKey
}

const USUAL: readonly KeyNames[] = [
  { pk: 'pk', sk: 'sk' },
  { pk: '_pk', sk: '_sk' },
]

/**
 * The event that a record of the table's stream tells of: once for each, however many copies it has.
 * `undefined` where it tells of something else: a copy, a head, a change, an item of another application.
 *
 * Throws `INVALID_EVENT` where the place is that of an event and what is there cannot be read. The error
 * names the record, and nothing of what is in it.
 */
export function eventOfRecord(
  record: StreamRecord,
  reading: StreamReading = {},
): StreamedEvent | undefined {
  const found = itemOf(record, reading, isPlaceOfEvent)
  if (!found || found.itemType === 'copy' || found.itemType === 'id') return undefined
  const { key, text, whole, read, fail } = found
  if (found.itemType !== 'event') fail('it has no itemType of an event')
  const isOfAggregate = isAggregatePartition(key.pk)
  const item: EventItem = {
    ...key,
    itemType: 'event',
    id: text('id'),
    type: text('type'),
    data: text('data'),
    ...(found.has('metadata') && { metadata: text('metadata') }),
    at: text('at'),
    timestamp: text('timestamp'),
    ...(isOfAggregate && {
      aggregateType: text('aggregateType'),
      aggregateId: text('aggregateId'),
      version: whole('version'),
    }),
  }
  if (!isAt(item.at)) fail('its attribute at is no ULID')
  return { event: read(() => eventOf(item, reading.codec ?? jsonCodec)), key }
}

/** The message that a record of the table's stream puts into the outbox. See {@link eventOfRecord}. */
export function outboxOfRecord(
  record: StreamRecord,
  reading: StreamReading = {},
): OutboxRecord | undefined {
  const found = itemOf(record, reading, ({ pk }) => pk === OUTBOX)
  if (!found) return undefined
  const { key, text, has, read, fail } = found
  if (found.itemType !== 'outbox') fail('it has no itemType of a message')
  const item: OutboxItem = {
    ...key,
    itemType: 'outbox',
    id: text('id'),
    type: text('type'),
    data: text('data'),
    ...(has('orderKey') && { orderKey: text('orderKey') }),
    timestamp: text('timestamp'),
    ...(has('eventId') && {
      eventId: text('eventId'),
      eventType: text('eventType'),
      eventAt: text('eventAt'),
    }),
    ...(has('eventMetadata') && { eventMetadata: text('eventMetadata') }),
  }
  if (item.eventAt !== undefined && !isAt(item.eventAt)) fail('its attribute eventAt is no ULID')
  return read(() => outboxRecordOf(item, reading.codec ?? jsonCodec))
}

/** A record as errors name it. */
function nameOfRecord({ dynamodb: change }: StreamRecord): string {
  const keys = Object.values(change?.Keys ?? {}).map(({ S, N }) => S ?? N)
  return `the stream record ${change?.SequenceNumber ?? '(no sequence number)'} ${show(keys)}`
}

function isPlaceOfEvent({ pk, sk }: ItemKey): boolean {
  if (isAggregatePartition(pk)) return sk.startsWith('EVT#')
  return pk.startsWith('KEY#') ? isAt(sk) : pk.startsWith('ID#') && sk === 'ID'
}

/** The attributes of a new item, if it is one of those. */
function itemOf(
  record: StreamRecord,
  { keyNames }: StreamReading,
  isWanted: (key: ItemKey) => boolean,
) {
  if (record.eventName !== 'INSERT') return undefined
  const fail = (why: string): never => {
    throw new ValidationError(`Cannot read ${nameOfRecord(record)}: ${why}`, {})
  }
  const key = keyOf(record, keyNames) ?? fail(unknownKey(record))
  if (!isWanted(key)) return undefined
  const image =
    record.dynamodb?.NewImage ??
    fail('it has no new image. Let the stream of the table have new images (NEW_IMAGE).')
  const has = (name: string): boolean => Object.hasOwn(image, name)
  const text = (name: string): string =>
    (has(name) ? image[name]?.S : undefined) ?? fail(`its attribute ${name} is no text`)
  const whole = (name: string): number => {
    const value = has(name) ? Number(image[name]?.N) : Number.NaN
    return Number.isSafeInteger(value) ? value : fail(`its attribute ${name} is no whole number`)
  }
  const read = <Value>(decode: () => Value): Value => {
    try {
      return decode()
    } catch {
      // What the parser says quotes the text.
      return fail('it has an attribute that is no JSON')
    }
  }
  const itemType = has('itemType') ? image['itemType']?.S : undefined
  return { key, itemType, has, text, whole, read, fail }
}

function keyOf({ dynamodb }: StreamRecord, keyNames?: KeyNames): ItemKey | undefined {
  const { Keys: keys = {} } = dynamodb ?? {}
  for (const names of keyNames ? [keyNames] : USUAL) {
    const [pk, sk] = [keys[names.pk]?.S, keys[names.sk]?.S]
    if (pk !== undefined && sk !== undefined) return { pk, sk }
  }
  return undefined
}

function unknownKey({ dynamodb }: StreamRecord): string {
  const found = Object.keys(dynamodb?.Keys ?? {}).join(', ')
  return `the parts of its key are ${found || 'missing'}. Name those of the table with the option keyNames.`
}
