import knex, { type Knex } from 'knex'
import config from './knexfile.mjs'

/** A migrated database, and who it is. */
export interface Database extends AsyncDisposable {
  readonly knex: Knex
  readonly name: string
  readonly migrations: readonly string[]
}

/** The database of `DATABASE_URL`, else a server that lives as long as this run. */
export async function openDatabase(): Promise<Database> {
  const url = process.env['DATABASE_URL']
  const server = url === undefined ? await startOwnServer() : undefined
  const db = knex({ ...config, connection: url ?? server?.url ?? '' })
  const close = async (): Promise<void> => {
    await db.destroy()
    await server?.[Symbol.asyncDispose]()
  }
  try {
    const [, migrations] = (await db.migrate.latest()) as [number, string[]]
    const { rows } = await db.raw('show server_version')
    return {
      knex: db,
      name: `PostgreSQL ${rows[0].server_version}${server ? ', started for this run' : ''}`,
      migrations: migrations.map((path) =>
        path.replace(/^.*?\d+_|\.mjs$/g, '').replaceAll('_', ' '),
      ),
      [Symbol.asyncDispose]: close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** The server of this project's tests, from npm: nothing has to be installed. */
async function startOwnServer() {
  const { startServer } = await import('../../src/stores/postgres/own-server.fixture.ts')
  return startServer()
}
