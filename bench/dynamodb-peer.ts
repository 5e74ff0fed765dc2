import { CreateTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb'
import {
  DynamoDBSingleTableEventStorageAdapter,
  EVENT_TABLE_EVENT_STORE_ID_KEY as STORE_ID,
  EVENT_TABLE_INITIAL_EVENT_INDEX_NAME as INITIAL_EVENTS,
  EVENT_TABLE_PK as PK,
  EVENT_TABLE_SK as SK,
  EVENT_TABLE_TIMESTAMP_KEY as TIMESTAMP,
} from '@castore/event-storage-adapter-dynamodb'

type Peer = DynamoDBSingleTableEventStorageAdapter

const CARTS = { eventStoreId: 'CARTS' }

/** Castore's adapter on a table of its own, made as its documents say. */
export async function openPeer(client: DynamoDBClient, tableName: string): Promise<Peer> {
  const key = (hash: string, range: string) => [
    { AttributeName: hash, KeyType: 'HASH' as const },
    { AttributeName: range, KeyType: 'RANGE' as const },
  ]
  await client.send(
    new CreateTableCommand({
      TableName: tableName,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: key(PK, SK),
      AttributeDefinitions: [
        { AttributeName: PK, AttributeType: 'S' },
        { AttributeName: SK, AttributeType: 'N' },
        { AttributeName: STORE_ID, AttributeType: 'S' },
        { AttributeName: TIMESTAMP, AttributeType: 'S' },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: INITIAL_EVENTS,
          KeySchema: key(STORE_ID, TIMESTAMP),
          Projection: { ProjectionType: 'KEYS_ONLY' },
        },
      ],
    }),
  )
  return new DynamoDBSingleTableEventStorageAdapter({ tableName, dynamoDBClient: client })
}

/** Pushes an event as the given version of its aggregate. */
export async function push(
  peer: Peer,
  aggregateId: string,
  version: number,
  { type, data }: { readonly type: string; readonly data: object },
): Promise<void> {
  await peer.pushEvent({ aggregateId, version, type, payload: data }, CARTS)
}

/** Reads all events of an aggregate. */
export async function pull(peer: Peer, aggregateId: string): Promise<number> {
  return (await peer.getEvents(aggregateId, CARTS)).events.length
}
