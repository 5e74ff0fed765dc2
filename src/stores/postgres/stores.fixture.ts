import { Pool } from 'pg'
import type { LogOptions, OpenLog } from '../../conformance/law.ts'
import type { PostgresHand } from './hand.ts'
import { migrate, openPostgres, type PostgresOptions, type PostgresTables } from './index.ts'

/** A driver as the laws use it: connections to one database, and transactions as its users begin them. */
export interface Driver {
  readonly hand: PostgresHand
  readonly transaction: (work: (transaction: unknown) => Promise<void>) => Promise<void>
  readonly end: () => Promise<unknown>
}

/** Connects to a database anew, as another process would. */
export type Connect = () => Driver | Promise<Driver>

let opened = 0

/** A new log in the database, in a schema of its own. */
export async function openLog(
  driver: Driver,
  again: Connect,
  options: LogOptions & Partial<PostgresOptions> = {},
): Promise<OpenLog> {
  opened += 1
  const schema = `log_${process.pid}_${opened}`
  const tables: PostgresTables = {
    events: { schema, name: 'events' },
    projections: { schema, name: 'projections' },
  }
  await migrate(driver.hand, tables, options)
  const others: Driver[] = []
  const open = (hand: PostgresHand): ReturnType<typeof openPostgres> =>
    openPostgres({ ...options, pool: hand, tables })
  return {
    store: open(driver.hand),
    reopen: async () => {
      const other = await again()
      others.push(other)
      return open(other.hand)
    },
    transaction: driver.transaction,
    remove: async () => {
      await Promise.all(others.map((other) => other.end()))
    },
  }
}

/** A pool of `pg` that warms up before it is used. */
export async function warmPool(url: string, max = 16): Promise<Pool> {
  const pool = new Pool({ connectionString: url, max })
  pool.on('error', () => {})
  const clients = await Promise.all(Array.from({ length: max }, () => pool.connect()))
  for (const client of clients) client.release()
  return pool
}
