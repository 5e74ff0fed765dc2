import type { EventRecord } from '../../dispatch/types.ts'
import type { OutboxMessage } from '../../outbox/publisher.ts'
import { isObject } from '../../store/check-value.ts'
import { ArgumentError, isEventfoldError } from '../../store/errors.ts'
import { resolveBody, type LargeBodies } from '../send/large-body.ts'
import type { EventMeta } from './staleness.ts'

/**
 * An event as a listener hands it over. That of an event without an aggregate has an empty `aggregateType`
 * and `aggregateId`, and its position as `version`.
 *
 * A message of an outbox comes as one, too: `eventId`, `eventType`, `payload` and `occurredAt` are the
 * message's `id`, `type`, `data` and `timestamp`; `causationId`, tenant, correlation, actor and source those
 * of the event that caused it, and `version` that event's position. Its order key says the aggregate; one
 * that names none is the `aggregateId` as it is. It has no place in a table: `pk` and `sk` are empty.
 */
export type ReceivedRecord<Event extends EventRecord = EventRecord> = Event & {
  readonly meta?: EventMeta
  /** The message itself, where it came out of an outbox. */
  readonly outbox?: OutboxMessage
}

type Json = Readonly<Record<string, unknown>>

/**
 * The event in the body of a message: a record, a message of an outbox, or one of them in the envelope
 * of EventBridge or SNS; where it was too large for the queue, out of S3. What is wrong with a body is
 * said without quoting it.
 */
export async function readBody(body: string, s3?: LargeBodies): Promise<ReceivedRecord> {
  return recordOf(await asJson(async () => JSON.parse(await resolveBody(body, s3))))
}

/** What a parser says quotes the text. */
async function asJson(read: () => unknown): Promise<unknown> {
  try {
    return await read()
  } catch (error) {
    throw isEventfoldError(error) ? error : new ArgumentError('the body of the message is no JSON')
  }
}

async function recordOf(value: unknown): Promise<ReceivedRecord> {
  if (isObject(value)) {
    if (isText(value['eventType']) && isText(value['eventId'])) return eventOf(value)
    if (isText(value['detail-type']) && isObject(value['detail'])) return recordOf(value['detail'])
    if (value['Type'] === 'Notification' && isText(value['Message'])) {
      const message = value['Message']
      return recordOf(await asJson(() => JSON.parse(message)))
    }
    if (isMessage(value)) return recordOfMessage(value)
  }
  throw new ArgumentError(
    'the body of the message is neither an event record, with eventId and eventType, nor a message of an outbox, with id, type, data and timestamp',
  )
}

function eventOf(value: Json): ReceivedRecord {
  // Whatever else came over the wire as `meta`, handlers can rely on an object.
  const { meta, ...event } = value
  const isKeyed = event['aggregateId'] === undefined && event['position'] !== undefined
  return {
    ...event,
    ...(isKeyed && { aggregateType: '', aggregateId: '', version: event['position'] }),
    ...(isObject(meta) && { meta }),
  } as unknown as ReceivedRecord
}

function isMessage(value: Json): value is Json & OutboxMessage {
  const { id, type, timestamp, orderKey, event } = value
  return (
    [id, type, timestamp].every(isText) &&
    'data' in value &&
    (orderKey === undefined || isText(orderKey)) &&
    (event === undefined || isObject(event))
  )
}

function recordOfMessage(message: Json & OutboxMessage): ReceivedRecord {
  const { id, type, data, timestamp, event, orderKey } = message
  const { tenantId, correlationId, actorId, source } = event?.metadata ?? {}
  const [aggregateType = '', aggregateId = ''] = aggregateOf(orderKey)
  const record = {
    pk: '',
    sk: '',
    itemType: 'event',
    source: source ?? '',
    aggregateId,
    aggregateType,
    version: event?.position ?? 0,
    eventId: id,
    eventType: type,
    occurredAt: timestamp,
    ...(tenantId !== undefined && { tenantId }),
    ...(correlationId !== undefined && { correlationId }),
    ...(event && { causationId: event.id }),
    ...(actorId !== undefined && { actorId }),
    payload: data,
    outbox: message,
  }
  return record as unknown as ReceivedRecord
}

/** Order keys of aggregates are `["wallet","wal_123"]`; others say what they say. */
function aggregateOf(orderKey = ''): readonly unknown[] {
  try {
    const parts: unknown = JSON.parse(orderKey)
    if (Array.isArray(parts) && parts.length === 2 && parts.every(isText)) return parts
  } catch {
    // Most texts are no JSON.
  }
  return ['', orderKey]
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
