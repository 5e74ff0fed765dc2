export {
  createStreamHandler,
  type StreamEvent,
  type StreamHandler,
  type StreamHandlerOptions,
} from './create-stream-handler.ts'
export { handler } from './handler.ts'
export type { AwsClient } from '../../aws/send/client.ts'
export type { BodyPointer, LargeBodies } from '../../aws/send/large-body.ts'
export type { KeyedEventRecord } from '../../aws/streams/event-record.ts'
export type { StreamBatchResponse, StreamLog } from '../../aws/streams/publish-records.ts'
export {
  eventOfRecord,
  type StreamAttribute,
  type StreamedEvent,
  type StreamReading,
  type StreamRecord,
} from '../../stores/dynamodb/stream-record.ts'
export type { KeyNames } from '../../stores/dynamodb/table.ts'
