import { setTimeout as delay } from 'node:timers/promises'
import { Client, Pool } from 'pg'
import type { NewEvent } from '../../../event/event.ts'
import type { EventStore } from '../../../store/store.ts'
import { migrate, openPostgres, type PostgresEventStore, type PostgresOptions } from '../index.ts'
import { freshDatabase } from '../server.fixture.ts'

/** A log in a database of its own, and a second connection that looks on. */
export interface Log extends AsyncDisposable {
  readonly url: string
  readonly pool: Pool
  readonly store: PostgresEventStore
  /** The same log through a pool of its own, as another process would open it. */
  readonly open: (options?: Partial<PostgresOptions>, connections?: number) => PostgresEventStore
  /** A connection of the application. */
  readonly connect: () => Promise<Client>
  readonly query: <Row = Record<string, unknown>>(text: string) => Promise<Row[]>
  /** Returns once so many commits wait for the log, with the processes that serve them. */
  readonly waiting: (count?: number) => Promise<number[]>
}

export async function openLog(
  options: Partial<PostgresOptions> = {},
  server?: string,
): Promise<Log> {
  const database = await freshDatabase(server)
  const ends: (() => Promise<unknown>)[] = [async () => database[Symbol.asyncDispose]()]
  const poolOf = (max: number): Pool => {
    const pool = new Pool({ connectionString: database.url, max })
    pool.on('error', () => {})
    ends.push(async () => {
      await pool.end().catch(() => {})
    })
    return pool
  }
  const connect = async (): Promise<Client> => {
    const client = new Client({ connectionString: database.url })
    client.on('error', () => {})
    await client.connect()
    ends.push(() => client.end().catch(() => {}))
    return client
  }
  const observer = await connect()
  const query = async <Row>(text: string): Promise<Row[]> =>
    (await observer.query<Row & object>(text)).rows
  const pool = poolOf(16)
  await migrate(pool)
  return {
    url: database.url,
    pool,
    store: openPostgres({ pool, ...options }),
    open: (more = {}, connections = 4) => openPostgres({ pool: poolOf(connections), ...more }),
    connect,
    query,
    waiting: async (count = 1) => {
      for (;;) {
        const rows = await query<{ pid: number }>(
          `select l.pid from pg_locks l join pg_database d on d.oid = l.database
            where d.datname = current_database() and l.locktype = 'advisory' and not l.granted`,
        )
        if (rows.length >= count) return rows.map(({ pid }) => pid)
        await delay(2)
      }
    },
    [Symbol.asyncDispose]: async () => {
      for (const end of ends.toReversed()) await end()
    },
  }
}

export function happened(cartId: string, id?: string): NewEvent {
  return { ...(id !== undefined && { id }), type: 'HAPPENED', data: { cartId } }
}

/** What is in the log: positions and carts, in order. */
export async function carts(store: EventStore): Promise<string[]> {
  const { events } = await store.load('all')
  return events.map(({ position, data }) => `${position} ${(data as { cartId: string }).cartId}`)
}
