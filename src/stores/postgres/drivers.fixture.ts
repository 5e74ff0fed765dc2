import type { PGlite } from '@electric-sql/pglite'
import { drizzle as overNodePostgres } from 'drizzle-orm/node-postgres'
import { drizzle as overPglite } from 'drizzle-orm/pglite'
import { drizzle as overPostgresJs } from 'drizzle-orm/postgres-js'
import knex from 'knex'
import { Pool } from 'pg'
import postgres from 'postgres'
import { fromDrizzle } from './hands/drizzle.ts'
import { fromKnex } from './hands/knex.ts'
import { fromPg } from './hands/pg.ts'
import { fromPglite } from './hands/pglite.ts'
import { fromPostgresJs } from './hands/postgres-js.ts'
import type { Driver } from './stores.fixture.ts'

/** How a driver connects to a server. PGlite is its own. */
type ToServer = (url: string, connections: number) => Driver

/** The drivers that speak to a server. */
export const drivers = {
  pg: (url, max) => {
    const pool = poolOf(url, max)
    return {
      hand: fromPg(pool),
      transaction: async (work) => {
        const client = await pool.connect()
        try {
          await client.query('begin')
          await work(client)
          await client.query('commit')
        } catch (error) {
          await client.query('rollback')
          throw error
        } finally {
          client.release()
        }
      },
      end: () => pool.end(),
    }
  },
  'postgres.js': (url, max) => {
    const sql = postgres(url, { max, onnotice: () => {} })
    return {
      hand: fromPostgresJs(sql),
      transaction: async (work) => {
        await sql.begin(async (inside) => await work(inside))
      },
      end: () => sql.end(),
    }
  },
  'Drizzle over pg': (url, max) => {
    const pool = poolOf(url, max)
    const db = overNodePostgres(pool)
    return {
      hand: fromDrizzle(db),
      transaction: (work) => db.transaction(work),
      end: () => pool.end(),
    }
  },
  'Drizzle over postgres.js': (url, max) => {
    const sql = postgres(url, { max, onnotice: () => {} })
    const db = overPostgresJs(sql)
    return {
      hand: fromDrizzle(db),
      transaction: (work) => db.transaction(work),
      end: () => sql.end(),
    }
  },
  Knex: (url, max) => {
    const db = knex({ client: 'pg', connection: url, pool: { min: 0, max } })
    return {
      hand: fromKnex(db),
      transaction: (work) => db.transaction(work),
      end: () => db.destroy(),
    }
  },
} satisfies Readonly<Record<string, ToServer>>

/** The drivers over one PGlite in memory, which nobody else can open. */
export const embedded: Readonly<Record<string, (db: PGlite) => Driver>> = {
  PGlite: (db) => ({
    hand: fromPglite(db),
    transaction: async (work) => {
      await db.transaction(async (inside) => await work(inside))
    },
    end: async () => {},
  }),
  'Drizzle over PGlite': (pglite) => {
    const db = overPglite(pglite)
    return {
      hand: fromDrizzle(db),
      transaction: (work) => db.transaction(work),
      end: async () => {},
    }
  },
}

function poolOf(url: string, max: number): Pool {
  const pool = new Pool({ connectionString: url, max })
  pool.on('error', () => {})
  return pool
}
