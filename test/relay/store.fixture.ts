import type { EventStore } from 'eventfold'

/**
 * Opens the log in a file, behind an address of PostgreSQL, or in a table of DynamoDB, such as
 * `dynamodb://localhost:8000/events`. What holds it is made when it is new, and what is not needed is not
 * loaded.
 */
export async function openLog(
  target: string,
  { isNew = false } = {},
): Promise<EventStore & AsyncDisposable> {
  if (target.startsWith('dynamodb:')) return openTable(new URL(target), isNew)
  if (!target.startsWith('postgres')) {
    const { openSqlite } = await import('eventfold/sqlite')
    return openSqlite(target)
  }
  const { Pool } = await import('pg')
  const { migrate, openPostgres } = await import('eventfold/postgres')
  const pool = new Pool({ connectionString: target, max: 3 })
  pool.on('error', () => {})
  if (isNew) await migrate(pool)
  const store = openPostgres({ pool })
  const close = async (): Promise<void> => {
    await store.close()
    await pool.end()
  }
  return { ...store, close, [Symbol.asyncDispose]: close }
}

async function openTable(
  { host, pathname }: URL,
  isNew: boolean,
): Promise<EventStore & AsyncDisposable> {
  const { DynamoDBClient } = await import('@aws-sdk/client-dynamodb')
  const { createTable, DynamoEventStore } = await import('eventfold/dynamodb')
  const client = new DynamoDBClient({
    endpoint: `http://${host}`,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  })
  const tableName = pathname.slice(1)
  if (isNew) await createTable({ client, tableName })
  const store = new DynamoEventStore({ client, tableName })
  const { capabilities, commit, load, read, documents, outbox } = store
  const close = async (): Promise<void> => {
    await store.close()
    client.destroy()
  }
  const same = { capabilities, commit, load, read, documents, outbox }
  return { ...same, close, [Symbol.asyncDispose]: close }
}
