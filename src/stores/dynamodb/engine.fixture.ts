import {
  DeleteTableCommand,
  DynamoDBClient,
  type DynamoDBClientConfig,
} from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, type TranslateConfig } from '@aws-sdk/lib-dynamodb'
import { inject } from 'vitest'
import { createTable, type CreateTableOptions } from './schema.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The local DynamoDB of the whole run. */
    readonly dynamodbEndpoint: string
    /** Why it is missing, and how to get it. */
    readonly dynamodbMissing: string | undefined
  }
}

/** The engine that `npm test` has started. Throws what is missing where there is none. */
export function dynamodbEndpoint(): string {
  const missing = inject('dynamodbMissing')
  if (missing !== undefined) throw new Error(missing)
  return inject('dynamodbEndpoint')
}

/** What local engines are content with. */
export const LOCAL = {
  region: 'eu-central-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
} as const

export function plainClient(settings: DynamoDBClientConfig = {}): DynamoDBClient {
  return new DynamoDBClient({ ...LOCAL, endpoint: dynamodbEndpoint(), ...settings })
}

/** A document client of the engine, as users make it. */
export function testClient(settings?: TranslateConfig): DynamoDBDocumentClient {
  return DynamoDBDocumentClient.from(plainClient(), settings)
}

export interface FreshTable extends AsyncDisposable {
  readonly tableName: string
}

let made = 0

/** A new table, deleted at the end: `await using table = await freshTable()`. */
export async function freshTable(
  options: Omit<CreateTableOptions, 'client' | 'tableName'> = {},
): Promise<FreshTable> {
  made += 1
  const tableName = `test-${process.pid}-${made}-${Math.random().toString(36).slice(2, 8)}`
  // Each one its own client: a pool of connections is shared by nobody.
  const client = plainClient()
  await createTable({ ...options, client, tableName })
  return {
    tableName,
    [Symbol.asyncDispose]: async () => {
      await client.send(new DeleteTableCommand({ TableName: tableName }))
      client.destroy()
    },
  }
}
