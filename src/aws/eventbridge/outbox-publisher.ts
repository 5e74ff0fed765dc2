import type { OutboxMessage, Publisher, PublishOutcome } from '../../outbox/publisher.ts'
import { filled, object } from '../../store/check-value.ts'
import { publishTo, type Target } from '../send/deliver.ts'
import { outboxParcel } from '../send/outbox-parcel.ts'
import { busChecks, busTarget, type BusOptions } from './bus.ts'

export interface EventBridgeOutboxPublisherOptions extends BusOptions {
  /** The name of the bus, or its ARN. */
  readonly eventBusName: string
  /** Who says it: the `source` by which rules tell the messages of applications apart. */
  readonly source: string
}

const checkOptions = object({ eventBusName: filled, source: filled }, busChecks)

/**
 * Publishes the outbox to an EventBridge bus: the publisher of a relay (`createOutboxRelay`).
 *
 * The `detail` of an event is the `OutboxMessage` as it is: `id`, `type`, `data`, `timestamp`, where there is
 * one `orderKey`, and of the event that caused it `event: { id, type, position, metadata }`. Its
 * `detail-type` is the message's type. EventBridge keeps no order: receivers go by `event.position`.
 *
 * Messages travel ten at a time, at most one of each order key in a request: what EventBridge refuses fails
 * by itself, and holds back the later ones of its key. One that is too large fails with `LIMIT`, or goes to
 * S3 where there is a bucket for it, and a {@link BodyPointer} to the bus.
 *
 * Throws `INVALID_ARGUMENT`.
 *
 * ```ts
 * import { createOutboxRelay, MemoryEventStore } from 'eventfold'
 * import { EventBridgeOutboxPublisher } from 'eventfold/eventbridge'
 *
 * const relay = createOutboxRelay({
 *   store: new MemoryEventStore(),
 *   name: 'domain-events',
 *   publisher: new EventBridgeOutboxPublisher({
 *     eventBusName: 'domain-events',
 *     source: 'account-service',
 *   }),
 * })
 * await relay.drain()
 * ```
 */
export class EventBridgeOutboxPublisher implements Publisher {
  readonly keepsOrder = true
  readonly #bus: Target
  readonly #source: string

  constructor(options: EventBridgeOutboxPublisherOptions) {
    checkOptions(options, ['options'])
    this.#bus = busTarget(options.eventBusName, options)
    this.#source = options.source
  }

  readonly publish = (messages: readonly OutboxMessage[]): Promise<readonly PublishOutcome[]> =>
    publishTo(
      this.#bus,
      messages.map((message) => outboxParcel(message, this.#source)),
      messages.map(({ orderKey }) => orderKey),
    )
}
