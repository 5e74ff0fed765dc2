import { migrate, openPostgres } from 'eventfold/postgres'
import { Client, Pool } from 'pg'
import { inject } from 'vitest'
import { stores as others } from '../client/stores.fixture.ts'
import type { EventStore } from '../store/store.ts'

/** A log of one test, gone when the test ends. */
export interface TestLog extends AsyncDisposable {
  readonly store: EventStore
  /** The same log as another process would open it; the same store again where nothing else can. */
  readonly reopen: () => EventStore
  /** Where the store takes the transactions of others: what they begin on. */
  readonly pool?: Pool
}

async function execute(url: string, text: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(text)
  } finally {
    await client.end()
  }
}

let made = 0

async function openServer(): Promise<TestLog> {
  const missing = inject('postgresMissing')
  if (missing !== undefined) throw new Error(missing)
  const server = inject('postgresUrl')
  made += 1
  const name = `dispatch_${process.pid}_${made}_${Math.random().toString(36).slice(2, 8)}`
  await execute(server, `create database ${name}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  const pools: Pool[] = []
  const open = (): Pool => {
    const pool = new Pool({ connectionString: url.href, max: 4 })
    pool.on('error', () => {})
    pools.push(pool)
    return pool
  }
  const pool = open()
  await migrate(pool)
  return {
    pool,
    store: openPostgres({ pool }),
    reopen: () => openPostgres({ pool: open() }),
    [Symbol.asyncDispose]: async () => {
      await Promise.all(pools.map((opened) => opened.end()))
      await execute(server, `drop database if exists ${name} with (force)`)
    },
  }
}

const isWanted = process.env['STORES']?.split(',').includes('postgres') ?? true

/** Memory, SQLite and PostgreSQL, or those that the environment names in `STORES`. */
export const stores: readonly { name: string; open: () => TestLog | Promise<TestLog> }[] = [
  ...others,
  ...(isWanted ? [{ name: 'postgres', open: openServer }] : []),
]
