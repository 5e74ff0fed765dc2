import { expect, test, vi } from 'vitest'

// The door itself on the oldest version of Drizzle that it takes, instead of the newest.
vi.mock('drizzle-orm', () => import('drizzle-orm-0-38'))
vi.mock('drizzle-orm/pg-core', () => import('drizzle-orm-0-38/pg-core'))

test('the tables are made, read and migrated with the oldest Drizzle', async () => {
  const { PGlite } = await import('@electric-sql/pglite')
  const { getTableConfig, PgTable } = await import('drizzle-orm-0-38/pg-core')
  const { drizzle } = await import('drizzle-orm-0-38/pglite')
  const { createEventClient, createEventsTable, createProjectionsTable, migrate } =
    await import('./index.ts')
  const events = createEventsTable({
    schema: 'my_app',
    dataIndexes: ['sku'],
    additionalIndexes: [{ name: 'by_time', columns: ['createdAt'] }],
  })
  const projections = createProjectionsTable({ schema: 'my_app' })
  expect(events).toBeInstanceOf(PgTable)
  const { indexes } = getTableConfig(events as never)
  expect(indexes.map(({ config }) => config.name)).toEqual([
    'events_type_idx',
    'events_aggregate_idx',
    'events_data_sku_idx',
    'by_time',
  ])
  const pglite = new PGlite()
  try {
    const db = drizzle(pglite)
    await migrate(db, { events, projections })
    const client = createEventClient(db, events, projections)
    const saved = await client.saveEvent({ type: 'A', data: { sku: 'x' } })
    const rows = await db.select().from(events as never)
    expect(rows).toMatchObject([{ id: saved.id, data: { sku: 'x' }, createdAt: saved.createdAt }])
  } finally {
    await pglite.close()
  }
})
