import { PGlite } from '@electric-sql/pglite'
import { drizzle as overNodePostgres } from 'drizzle-orm/node-postgres'
import { drizzle as overPglite } from 'drizzle-orm/pglite'
import { drizzle as overPostgresJs } from 'drizzle-orm/postgres-js'
import { drizzle as overNodePostgres038 } from 'drizzle-orm-0-38/node-postgres'
import { drizzle as overPglite038 } from 'drizzle-orm-0-38/pglite'
import { drizzle as overPostgresJs038 } from 'drizzle-orm-0-38/postgres-js'
import { sql, type SQL } from 'drizzle-orm'
import { sql as sql038 } from 'drizzle-orm-0-38'
import { Pool } from 'pg'
import postgres from 'postgres'
import { freshDatabase } from '../../stores/postgres/server.fixture.ts'

/** What the tests use of a Drizzle database, whichever driver and version it has. */
export interface AnyDb {
  readonly $client: unknown
  readonly _: object
  execute(query: SQL): PromiseLike<unknown>
  transaction<Result>(
    work: (tx: AnyDb & { rollback(): never }) => Promise<Result>,
    config?: { readonly isolationLevel?: 'repeatable read' | 'serializable' | 'read committed' },
  ): Promise<Result>
}

export interface TestDb extends AsyncDisposable {
  readonly db: AnyDb
  /** Runs a statement of the application's own. */
  readonly execute: (on: AnyDb, text: string) => Promise<Record<string, unknown>[]>
}

export interface Engine {
  readonly name: string
  readonly open: () => Promise<TestDb>
}

type Sql = { readonly raw: (text: string) => unknown }

const versions: readonly {
  readonly version: string
  readonly sql: Sql
  readonly pg: (client: never) => unknown
  readonly postgresJs: (client: never) => unknown
  readonly pglite: (client: never) => unknown
}[] = [
  {
    version: 'newest',
    sql,
    pg: overNodePostgres,
    postgresJs: overPostgresJs,
    pglite: overPglite,
  },
  {
    version: '0.38.3',
    sql: sql038,
    pg: overNodePostgres038,
    postgresJs: overPostgresJs038,
    pglite: overPglite038,
  },
]

/** The three drivers of Drizzle, on the newest and the oldest version of it. */
export const engines: readonly Engine[] = versions.flatMap(({ version, ...made }) => {
  const testDb = (db: unknown, close: () => Promise<unknown>): TestDb => ({
    db: db as AnyDb,
    execute: async (on, text) => {
      const result = (await on.execute(made.sql.raw(text) as SQL)) as
        | Record<string, unknown>[]
        | { rows: Record<string, unknown>[] }
      return Array.isArray(result) ? result : result.rows
    },
    [Symbol.asyncDispose]: async () => {
      await close()
    },
  })
  return [
    {
      name: `node-postgres (${version})`,
      open: async () => {
        const database = await freshDatabase()
        const pool = new Pool({ connectionString: database.url })
        pool.on('error', () => {})
        return testDb(made.pg(pool as never), async () => {
          await pool.end()
          await database[Symbol.asyncDispose]()
        })
      },
    },
    {
      name: `postgres-js (${version})`,
      open: async () => {
        const database = await freshDatabase()
        const client = postgres(database.url, { onnotice: () => {} })
        return testDb(made.postgresJs(client as never), async () => {
          await client.end()
          await database[Symbol.asyncDispose]()
        })
      },
    },
    {
      name: `pglite (${version})`,
      open: async () => {
        const client = new PGlite()
        return testDb(made.pglite(client as never), () => client.close())
      },
    },
  ]
})
