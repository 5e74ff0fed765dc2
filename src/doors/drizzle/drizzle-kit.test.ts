import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres'
import { migrate as applyMigrations } from 'drizzle-orm/node-postgres/migrator'
import { Pool } from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { freshDatabase, type FreshDatabase } from '../../stores/postgres/server.fixture.ts'
import { createEventClient, migrate, migrationSql, type LogTables } from './index.ts'
import * as inSchema from './kit-schema.fixture.ts'
import * as inPublic from './kit-schema-public.fixture.ts'

const schemas: readonly {
  readonly place: string
  readonly file: string
  readonly tables: LogTables
  readonly schemaFilter?: readonly string[]
}[] = [
  {
    place: 'a schema of its own',
    file: 'kit-schema.fixture.ts',
    tables: inSchema,
    schemaFilter: ['my_app'],
  },
  { place: 'public', file: 'kit-schema-public.fixture.ts', tables: inPublic },
]

describe.each(schemas)(
  'drizzle-kit with the tables in $place',
  ({ file, tables, schemaFilter }) => {
    let folder: string
    let database: FreshDatabase
    let pool: Pool
    let db: NodePgDatabase

    const configure = (filter: readonly string[] | undefined): void => {
      const config = {
        dialect: 'postgresql',
        schema: join(import.meta.dirname, file),
        out: './migrations',
        dbCredentials: { url: database.url },
        ...(filter && { schemaFilter: filter }),
      }
      writeFileSync(join(folder, 'drizzle.config.json'), JSON.stringify(config))
    }

    beforeEach(async () => {
      folder = mkdtempSync(join(tmpdir(), 'eventfold-kit-'))
      database = await freshDatabase()
      pool = new Pool({ connectionString: database.url })
      pool.on('error', () => {})
      db = drizzle(pool)
      configure(schemaFilter)
    })
    afterEach(async () => {
      await pool.end()
      await database[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true })
    })

    const kit = (...args: string[]): string => {
      const bin = fileURLToPath(new URL('bin.cjs', import.meta.resolve('drizzle-kit')))
      const given = [bin, ...args, '--config', 'drizzle.config.json']
      const env = { ...process.env, NODE_OPTIONS: '--conditions=eventfold-source' }
      const { stdout, stderr } = spawnSync(process.execPath, given, {
        cwd: folder,
        env,
        encoding: 'utf8',
      })
      return stdout + stderr
    }
    /** A database that has lived for a while is analysed, and drizzle-kit may read its catalogs in another order. */
    const push = async () => {
      await pool.query('analyze')
      return kit('push', '--strict', '--verbose')
    }
    const migrationsFolder = () => join(folder, 'migrations')
    const sqlOf = (name: RegExp): string => {
      const found = readdirSync(migrationsFolder()).find((migration) => name.test(migration))
      return join(migrationsFolder(), found!)
    }
    const client = () => createEventClient(db, tables.events, tables.projections)
    const useLog = async () => {
      const event = { type: 'A', data: { cartId: 'cart_1' } }
      const { id } = await client().saveEvent(event)
      for (const name of ['b', 'A', 'a', 'B']) {
        await client().saveProjection({ type: 'V', id: name, data: {}, latestEventId: id })
      }
      expect(await client().getEventStream(['A'], { data: { cartId: 'cart_1' } })).toHaveLength(1)
      const views = await client().queryProjections({ type: 'V' })
      expect(views.map((view) => view.id)).toEqual(['A', 'B', 'a', 'b'])
      await expect(
        client().saveEventWithStreamValidation(event, undefined, [{ types: ['A'] }]),
      ).rejects.toMatchObject({ code: 'CONFLICT' })
    }

    test('push finds nothing to change after migrate, nor to drop', async () => {
      await migrate(db, tables)
      if (tables === inPublic) await pool.query('create table users (id text primary key)')
      await useLog()
      expect(await push()).toContain('No changes detected')
      if (schemaFilter) configure(['public', ...schemaFilter])
      expect(await push()).toContain('No changes detected')
    })

    test('generate makes the tables, and migrate the rest', async () => {
      expect(kit('generate', '--name', 'tables')).toContain('migration file')
      await applyMigrations(db, { migrationsFolder: migrationsFolder() })
      await expect(client().saveEvent({ type: 'A', data: {} })).rejects.toMatchObject({
        code: 'STORE',
        fault: 'not-a-log',
        message: expect.stringMatching(/migrate/u),
      })
      await migrate(db, tables)
      await useLog()
      expect(await push()).toContain('No changes detected')
      expect(kit('generate')).toContain('No schema changes')
    })

    test('a custom migration makes the rest too', async () => {
      kit('generate', '--name', 'tables')
      expect(kit('generate', '--custom', '--name', 'log')).toContain('migration file')
      writeFileSync(sqlOf(/log\.sql$/u), migrationSql(tables))
      expect(readFileSync(sqlOf(/tables\.sql$/u), 'utf8')).toContain('CREATE TABLE')
      expect(kit('migrate')).toContain('migrations applied successfully')
      await useLog()
      expect(await push()).toContain('No changes detected')
    })

    test('push makes the tables, and migrate the rest', async () => {
      expect(await push()).not.toContain('No changes detected')
      kit('push', '--force')
      await migrate(db, tables)
      await useLog()
      expect(await push()).toContain('No changes detected')
    })
  },
)
