import { getTableColumns, is } from 'drizzle-orm'
import { getTableConfig, PgSchema, PgTable } from 'drizzle-orm/pg-core'
import { drizzle } from 'drizzle-orm/node-postgres'
import { Pool } from 'pg'
import { describe, expect, test } from 'vitest'
import { olderLog } from '../../stores/postgres/older-log.fixture.ts'
import { freshDatabase } from '../../stores/postgres/server.fixture.ts'
import {
  createEventClient,
  createEventsTable,
  createProjectionBaseClasssTable,
  createProjectionsTable,
  migrate,
  migrationSql,
  type LogTables,
} from './index.ts'

test('the tables have names of their own, or those they are given', () => {
  expect(getTableConfig(createEventsTable())).toMatchObject({ name: 'events', schema: undefined })
  expect(getTableConfig(createProjectionsTable())).toMatchObject({ name: 'projections' })
  const given = { schema: 'my_app', name: 'views' }
  expect(getTableConfig(createProjectionsTable(given))).toMatchObject(given)
  expect(getTableConfig(createEventsTable({ schema: 'public' })).schema).toBeUndefined()
  expect(getTableConfig(createProjectionBaseClasssTable(given))).toMatchObject(given)
})

test('a table of a schema is an export of that schema to drizzle-kit alone', () => {
  const table = createEventsTable({ schema: 'my_app' })
  expect([is(table, PgTable), is(table, PgSchema)]).toEqual([true, true])
  expect(Object.keys(table)).toEqual(Object.keys(getTableColumns(table)).concat('enableRLS'))
  expect(is(createEventsTable(), PgSchema)).toBe(false)
})

test.each([createEventsTable, createProjectionsTable])(
  'an index over an unknown column is refused, with the columns that there are (%s)',
  (create) => {
    const indexed = (...columns: string[]) =>
      create({ additionalIndexes: [{ name: 'mine', columns }] })
    expect(() => indexed('createdAt', 'creatdAt')).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        message: expect.stringMatching(/mine names the column "creatdAt".*createdAt/u),
      }),
    )
    expect(() => indexed('constructor')).toThrow('constructor')
    expect(() => indexed()).toThrow('mine names no column')
    const { indexes } = getTableConfig(indexed('createdAt'))
    expect(indexes.map(({ config }) => config.name)).toContain('mine')
  },
)

describe('what is no table of this door is refused by name', () => {
  const [events, projections] = [createEventsTable(), createProjectionsTable()]
  test.each([
    [{ events: projections, projections }, /^events: .*createEventsTable.*one of projections/u],
    [{ events, projections: events }, /^projections: .*createProjectionsTable/u],
    [{ events: undefined, projections }, /^events: /u],
    [undefined, /^events: /u],
  ])('%#', (given, message) => {
    expect(() => migrationSql(given as never)).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        message: expect.stringMatching(message),
      }),
    )
  })
})

test('the SQL for a migration is one statement without a question mark', () => {
  const sql = migrationSql({
    events: createEventsTable({ additionalIndexes: [{ name: 'by_time', columns: ['createdAt'] }] }),
    projections: createProjectionsTable({ name: 'views', dataIndexes: ['total'] }),
  })
  expect(sql).toMatch(
    /^do \$migration\$[^?]*"by_time"[^?]*views_data_total_idx[^?]*end \$migration\$;?$/u,
  )
})

describe('on a server', () => {
  const tables = {
    events: createEventsTable({
      schema: 'my_app',
      dataIndexes: ['sku'],
      additionalIndexes: [{ name: 'by_time', columns: ['createdAt', 'aggregate_type'] }],
    }),
    projections: createProjectionsTable({ schema: 'my_app', dataIndexes: ['total'] }),
  }
  const withDb = async (
    work: (db: ReturnType<typeof drizzle>, pool: Pool) => Promise<void>,
  ): Promise<void> => {
    await using database = await freshDatabase()
    const pool = new Pool({ connectionString: database.url })
    pool.on('error', () => {})
    try {
      await work(drizzle(pool), pool)
    } finally {
      await pool.end()
    }
  }

  test('queries of your own read the tables', async () => {
    await withDb(async (db) => {
      await migrate(db, tables)
      const client = createEventClient(db, tables.events, tables.projections)
      const saved = await client.saveEvent({ type: 'A', data: { sku: 'x' } })
      await client.saveProjection({
        type: 'V',
        id: '1',
        data: { total: 2 },
        latestEventId: saved.id,
      })
      const rows = await db.select().from(tables.events)
      expect(rows).toEqual([
        {
          position: 1,
          id: saved.id,
          type: 'A',
          data: { sku: 'x' },
          metadata: {},
          aggregateType: null,
          aggregateId: null,
          version: null,
          createdAt: saved.createdAt,
        },
      ])
      const { data, latestEventId } = tables.projections
      expect(await db.select({ data, latestEventId }).from(tables.projections)).toEqual([
        { data: { total: 2 }, latestEventId: saved.id },
      ])
    })
  })

  test.each([
    ['migrate', (db: ReturnType<typeof drizzle>, own: LogTables) => migrate(db, own)],
    [
      'the statement of a migration',
      (db: ReturnType<typeof drizzle>, own: LogTables) => db.execute(migrationSql(own)),
    ],
  ])('an older log is brought up to date by %s', async (_, upgrade) => {
    await withDb(async (db, pool) => {
      const own = { events: createEventsTable(), projections: createProjectionsTable() }
      await migrate(db, own)
      await pool.query(olderLog)
      const event = { type: 'A', data: { sku: 'x' } }
      await expect(
        createEventClient(db, own.events, own.projections).saveEvent(event),
      ).rejects.toMatchObject({
        fault: 'not-a-log',
        message: expect.stringMatching(/version 1.*migrate/u),
      })
      await upgrade(db, own)
      await createEventClient(db, own.events, own.projections).saveEvent(event)
      expect(await db.select({ type: own.events.type }).from(own.events)).toEqual([{ type: 'A' }])
    })
  })

  test('an index that is added later is made by the next migrate', async () => {
    await withDb(async (db, pool) => {
      const { events, projections } = tables
      await migrate(db, { events: createEventsTable({ schema: 'my_app' }), projections })
      const indexes = async () => {
        const { rows } = await pool.query(
          `select indexname from pg_indexes where schemaname = 'my_app'`,
        )
        return rows.map(({ indexname }) => indexname)
      }
      expect(await indexes()).not.toContain('events_data_sku_idx')
      await migrate(db, { events, projections })
      expect(await indexes()).toEqual(expect.arrayContaining(['events_data_sku_idx', 'by_time']))
    })
  })

  test('a log that was never made names the call that makes it', async () => {
    await withDb(async (db) => {
      const client = createEventClient(db, tables.events, tables.projections)
      await expect(client.saveEvent({ type: 'A', data: {} })).rejects.toMatchObject({
        code: 'STORE',
        fault: 'not-a-log',
        message: expect.stringContaining('migrate('),
      })
    })
  })
})
