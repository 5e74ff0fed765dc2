import type { EventStore } from 'eventfold'

/**
 * Opens the log in a file, or behind an address of PostgreSQL, where its tables are made when it is new.
 * What is not needed is not loaded.
 */
export async function openLog(
  target: string,
  { isNew = false } = {},
): Promise<EventStore & AsyncDisposable> {
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
