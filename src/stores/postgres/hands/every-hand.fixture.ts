import { createRequire } from 'node:module'
import { PGlite } from '@electric-sql/pglite'
import { drizzle as drizzlePg } from 'drizzle-orm/node-postgres'
import { drizzle as drizzlePglite } from 'drizzle-orm/pglite'
import { drizzle as drizzlePostgresJs } from 'drizzle-orm/postgres-js'
import { drizzle as oldDrizzlePg } from 'drizzle-orm-0-38/node-postgres'
import { drizzle as oldDrizzlePglite } from 'drizzle-orm-0-38/pglite'
import { drizzle as oldDrizzlePostgresJs } from 'drizzle-orm-0-38/postgres-js'
import { knex } from 'knex'
import { knex as oldKnex } from 'knex-3-1'
import { Client, Pool } from 'pg'
import postgres from 'postgres'
import type { PostgresHand } from '../hand.ts'
import { fromDrizzle, type DrizzleLike } from './drizzle.ts'
import { fromKnex } from './knex.ts'
import { fromPg, type PgClientLike } from './pg.ts'
import { fromPglite } from './pglite.ts'
import { fromPostgresJs } from './postgres-js.ts'

// It has no types of its own under this name.
const require = createRequire(import.meta.url)
const { Client: OldClient, Pool: OldPool } = require('pg-8-13') as typeof import('pg')

/** A hand on a database, and what a user of its driver does beside it. */
export interface OpenHand extends AsyncDisposable {
  readonly hand: PostgresHand
  /** A transaction as the user of the driver makes one. It is rolled back where `work` rejects. */
  readonly transaction: (work: (transaction: unknown) => Promise<void>) => Promise<void>
}

export interface HandCase {
  readonly name: string
  /** PGlite has a database in memory of its own, and only one connection. */
  readonly embedded: boolean
  /** Whether there is one connection at most, whatever is asked for. */
  readonly single: boolean
  readonly open: (url: string, connections: number) => Promise<OpenHand>
}

type Transacting = (work: (transaction: unknown) => Promise<void>) => Promise<unknown>

function opened(
  hand: PostgresHand,
  transaction: Transacting,
  close: () => Promise<unknown>,
): OpenHand {
  return {
    hand,
    transaction: async (work) => void (await transaction(work)),
    [Symbol.asyncDispose]: async () => void (await close()),
  }
}

function pool(Class: typeof Pool, url: string, max: number): Pool {
  const made = new Class({ connectionString: url, max })
  made.on('error', () => {})
  return made
}

function sqlOf(url: string, max: number): postgres.Sql {
  return postgres(url, { max, onnotice: () => {} })
}

async function begun(client: PgClientLike, work: () => Promise<void>): Promise<void> {
  await client.query({ text: 'begin' })
  try {
    await work()
    await client.query({ text: 'commit' })
  } catch (error) {
    await client.query({ text: 'rollback' })
    throw error
  }
}

function pgPool(name: string, Class: typeof Pool): HandCase {
  const open = (url: string, max: number): OpenHand => {
    const made = pool(Class, url, max)
    const transaction: Transacting = async (work) => {
      const client = await made.connect()
      await begun(client, () => work(client)).finally(() => client.release())
    }
    return opened(fromPg(made), transaction, () => made.end())
  }
  return { name, embedded: false, single: false, open: async (url, max) => open(url, max) }
}

function pgClient(name: string, Class: typeof Client): HandCase {
  const open = async (url: string): Promise<OpenHand> => {
    const client = new Class({ connectionString: url })
    client.on('error', () => {})
    await client.connect()
    return opened(
      fromPg(client),
      (work) => begun(client, () => work(client)),
      () => client.end(),
    )
  }
  return { name, embedded: false, single: true, open }
}

interface Drizzle extends DrizzleLike {
  transaction(work: (transaction: unknown) => Promise<void>): Promise<unknown>
}

function drizzleCase(
  name: string,
  make: (url: string, max: number) => { db: Drizzle; close: () => Promise<unknown> },
): HandCase {
  const open = async (url: string, max: number): Promise<OpenHand> => {
    const { db, close } = make(url, max)
    return opened(fromDrizzle(db), (work) => db.transaction(work), close)
  }
  const embedded = name.includes('PGlite')
  return { name, embedded, single: embedded, open }
}

function overPool(make: (made: Pool) => Drizzle): Parameters<typeof drizzleCase>[1] {
  return (url, max) => {
    const made = pool(Pool, url, max)
    return { db: make(made), close: () => made.end() }
  }
}

function overSql(make: (sql: postgres.Sql) => Drizzle): Parameters<typeof drizzleCase>[1] {
  return (url, max) => {
    const sql = sqlOf(url, max)
    return { db: make(sql), close: () => sql.end() }
  }
}

function overPglite(make: (db: PGlite) => Drizzle): Parameters<typeof drizzleCase>[1] {
  return () => {
    const db = new PGlite()
    return { db: make(db), close: () => db.close() }
  }
}

function knexCase(name: string, make: typeof knex): HandCase {
  const open = async (url: string, max: number): Promise<OpenHand> => {
    const db = make({
      client: 'pg',
      connection: url,
      pool: { min: 0, max },
      log: { warn: () => {} },
      postProcessResponse: () => 'not for the store',
    })
    const transaction: Transacting = (work) => db.transaction(work)
    return opened(fromKnex(db), transaction, () => db.destroy())
  }
  return { name, embedded: false, single: false, open }
}

async function openPostgresJs(url: string, max: number): Promise<OpenHand> {
  const sql = sqlOf(url, max)
  return opened(
    fromPostgresJs(sql),
    (work) => sql.begin(work),
    () => sql.end(),
  )
}

async function openPglite(): Promise<OpenHand> {
  const db = new PGlite()
  return opened(
    fromPglite(db),
    (work) => db.transaction(work),
    () => db.close(),
  )
}

/** Every hand, with the newest and the oldest version of what it works on. */
export const everyHand: readonly HandCase[] = [
  pgPool('pg Pool', Pool),
  pgPool('pg Pool 8.13', OldPool),
  pgClient('pg Client', Client),
  pgClient('pg Client 8.13', OldClient),
  { name: 'postgres.js', embedded: false, single: false, open: openPostgresJs },
  { name: 'PGlite', embedded: true, single: true, open: openPglite },
  drizzleCase(
    'Drizzle over pg',
    overPool((made) => drizzlePg(made)),
  ),
  drizzleCase(
    'Drizzle over postgres.js',
    overSql((sql) => drizzlePostgresJs(sql)),
  ),
  drizzleCase(
    'Drizzle over PGlite',
    overPglite((db) => drizzlePglite(db)),
  ),
  drizzleCase(
    'Drizzle 0.38 over pg',
    overPool((made) => oldDrizzlePg(made)),
  ),
  drizzleCase(
    'Drizzle 0.38 over postgres.js',
    overSql((sql) => oldDrizzlePostgresJs(sql)),
  ),
  drizzleCase(
    'Drizzle 0.38 over PGlite',
    overPglite((db) => oldDrizzlePglite(db)),
  ),
  knexCase('Knex', knex),
  knexCase('Knex 3.1', oldKnex as unknown as typeof knex),
]
