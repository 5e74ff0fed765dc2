import type { Knex } from 'knex'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { olderLog } from '../../stores/postgres/older-log.fixture.ts'
import { freshDatabase, type FreshDatabase } from '../../stores/postgres/server.fixture.ts'
import { contentsOf, openKnex, run, todoWith, versions } from './acceptance.fixture.ts'
import {
  createEventClient,
  createEventDataIndexMigration,
  createEventsTableMigration,
  createProjectionDataIndexMigration,
  createProjectionsTableMigration,
} from './index.ts'

const event = { type: 'LIST_CREATED', data: { listId: 'list_1', name: 'Groceries' } } as const
const oddKeys = [
  `it's`,
  'say "when"',
  'why?',
  '??',
  ':name',
  '$1',
  'back\\slash\\?',
  '$$',
  'order-id',
  '%s',
  'käse 🧀',
  `${'very '.repeat(20)}long`,
  `${'very '.repeat(20)}long?`,
]

describe.each(versions)('$knex', ({ knex: name, z }) => {
  const { eventUnion, eventInputUnion } = todoWith(z)
  let database: FreshDatabase
  let knex: Knex
  let before: string[]
  beforeAll(async () => {
    database = await freshDatabase()
    knex = await openKnex(name, database.url)
    before = await contentsOf(knex)
  })
  afterAll(async () => {
    await knex?.destroy()
    await database?.[Symbol.asyncDispose]()
  })

  test('each makes all of the log, in either order and any number of times', async () => {
    const events = createEventsTableMigration
    const projections = createProjectionsTableMigration
    for (const ups of [[events], [projections], [events, projections], [projections, events]]) {
      for (const { up } of [...ups, ...ups]) await knex.raw(up)
      const client = createEventClient(eventUnion, eventInputUnion, knex)
      const { id } = await client.saveEvent(event)
      await client.saveProjection({ type: 'list', id: 'list_1', data: {}, eventId: id })
      await client.close()
      await knex.raw(projections.down)
      await knex.raw(events.down)
      expect(await contentsOf(knex)).toEqual(before)
      await knex.raw(projections.down)
      await knex.raw(events.down)
    }
  })

  test.each([createEventsTableMigration, createProjectionsTableMigration])(
    'run once more, either brings an older log up to date',
    async (migration) => {
      await knex.raw(createEventsTableMigration.up)
      await knex.raw(olderLog)
      const older = createEventClient(eventUnion, eventInputUnion, knex)
      await expect(older.saveEvent(event)).rejects.toMatchObject({
        fault: 'not-a-log',
        message: expect.stringMatching(/version 1.*createEventsTableMigration/u),
      })
      await knex.raw(migration.up)
      const client = createEventClient(eventUnion, eventInputUnion, knex)
      await client.saveEvent(event)
      expect(await client.getEventStream({ types: ['LIST_CREATED'] })).toHaveLength(1)
      await older.close()
      await client.close()
      await knex.raw(createEventsTableMigration.down)
    },
  )

  test('without the projections the events stay', async () => {
    await knex.raw(createEventsTableMigration.up)
    const client = createEventClient(eventUnion, eventInputUnion, knex)
    await client.saveEvent(event)
    await knex.raw(createProjectionsTableMigration.down)
    expect(await client.getEventStream({ types: ['LIST_CREATED'] })).toHaveLength(1)
    await knex.raw(createProjectionsTableMigration.up)
    expect(await client.getEventStream({ types: ['LIST_CREATED'] })).toHaveLength(1)
    expect(await client.getProjection({ type: 'list', id: 'list_1' })).toBeNull()
    await knex.raw(createEventsTableMigration.down)
    await client.close()
  })

  test('of one log leave the projections that another one uses', async () => {
    await knex.raw(createEventsTableMigration.up)
    const client = createEventClient(eventUnion, eventInputUnion, knex)
    const { id } = await client.saveEvent(event)
    await client.saveProjection({ type: 'list', id: 'list_1', data: {}, eventId: id })
    const other = createEventsTableMigration({ table: 'other_events' })
    await knex.raw(other.up)
    await knex.raw(other.down)
    expect(await client.getProjection({ type: 'list', id: 'list_1' })).not.toBeNull()
    await client.close()
    await knex.raw(createEventsTableMigration.down)
    expect(await contentsOf(knex)).toEqual(before)
  })

  test.each([
    ['facts', 'todo'],
    ['What happened?', `the "new" one's schema?`],
  ])('take names: the table %s in the schema %s', async (table, schema) => {
    const events = { table, schema }
    const projections = { table: `${table} shown`, schema }
    const ups = createEventsTableMigration({ ...events, projections })
    const views = createProjectionsTableMigration({ ...projections, events })
    await knex.raw(ups.up)
    await knex.raw(views.up)
    const named = { schema, name: table }
    const tables = { events: named, projections: { schema, name: `${table} shown` } }
    const client = createEventClient(eventUnion, eventInputUnion, knex, { tables })
    const { id } = await client.saveEvent(event)
    await client.saveProjection({ type: 'list', id: 'list_1', data: {}, eventId: id })
    const quoted = `"${schema.replaceAll('"', '""')}"`.replaceAll('?', String.raw`\?`)
    const { rows } = await knex.raw(
      `select type from ${quoted}."${table.replaceAll('?', String.raw`\?`)}"`,
    )
    expect(rows).toEqual([{ type: 'LIST_CREATED' }])
    const other = createEventClient(eventUnion, eventInputUnion, knex, { tables })
    const after = { types: ['LIST_CREATED'], afterId: id } as const
    expect(await other.getEventStream(after)).toEqual([])
    await expect(
      createEventClient(eventUnion, eventInputUnion, knex).saveEvent(event),
    ).rejects.toMatchObject({ code: 'STORE', fault: 'not-a-log' })
    await knex.raw(views.down)
    await knex.raw(ups.down)
    expect(await contentsOf(knex)).toEqual([...before, schema].sort())
    await knex.raw(`drop schema ${quoted}`)
  })

  test('make indexes for any key, and take them away', async () => {
    await knex.raw(createEventsTableMigration.up)
    const made = await contentsOf(knex)
    const indexes = oddKeys.flatMap((key, at) => [
      createEventDataIndexMigration({ key }),
      createProjectionDataIndexMigration({ key }),
      createProjectionDataIndexMigration({ key, indexName: `my ${at} ${key.slice(0, 20)} idx` }),
    ])
    for (const { up } of [...indexes, ...indexes]) await knex.raw(up)
    const { rows } = await knex.raw(
      `select indexdef from pg_indexes where indexdef like '%data ->>%'`,
    )
    expect(rows).toHaveLength(indexes.length)
    for (const { down } of [...indexes, ...indexes]) await knex.raw(down)
    expect(await contentsOf(knex)).toEqual(made)
    await knex.raw(createEventsTableMigration.down)
  })

  test('name their indexes after table and key', () => {
    expect(createEventDataIndexMigration({ key: 'userId' }).up).toContain(
      '"events_data_userId_idx"',
    )
    const named = { key: 'status', table: 'views', schema: 'todo' }
    expect(createProjectionDataIndexMigration(named)).toEqual({
      up: `create index if not exists "views_data_status_idx" on "todo"."views" ((data ->> 'status'))`,
      down: 'drop index if exists "todo"."views_data_status_idx"',
    })
  })

  test('hold no question mark, whatever the names', () => {
    const names = { table: 'a?', schema: 'b?' }
    const all = [
      createEventsTableMigration,
      createEventsTableMigration(),
      createEventsTableMigration({ ...names, projections: names }),
      createProjectionsTableMigration,
      createProjectionsTableMigration(names),
      ...oddKeys.map((key) => createEventDataIndexMigration({ key, indexName: key, ...names })),
    ]
    for (const { up, down } of all) expect(up + down).not.toContain('?')
  })

  test.each([undefined, '', 7])('refuse a key that is none: %j', (key) => {
    expect(() => createEventDataIndexMigration({ key: key as string })).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    )
  })
})

test('the command of Knex runs them', async () => {
  await using database = await freshDatabase()
  const knex = await openKnex('knex', database.url)
  const before = await contentsOf(knex)
  const command = (...args: string[]) =>
    run(
      [
        '--conditions=eventfold-source',
        'node_modules/knex/bin/cli.js',
        ...args,
        '--knexfile',
        'examples/knex-todo/knexfile.mjs',
      ],
      database.url,
    )
  expect(await command('migrate:latest')).toContain('2 migrations')
  expect(await contentsOf(knex)).toContain('public.events_data_title_idx')
  expect(await command('migrate:rollback', '--all')).toContain('2 migrations')
  expect(await contentsOf(knex)).toEqual(before)
  await knex.destroy()
})
