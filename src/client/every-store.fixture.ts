import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DeleteTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, paginateScan } from '@aws-sdk/lib-dynamodb'
import { createTable, DynamoEventStore } from 'eventfold/dynamodb'
import { dropSql, migrate, openPostgres } from 'eventfold/postgres'
import { openSqlite } from 'eventfold/sqlite'
import { Pool } from 'pg'
import { inject } from 'vitest'
import type { StoredEvent } from '../event/event.ts'
import type { JsonCodec } from '../store/json.ts'
import type { EventStore } from '../store/store.ts'
import { MemoryEventStore } from '../stores/memory/index.ts'

/** A log of one test, gone when the test ends. */
export interface FreshLog extends AsyncDisposable {
  readonly store: EventStore
  /** The same log as another process would open it; the same store again where nothing else can. */
  readonly reopen: () => EventStore
  /** All events that are stored, in order, also where the store cannot read `'all'`. */
  readonly everything: () => Promise<StoredEvent[]>
  /** Where the store takes the transactions of others: what they begin on. */
  readonly pool?: Pool
}

export interface LogOptions {
  readonly codec?: JsonCodec
  /** Keys that are no identifiers but guarded: who cannot guard any boundary files by them. */
  readonly guarded?: readonly string[]
}

/** A kind of store that all of this is tested on. */
export interface AnyStore {
  readonly name: string
  readonly open: (options?: LogOptions) => Promise<FreshLog>
}

const memory: AnyStore = {
  name: 'memory',
  open: async ({ codec } = {}) => {
    const store = new MemoryEventStore({ ...(codec && { codec }) })
    return {
      store,
      reopen: () => store,
      everything: () => Array.fromAsync(store.read('all')),
      [Symbol.asyncDispose]: () => store.close(),
    }
  },
}

const sqlite: AnyStore = {
  name: 'sqlite',
  open: async ({ codec } = {}) => {
    const options = codec && { codec }
    const folder = mkdtempSync(join(tmpdir(), 'eventfold-'))
    const opened: EventStore[] = []
    const open = (): EventStore => {
      const store = openSqlite(join(folder, 'log.db'), { ...options, synchronous: 'NORMAL' })
      opened.push(store)
      return store
    }
    const remove = async (): Promise<void> => {
      await Promise.all(opened.map((store) => store.close()))
      rmSync(folder, { recursive: true })
    }
    const store = open()
    const everything = () => Array.fromAsync(store.read('all'))
    return { store, reopen: open, everything, [Symbol.asyncDispose]: remove }
  },
}

let logs = 0

const postgres: AnyStore = {
  name: 'postgres',
  open: async ({ codec } = {}) => {
    const options = codec && { codec }
    const missing = inject('postgresMissing')
    if (missing !== undefined) throw new Error(missing)
    logs += 1
    // A schema of its own in the database that the run has anyway.
    const schema = `every_${process.pid}_${logs}`
    const tables = {
      events: { schema, name: 'events' },
      projections: { schema, name: 'projections' },
    }
    const pools: Pool[] = []
    const connect = (): Pool => {
      const pool = new Pool({ connectionString: inject('postgresUrl'), max: 4 })
      pool.on('error', () => {})
      pools.push(pool)
      return pool
    }
    const pool = connect()
    await migrate(pool, tables)
    const open = (over: Pool): EventStore => openPostgres({ ...options, pool: over, tables })
    const store = open(pool)
    const remove = async (): Promise<void> => {
      await store.close()
      await pool.query(dropSql(tables))
      await pool.query(`drop schema ${schema}`)
      await Promise.all(pools.map((each) => each.end()))
    }
    return {
      store,
      pool,
      reopen: () => open(connect()),
      everything: () => Array.fromAsync(store.read('all')),
      [Symbol.asyncDispose]: remove,
    }
  },
}

let tables = 0

const dynamodb: AnyStore = {
  name: 'dynamodb',
  open: async ({ guarded = [], ...options } = {}) => {
    const missing = inject('dynamodbMissing')
    if (missing !== undefined) throw new Error(missing)
    tables += 1
    const tableName = `every-${process.pid}-${tables}-${Math.random().toString(36).slice(2, 8)}`
    const clients: DynamoDBDocumentClient[] = []
    const connect = (): DynamoDBDocumentClient => {
      const client = new DynamoDBClient({
        endpoint: inject('dynamodbEndpoint'),
        region: 'eu-central-1',
        credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      })
      const documentClient = DynamoDBDocumentClient.from(client)
      clients.push(documentClient)
      return documentClient
    }
    const client = connect()
    await createTable({ client, tableName, stream: false })
    const stores: EventStore[] = []
    const open = (over: DynamoDBDocumentClient): EventStore => {
      // As the other stores file events.
      const identifiers = ['*Id', '*_id', ...guarded] as const
      const store = new DynamoEventStore({ ...options, client: over, tableName, identifiers })
      stores.push(store)
      return store
    }
    const first = open(client)
    const everything = async (): Promise<StoredEvent[]> => {
      const types: string[] = []
      const scan = { TableName: tableName, ConsistentRead: true }
      for await (const { Items = [] } of paginateScan({ client }, scan)) {
        // Of the copies of an event one is the event itself.
        for (const { itemType, byType } of Items) if (itemType === 'event') types.push(byType)
      }
      const streams = [{ types: [...new Set(types)] }]
      const events = await Array.fromAsync(first.read(streams))
      // The index by type, from which they are read, misses none of the table's.
      if (events.length !== types.length) throw new Error(`${events.length} of ${types.length}`)
      return events
    }
    const remove = async (): Promise<void> => {
      await Promise.all(stores.map((store) => store.close()))
      await client.send(new DeleteTableCommand({ TableName: tableName }))
      for (const each of clients) each.destroy()
    }
    return {
      store: first,
      reopen: () => open(connect()),
      everything,
      [Symbol.asyncDispose]: remove,
    }
  },
}

const chosen = process.env['STORES']?.split(',')

/** Memory, SQLite, PostgreSQL and DynamoDB, or those of them that the environment names in `STORES`. */
export const everyStore: readonly AnyStore[] = [memory, sqlite, postgres, dynamodb].filter(
  ({ name }) => chosen?.includes(name) ?? true,
)
