import { GetCommand, QueryCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import {
  createDispatch,
  getEventService,
  type DispatchEventArgs,
  type EventService,
} from 'eventfold'
import { initEvents, type DynamoEventStore } from 'eventfold/dynamodb'
import { freshTable, testClient } from '../../stores/dynamodb/engine.fixture.ts'

type Item = Readonly<Record<string, unknown>>

/** A table of wallets, set by `initEvents`, gone when the test ends. */
export interface Wallets extends AsyncDisposable {
  readonly tableName: string
  readonly client: DynamoDBDocumentClient
  readonly service: EventService
  readonly store: DynamoEventStore
  /** The service of another process. */
  readonly elsewhere: (client?: DynamoDBDocumentClient) => EventService
  /** An item as the table has it. */
  readonly item: (pk: string, sk: string) => Promise<Item | undefined>
  /** The items of a partition. */
  readonly items: (pk: string) => Promise<Item[]>
}

export async function openWallets(): Promise<Wallets> {
  const table = await freshTable({ keyNames: { pk: 'pk', sk: 'sk' } })
  const { tableName } = table
  const client = testClient()
  const stores: DynamoEventStore[] = []
  const start = (of: DynamoDBDocumentClient): EventService => {
    stores.push(initEvents({ tableName, client: of }))
    return getEventService()
  }
  const service = start(client)
  return {
    tableName,
    client,
    service,
    store: stores[0] as DynamoEventStore,
    elsewhere: (of = testClient()) => {
      const other = start(of)
      initEvents({ tableName, client })
      return other
    },
    item: async (pk, sk) => {
      const get = { TableName: tableName, Key: { pk, sk }, ConsistentRead: true }
      return (await client.send(new GetCommand(get))).Item
    },
    items: async (pk) => {
      const query = new QueryCommand({
        TableName: tableName,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': pk },
        ConsistentRead: true,
      })
      return (await client.send(query)).Items ?? []
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(stores.map((store) => store.close()))
      await table[Symbol.asyncDispose]()
    },
  }
}

// As the document has it.
export const wallets = createDispatch(
  {
    funded: (walletId: string, amount: number) => ({
      aggregateId: walletId,
      eventType: 'Wallet.Funded',
      payload: { amount },
    }),
    withdrawn: (walletId: string, amount: number) => ({
      aggregateId: walletId,
      eventType: 'Wallet.Withdrawn',
      payload: { amount },
    }),
  },
  { aggregateType: 'wallet', source: 'billing' },
)

export const wallet = { aggregateType: 'wallet', aggregateId: 'wal_123' } as const

export const funded = {
  ...wallet,
  source: 'billing',
  eventType: 'Wallet.Funded',
  payload: { amount: 5000 },
} as const satisfies DispatchEventArgs<{ amount: number }>
