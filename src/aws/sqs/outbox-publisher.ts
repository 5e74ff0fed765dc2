import type { OutboxMessage, Publisher, PublishOutcome } from '../../outbox/publisher.ts'
import { object } from '../../store/check-value.ts'
import { publishTo, type Target } from '../send/deliver.ts'
import { outboxParcel } from '../send/outbox-parcel.ts'
import { queueChecks, queueTarget, queueUrl, type QueueOptions } from './queue.ts'

export interface SqsOutboxPublisherOptions extends QueueOptions {
  /** One that ends with `.fifo` is a FIFO queue. */
  readonly queueUrl: string
}

const checkOptions = object({ queueUrl }, queueChecks)

/**
 * Publishes the outbox to an SQS queue: the publisher of a relay (`createOutboxRelay`).
 *
 * The body of a message is the `OutboxMessage` as JSON: `id`, `type`, `data`, `timestamp`, where there is
 * one `orderKey`, and of the event that caused it `event: { id, type, position, metadata }`. A FIFO queue
 * keeps the messages of an order key in order (`MessageGroupId`), and drops one that comes again within
 * five minutes (`MessageDeduplicationId` is the message's `id`). A standard queue keeps no order.
 *
 * Messages travel ten at a time, at most one of each order key in a request: what SQS refuses fails by
 * itself, and holds back the later ones of its key. One that is too large fails with `LIMIT`, or goes to S3
 * where there is a bucket for it, and a {@link BodyPointer} to the queue; `createEventListener` reads both.
 *
 * Throws `INVALID_ARGUMENT`.
 *
 * ```ts
 * import { createOutboxRelay, MemoryEventStore } from 'eventfold'
 * import { SqsOutboxPublisher } from 'eventfold/sqs'
 *
 * const queueUrl = 'https://sqs.eu-west-1.amazonaws.com/123456789012/mails.fifo'
 * const relay = createOutboxRelay({
 *   store: new MemoryEventStore(),
 *   name: 'mails',
 *   publisher: new SqsOutboxPublisher({ queueUrl }),
 * })
 * await relay.drain()
 * ```
 */
export class SqsOutboxPublisher implements Publisher {
  readonly keepsOrder = true
  readonly #queue: Target

  constructor(options: SqsOutboxPublisherOptions) {
    checkOptions(options, ['options'])
    this.#queue = queueTarget(options.queueUrl, options)
  }

  readonly publish = (messages: readonly OutboxMessage[]): Promise<readonly PublishOutcome[]> =>
    publishTo(
      this.#queue,
      messages.map((message) => outboxParcel(message, '')),
      messages.map(({ orderKey }) => orderKey),
    )
}
