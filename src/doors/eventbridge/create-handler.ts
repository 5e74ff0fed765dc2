import { busChecks, busTarget, type BusOptions } from '../../aws/eventbridge/bus.ts'
import { outboxParcel } from '../../aws/send/outbox-parcel.ts'
import {
  publishRecords,
  writeToConsole,
  type RecordParcel,
  type StreamLog,
} from '../../aws/streams/publish-records.ts'
import { messageOf } from '../../outbox/publisher.ts'
import { filled, object } from '../../store/check-value.ts'
import {
  outboxOfRecord,
  type StreamReading,
  type StreamRecord,
} from '../../stores/dynamodb/stream-record.ts'
import { sequenceNumberOf, type StreamHandler } from '../streams/create-stream-handler.ts'
import { readingChecks } from '../streams/reading-checks.ts'

export interface OutboxStreamHandlerOptions extends BusOptions, StreamReading {
  /** Who says it: the `source` by which rules tell the messages of applications apart. */
  readonly source: string
  /** The name of the bus, or its ARN. */
  readonly eventBusName: string
  /**
   * Answers from which record on Lambda is to try again, instead of throwing. The event source mapping must
   * have `ReportBatchItemFailures` then. Default is `false`.
   */
  readonly reportBatchItemFailures?: boolean | undefined
  /** Is told of failures. Default writes them to `console.error`. */
  readonly log?: StreamLog | undefined
}

const checkOptions = object(
  { source: filled, eventBusName: filled },
  { ...busChecks, ...readingChecks },
)

/**
 * Makes a Lambda function that publishes the outbox of a table: from its stream (`NEW_IMAGE`) to an
 * EventBridge bus, in the form that {@link EventBridgeOutboxPublisher} gives it. It takes the place of a
 * relay: a message stays in the table until its time to live has passed (`outboxExpiry` of the store).
 *
 * Each message is sent at least once. Where the bus fails, or a record cannot be read, nothing after it is
 * sent, and the function throws; or, with `reportBatchItemFailures`, it answers with the first record that
 * failed. What it says and logs then names records and types, never what is in them.
 *
 * Throws `INVALID_ARGUMENT`.
 *
 * ```ts
 * import { createDynamoDBStreamToEventBridgeHandler } from 'eventfold/eventbridge'
 *
 * export const handler = createDynamoDBStreamToEventBridgeHandler({
 *   source: 'account-service',
 *   eventBusName: 'domain-events',
 * })
 * console.log(await handler({ Records: [] })) // { batchItemFailures: [] }
 * ```
 */
export function createDynamoDBStreamToEventBridgeHandler(
  options: OutboxStreamHandlerOptions,
): StreamHandler {
  checkOptions(options, ['options'])
  const { source, eventBusName, reportBatchItemFailures = false, log = writeToConsole } = options
  const targets = [busTarget(eventBusName, options)]
  const parcelOf = (record: StreamRecord): RecordParcel | undefined => {
    const found = outboxOfRecord(record, options)
    return found && { ...outboxParcel(messageOf(found), source), position: 0 }
  }
  return ({ Records }) =>
    publishRecords(Records, { targets, parcelOf, sequenceNumberOf, reportBatchItemFailures, log })
}
