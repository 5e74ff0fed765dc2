export {
  EventBridgeOutboxPublisher,
  type EventBridgeOutboxPublisherOptions,
} from '../../aws/eventbridge/outbox-publisher.ts'
export {
  createDynamoDBStreamToEventBridgeHandler,
  type OutboxStreamHandlerOptions,
} from './create-handler.ts'
export type { BusOptions } from '../../aws/eventbridge/bus.ts'
export type { AwsClient } from '../../aws/send/client.ts'
export type { BodyPointer, LargeBodies } from '../../aws/send/large-body.ts'
export type { StreamBatchResponse, StreamLog } from '../../aws/streams/publish-records.ts'
export type { StreamReading, StreamRecord } from '../../stores/dynamodb/stream-record.ts'
export type { StreamEvent, StreamHandler } from '../streams/create-stream-handler.ts'
export type { KeyNames } from '../../stores/dynamodb/table.ts'
