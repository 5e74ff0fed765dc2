/** Constructs of the AWS CDK: the table of a log, and functions that hand on what is in it. @module */
export type { StreamHandlerProps, StreamReadingProps } from './attach-to-stream.ts'
export { EventListenerQueue, type EventListenerQueueProps } from './event-listener-queue.ts'
export { EventStreamHandler, type EventStreamHandlerProps } from './event-stream-handler.ts'
export { EventsTable, type EventsTableProps } from './events-table.ts'
export {
  DynamoDBOutboxEventBridgeHandler,
  type DynamoDBOutboxEventBridgeHandlerProps,
} from './outbox-event-bridge-handler.ts'
export type { KeyNames } from '../../stores/dynamodb/table.ts'
