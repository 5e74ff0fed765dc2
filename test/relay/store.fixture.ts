import { Pool } from 'pg'
import type { EventStore } from 'eventfold'
import { migrate, openPostgres } from 'eventfold/postgres'
import { openSqlite } from 'eventfold/sqlite'

/** Opens the log in a file, or behind an address of PostgreSQL. `close` also ends the connections. */
export async function openLog(target: string): Promise<EventStore> {
  if (!target.startsWith('postgres')) return openSqlite(target)
  const pool = new Pool({ connectionString: target, max: 3 })
  pool.on('error', () => {})
  await migrate(pool)
  const store = openPostgres({ pool })
  const close = async (): Promise<void> => {
    await store.close()
    await pool.end()
  }
  return { ...store, close }
}
