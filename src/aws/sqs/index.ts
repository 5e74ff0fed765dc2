/** Events and messages over queues: a listener for SQS, and a publisher to it. @module */
export {
  createEventListener,
  type EventListenerOptions,
  type ListenerLog,
  type SqsBatchResponse,
  type SqsEvent,
  type SqsRecord,
} from './create-event-listener.ts'
export type { ReceivedRecord } from './read-body.ts'
export {
  DEFAULT_POLICY,
  eventAgeMs,
  isStale,
  type EventMeta,
  type StalenessPolicy,
} from './staleness.ts'
export { SqsOutboxPublisher, type SqsOutboxPublisherOptions } from './outbox-publisher.ts'
export type { QueueOptions } from './queue.ts'
export type { AwsClient } from '../send/client.ts'
export type { BodyPointer, LargeBodies } from '../send/large-body.ts'
