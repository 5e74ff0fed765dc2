import type { AwsClient } from '../../aws/send/client.ts'
import { awsClient } from '../../aws/send/client.ts'
import type { Target } from '../../aws/send/deliver.ts'
import { largeBodies, type LargeBodies } from '../../aws/send/large-body.ts'
import { busTarget } from '../../aws/eventbridge/bus.ts'
import { maxBytes, queueTarget, queueUrl } from '../../aws/sqs/queue.ts'
import { publishedRecord, sourceOf } from '../../aws/streams/event-record.ts'
import {
  publishRecords,
  writeToConsole,
  type RecordParcel,
  type StreamBatchResponse,
  type StreamLog,
} from '../../aws/streams/publish-records.ts'
import { filled, list, object, refuse, wellFormed } from '../../store/check-value.ts'
import {
  eventOfRecord,
  type StreamReading,
  type StreamRecord,
} from '../../stores/dynamodb/stream-record.ts'
import { readingChecks } from './reading-checks.ts'

export interface StreamHandlerOptions extends StreamReading {
  /** The name of an EventBridge bus, or its ARN. Default, and where it is empty, is no bus. */
  readonly busName?: string | undefined
  /** The queues: each gets every event. One that ends with `.fifo` is a FIFO queue. */
  readonly queueUrls: readonly string[]
  /**
   * Answers from which record on Lambda is to try again, instead of throwing. The event source mapping must
   * have `ReportBatchItemFailures` then. Default is `false`.
   */
  readonly reportBatchItemFailures?: boolean | undefined
  /** Clients of the AWS SDK. Default are those made at first use, from `AWS_REGION`, `AWS_ENDPOINT_URL` and the like. */
  readonly clients?:
    | { readonly sqs?: AwsClient | undefined; readonly eventBridge?: AwsClient | undefined }
    | undefined
  /** Where events go that are too large to send. Default is to refuse them. */
  readonly s3?: LargeBodies | undefined
  /** Bytes of a message, where the queues or the bus take others. Default is 1,048,576, and 999,999 on the bus. */
  readonly maxBytes?: number | undefined
  /** The source of events that name none and have no aggregate, on the bus. Default is `eventfold`. */
  readonly source?: string | undefined
  /** Is told of failures. Default writes them to `console.error`. */
  readonly log?: StreamLog | undefined
}

/** What is used of the event that Lambda gives. */
export interface StreamEvent {
  readonly Records: readonly StreamRecord[]
}

/** A Lambda function behind a table's stream. */
export type StreamHandler = (event: StreamEvent) => Promise<StreamBatchResponse>

const checkOptions = object(
  { queueUrls: list(queueUrl) },
  {
    ...readingChecks,
    busName: wellFormed,
    clients: object({}, { sqs: awsClient, eventBridge: awsClient }),
    s3: largeBodies,
    maxBytes,
    source: filled,
  },
)

/**
 * Makes a Lambda function that hands on the events of a table: from its stream (`NEW_IMAGE`) to queues and
 * to a bus.
 *
 * Each event is sent once, however many copies of it the table has: at least once, since whatever fails is
 * sent again together with all that follows. The body of a message, and the `detail` of an event of the bus,
 * is its `EventRecord`, or, where it has no aggregate, a {@link KeyedEventRecord}. FIFO queues keep the
 * events of an aggregate in order, or those of their first key, and drop what comes again within five minutes.
 * `createEventListener` (`eventfold/sqs`) reads the queues.
 *
 * A stream may give the events of one transaction in any order. Within a batch they are put in theirs; those
 * that two batches of Lambda part may come to a queue the wrong way round. A receiver who cannot have that
 * compares the `version` (the `position`, without an aggregate) with the last one that he has handled: one
 * that is too high fails its message and comes again, or he reads the aggregate from the store.
 *
 * Where a queue or the bus fails, or a record cannot be read, nothing after it is sent there, and the function
 * throws; or, with `reportBatchItemFailures`, it answers with the first record that failed. What it says and
 * logs then names records and types, never what is in them. Items of other applications are passed over.
 *
 * Throws `INVALID_ARGUMENT`, also where there is neither a queue nor a bus.
 *
 * ```ts
 * import { createStreamHandler } from 'eventfold/streams'
 *
 * export const handler = createStreamHandler({
 *   busName: 'domain-events',
 *   queueUrls: ['https://sqs.eu-west-1.amazonaws.com/123456789012/wallets.fifo'],
 *   reportBatchItemFailures: true,
 * })
 * console.log(await handler({ Records: [] })) // { batchItemFailures: [] }
 * ```
 */
export function createStreamHandler(options: StreamHandlerOptions): StreamHandler {
  checkOptions(options, ['options'])
  const { source = 'eventfold', reportBatchItemFailures = false, log = writeToConsole } = options
  const targets = targetsOf(options)
  if (targets.length === 0) refuse(['options'], 'a queue or a bus to send to', options)
  const parcelOf = (record: StreamRecord): RecordParcel | undefined => {
    const found = eventOfRecord(record, options)
    if (!found) return undefined
    const body = publishedRecord(found.event, found.key)
    return {
      id: body.eventId,
      type: body.eventType,
      group: found.key.pk,
      source: sourceOf(body, source),
      body,
      position: found.event.position,
    }
  }
  return ({ Records }) =>
    publishRecords(Records, {
      targets,
      parcelOf,
      sequenceNumberOf,
      reportBatchItemFailures,
      log,
    })
}

export function sequenceNumberOf({ dynamodb }: StreamRecord): string | undefined {
  return dynamodb?.SequenceNumber
}

function targetsOf(options: StreamHandlerOptions): Target[] {
  const { busName, queueUrls, clients } = options
  return [
    ...queueUrls.map((url) => queueTarget(url, { ...options, client: clients?.sqs })),
    ...(busName ? [busTarget(busName, { ...options, client: clients?.eventBridge })] : []),
  ]
}
