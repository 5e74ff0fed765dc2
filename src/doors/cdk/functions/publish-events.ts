import { createStreamHandler, type StreamHandler } from '../../streams/create-stream-handler.ts'
import { keyNames, queueUrls } from './environment.ts'

/** The Lambda function of `EventStreamHandler`. */
export const handler: StreamHandler = createStreamHandler({
  busName: process.env['EVENT_BUS_NAME'],
  queueUrls: queueUrls(),
  reportBatchItemFailures: true,
  ...keyNames(),
})
