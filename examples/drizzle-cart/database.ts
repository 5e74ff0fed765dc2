import { PGlite } from '@electric-sql/pglite'
import { sql } from 'drizzle-orm'
import { drizzle as drizzleNodePostgres } from 'drizzle-orm/node-postgres'
import { drizzle as drizzlePglite } from 'drizzle-orm/pglite'
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core'
import { migrate } from 'eventfold/drizzle'
import { Pool } from 'pg'
import { events, projections } from './schema.ts'

/** A Drizzle database, whichever driver it has. */
export type Db = PgDatabase<PgQueryResultHKT> & { readonly $client: unknown }

export interface Database extends AsyncDisposable {
  readonly db: Db
  readonly name: string
}

/** The server that the URL names; without one PostgreSQL inside this process, gone when it ends. */
export async function openDatabase(url: string | undefined): Promise<Database> {
  const { db, name, close } = url === undefined ? overPglite() : overServer(url)
  await migrate(db, { events, projections })
  // What drizzle-kit would do for the shop's own table.
  await db.execute(sql`
    create table if not exists cart_shop.orders (
      cart_id text primary key, total integer not null, ordered_at timestamptz not null default now())`)
  return { db, name, [Symbol.asyncDispose]: close }
}

function overPglite() {
  const client = new PGlite()
  const db: Db = drizzlePglite(client)
  return { db, name: 'PGlite, in memory', close: () => client.close() }
}

function overServer(url: string) {
  const client = new Pool({ connectionString: url })
  const db: Db = drizzleNodePostgres(client)
  return { db, name: new URL(url).host, close: () => client.end() }
}
