import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { DynamoEventStore } from 'eventfold/dynamodb'
import {
  createDynamoDBStreamToEventBridgeHandler,
  EventBridgeOutboxPublisher,
} from 'eventfold/eventbridge'
import { runExample, type Account, type Inbound, type Outbound } from './document.ts'

// What the document shows of DynamoDB and EventBridge.

export const handler = createDynamoDBStreamToEventBridgeHandler({
  source: 'account-service',
  eventBusName: 'domain-events',
})

export const publisher = new EventBridgeOutboxPublisher({
  source: 'account-service',
  eventBusName: 'domain-events',
})

export async function runExampleOnTable(
  dynamoDocumentClient: DynamoDBDocumentClient,
  tableName: string,
) {
  const store = new DynamoEventStore<Account, Inbound, Outbound>({
    client: dynamoDocumentClient,
    tableName,
  })
  return { ...(await runExample(store)), waiting: await store.outbox.read() }
}
