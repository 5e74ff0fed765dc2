import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { dropSql, migrate, openPostgres } from 'eventfold/postgres'
import { openSqlite } from 'eventfold/sqlite'
import { Pool } from 'pg'
import { inject } from 'vitest'
import type { JsonCodec } from '../store/json.ts'
import type { EventStore } from '../store/store.ts'
import { MemoryEventStore } from '../stores/memory/index.ts'

/** A log of one test, gone when the test ends. */
export interface FreshLog extends AsyncDisposable {
  readonly store: EventStore
}

export interface LogOptions {
  readonly codec?: JsonCodec
}

/** A kind of store that all of this is tested on. */
export interface AnyStore {
  readonly name: string
  readonly open: (options?: LogOptions) => Promise<FreshLog>
}

const memory: AnyStore = {
  name: 'memory',
  open: async (options) => {
    const store = new MemoryEventStore(options)
    return { store, [Symbol.asyncDispose]: () => store.close() }
  },
}

const sqlite: AnyStore = {
  name: 'sqlite',
  open: async (options) => {
    const folder = mkdtempSync(join(tmpdir(), 'eventfold-'))
    const store = openSqlite(join(folder, 'log.db'), { ...options, synchronous: 'NORMAL' })
    const remove = async (): Promise<void> => {
      await store.close()
      rmSync(folder, { recursive: true })
    }
    return { store, [Symbol.asyncDispose]: remove }
  },
}

let logs = 0

const postgres: AnyStore = {
  name: 'postgres',
  open: async (options) => {
    const missing = inject('postgresMissing')
    if (missing !== undefined) throw new Error(missing)
    logs += 1
    // A schema of its own in the database that the run has anyway.
    const schema = `aggregates_${process.pid}_${logs}`
    const tables = {
      events: { schema, name: 'events' },
      projections: { schema, name: 'projections' },
    }
    const pool = new Pool({ connectionString: inject('postgresUrl') })
    pool.on('error', () => {})
    await migrate(pool, tables)
    const store = openPostgres({ ...options, pool, tables })
    const remove = async (): Promise<void> => {
      await store.close()
      await pool.query(dropSql(tables))
      await pool.query(`drop schema ${schema}`)
      await pool.end()
    }
    return { store, [Symbol.asyncDispose]: remove }
  },
}

const chosen = process.env['STORES']?.split(',')

/** Memory, SQLite and PostgreSQL, or those of them that the environment names in `STORES`. */
export const everyStore: readonly AnyStore[] = [memory, sqlite, postgres].filter(
  ({ name }) => chosen?.includes(name) ?? true,
)
