import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { MemoryEventStore, type EventStore } from 'eventfold'
import { dropSql, migrate, openPostgres, type PostgresTables } from 'eventfold/postgres'
import { openSqlite } from 'eventfold/sqlite'
import { Pool } from 'pg'

/** An empty log, and where it is. */
export interface OpenedStore extends AsyncDisposable {
  readonly store: EventStore
  readonly name: string
}

const kinds = ['sqlite', 'postgres', 'memory']

/**
 * Opens what `--store` names: `sqlite`, the default, in a file that is gone afterwards; `postgres`, the
 * server of `DATABASE_URL` in a schema that each run empties, else a server that lives as long as this
 * run; `memory`.
 */
export async function openStore(schema: string, args?: string[]): Promise<OpenedStore> {
  const { values } = parseArgs({ args, options: { store: { type: 'string', default: 'sqlite' } } })
  switch (values.store) {
    case 'sqlite':
      return openFile(schema)
    case 'postgres':
      return openServer(schema, process.env['DATABASE_URL'])
    case 'memory': {
      const store = new MemoryEventStore()
      return { store, name: 'memory', [Symbol.asyncDispose]: () => store.close() }
    }
    default:
      throw new Error(`--store ${values.store}: there are ${kinds.join(', ')}`)
  }
}

function openFile(schema: string): OpenedStore {
  const folder = mkdtempSync(join(tmpdir(), `eventfold-${schema}-`))
  const store = openSqlite(join(folder, 'log.db'))
  const remove = async (): Promise<void> => {
    await store.close()
    rmSync(folder, { recursive: true })
  }
  return { store, name: 'SQLite', [Symbol.asyncDispose]: remove }
}

async function openServer(schema: string, url: string | undefined): Promise<OpenedStore> {
  const own = url === undefined ? await startOwnServer() : undefined
  const pool = new Pool({ connectionString: url ?? own?.url })
  pool.on('error', () => {})
  const end = async (): Promise<void> => {
    await pool.end()
    await own?.[Symbol.asyncDispose]()
  }
  try {
    const tables: PostgresTables = {
      events: { schema, name: 'events' },
      projections: { schema, name: 'projections' },
    }
    await pool.query(dropSql(tables))
    await migrate(pool, tables)
    const { rows } = await pool.query('show server_version')
    const store = openPostgres({ pool, tables })
    const close = async (): Promise<void> => {
      await store.close()
      await end()
    }
    const name = `PostgreSQL ${rows[0].server_version}${own ? ', started for this run' : ''}`
    return { store, name, [Symbol.asyncDispose]: close }
  } catch (error) {
    await end()
    throw error
  }
}

/** The server of this project's tests, from npm: nothing has to be installed. */
async function startOwnServer() {
  const { startServer } = await import('../src/stores/postgres/own-server.fixture.ts')
  return startServer()
}
