import {
  DeleteTableCommand,
  DynamoDBClient,
  waitUntilTableNotExists,
} from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { createTable } from 'eventfold/dynamodb'

/** What local services are content with, unless the environment says otherwise. */
export const settings = {
  region: process.env['AWS_REGION'] ?? 'eu-central-1',
  credentials: {
    accessKeyId: process.env['AWS_ACCESS_KEY_ID'] ?? 'local',
    secretAccessKey: process.env['AWS_SECRET_ACCESS_KEY'] ?? 'local',
  },
}

/** An empty table, and where it is. */
export interface OpenedTable extends AsyncDisposable {
  readonly client: DynamoDBDocumentClient
  readonly tableName: string
  readonly endpoint: string
  readonly name: string
}

/**
 * Makes the table in the DynamoDB that `DYNAMODB_ENDPOINT` or `AWS_ENDPOINT_URL` names, where each run begins
 * with an empty one, or else in a DynamoDB that lives as long as this run. Where there is neither, it says so
 * and ends the process.
 */
export async function openTable(tableName: string): Promise<OpenedTable> {
  const given =
    process.env['DYNAMODB_ENDPOINT'] ||
    process.env['AWS_ENDPOINT_URL_DYNAMODB'] ||
    process.env['AWS_ENDPOINT_URL']
  const own = !given ? await orEnd(startOwnEngine()) : undefined
  const endpoint = own?.endpoint ?? String(given)
  const plain = new DynamoDBClient({ ...settings, endpoint, maxAttempts: 2 })
  const client = DynamoDBDocumentClient.from(plain)
  const keyNames = { pk: 'pk', sk: 'sk' }
  try {
    if (!own) await dropTable(plain, tableName)
    await createTable({ client, tableName, keyNames })
  } catch (cause) {
    await own?.[Symbol.asyncDispose]()
    const { message } = cause as Error
    const advice = 'Unset DYNAMODB_ENDPOINT and AWS_ENDPOINT_URL, and one is started for this run.'
    return orEnd(
      Promise.reject(
        new Error(
          `No table in the DynamoDB at ${endpoint}: ${message || (cause as Error).name}. ${advice}`,
        ),
      ),
    )
  }
  const close = async (): Promise<void> => {
    client.destroy()
    plain.destroy()
    await own?.[Symbol.asyncDispose]()
  }
  const name = own ? 'a DynamoDB started for this run' : `the DynamoDB at ${endpoint}`
  return { client, tableName, endpoint, name, [Symbol.asyncDispose]: close }
}

/** The one of this project's tests, from npm: nothing has to be installed. */
async function startOwnEngine() {
  const { startEngine } = await import('../../src/stores/dynamodb/dynoxide.fixture.ts')
  return startEngine()
}

async function dropTable(client: DynamoDBClient, TableName: string): Promise<void> {
  try {
    await client.send(new DeleteTableCommand({ TableName }))
    await waitUntilTableNotExists({ client, maxWaitTime: 60, minDelay: 1 }, { TableName })
  } catch (error) {
    if ((error as Error).name !== 'ResourceNotFoundException') throw error
  }
}

/** What is missing is said in one sentence, without the way to where it was noticed. */
async function orEnd<Value>(work: Promise<Value>): Promise<Value> {
  try {
    return await work
  } catch (error) {
    console.error((error as Error).message)
    process.exit(1)
  }
}
