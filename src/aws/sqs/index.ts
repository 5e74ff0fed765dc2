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
