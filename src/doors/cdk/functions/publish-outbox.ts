import { createDynamoDBStreamToEventBridgeHandler } from '../../eventbridge/create-handler.ts'
import type { StreamHandler } from '../../streams/create-stream-handler.ts'
import { keyNames, setting } from './environment.ts'

/** The Lambda function of `DynamoDBOutboxEventBridgeHandler`. */
export const handler: StreamHandler = createDynamoDBStreamToEventBridgeHandler({
  source: setting('EVENT_SOURCE'),
  eventBusName: setting('EVENT_BUS_NAME'),
  reportBatchItemFailures: true,
  ...keyNames(),
})
