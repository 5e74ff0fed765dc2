import { BatchWriteCommand, paginateScan, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { DynamoEventStore } from 'eventfold/dynamodb'
import { freshTable, testClient } from '../../stores/dynamodb/engine.fixture.ts'

export type TableItem = Readonly<Record<string, unknown>> & {
  readonly _pk: string
  readonly _sk: string
}

/** A table of accounts, gone when the test ends. */
export interface AccountTable extends AsyncDisposable {
  readonly tableName: string
  readonly client: DynamoDBDocumentClient
  readonly store: DynamoEventStore
  /** A store as another process has it. */
  readonly elsewhere: (client?: DynamoDBDocumentClient) => DynamoEventStore
  /** Everything that is in the table, by its key. */
  readonly items: () => Promise<TableItem[]>
  /** Makes the table what it was. */
  readonly restore: (items: readonly TableItem[]) => Promise<void>
}

export async function openAccounts(): Promise<AccountTable> {
  const table = await freshTable()
  const { tableName } = table
  const client = testClient()
  const stores: DynamoEventStore[] = []
  const elsewhere = (of = testClient()): DynamoEventStore => {
    const store = new DynamoEventStore({ client: of, tableName })
    stores.push(store)
    return store
  }
  const items = async (): Promise<TableItem[]> => {
    const found: TableItem[] = []
    const scan = { TableName: tableName, ConsistentRead: true }
    for await (const { Items = [] } of paginateScan({ client }, scan)) {
      found.push(...(Items as TableItem[]))
    }
    const nameOf = ({ _pk, _sk }: TableItem): string => JSON.stringify([_pk, _sk])
    return found.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
  }
  const restore = async (before: readonly TableItem[]): Promise<void> => {
    const writes = [
      ...(await items()).map(({ _pk, _sk }) => ({ DeleteRequest: { Key: { _pk, _sk } } })),
      undefined,
      ...before.map((Item) => ({ PutRequest: { Item } })),
    ]
    for (let at = 0; at < writes.length;) {
      // Up to 25, and no key deleted and put in one.
      const end = writes.indexOf(undefined, at)
      const batch = writes.slice(at, Math.min(at + 25, end < 0 ? Infinity : end))
      at += Math.max(batch.length, 1)
      const requests = batch.flatMap((write) => write ?? [])
      if (requests.length === 0) continue
      const RequestItems = { [tableName]: requests }
      await client.send(new BatchWriteCommand({ RequestItems }))
    }
  }
  return {
    tableName,
    client,
    store: elsewhere(client),
    elsewhere,
    items,
    restore,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(stores.map((store) => store.close()))
      await table[Symbol.asyncDispose]()
    },
  }
}
