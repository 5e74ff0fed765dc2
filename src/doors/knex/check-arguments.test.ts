import knexOf from 'knex'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import {
  createEventClient,
  createEventDataIndexMigration,
  createEventInputSchema,
  createEventSchema,
  createEventsTableMigration,
  createProjectionsTableMigration,
} from './index.ts'
import { eventInputUnion, eventUnion, memoryLog, todoClient } from './todo.fixture.ts'

type Call = (...args: unknown[]) => Promise<unknown>

/** The client as JavaScript sees it. */
const client = todoClient() as unknown as Record<string, Call> & {
  readonly readEvents: (...args: unknown[]) => AsyncIterable<unknown>
}
const created = { type: 'LIST_CREATED', data: { listId: 'list_1', name: 'shopping' } }

describe('a call without what it needs says what it needs', () => {
  test.each([
    'commit',
    'saveEventWithStreamValidation',
    'saveEventsWithStreamValidation',
    'getLatestEvent',
    'getLatestEvents',
    'getEventStream',
    'getEventStreams',
    'saveProjection',
    'forceUpdateProjection',
    'conditionalUpdateProjection',
    'getProjection',
    'queryProjections',
  ])('%s', async (name) => {
    for (const given of [[], [null], ['LIST_CREATED']]) {
      await expect(client[name]?.(...given)).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
        message: expect.stringContaining(`${name}: expected an object, found`),
      })
    }
  })

  test('readEvents', async () => {
    await expect(Array.fromAsync(client.readEvents())).rejects.toThrow(
      'readEvents: expected an object, found undefined',
    )
  })
})

test('a transaction that is given as it is is not left out unseen', async () => {
  const knex = knexOf({ client: 'pg' })
  // A transaction of Knex is a function, as the knex itself.
  for (const name of ['saveEvent', 'saveEvents', 'commit']) {
    const what = { saveEvent: created, saveEvents: [created] }[name] ?? { events: [created] }
    await expect(client[name]?.(what, knex)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    await expect(client[name]?.(what, { trx: knex })).rejects.toThrow('found "trx"')
  }
  expect(await client['getLatestEvent']?.({ type: 'LIST_CREATED' })).toBeNull()
})

test('no key of a call is left out unseen', async () => {
  const streams = [{ types: ['LIST_CREATED'], filter: { listId: 'list_1' } }]
  const saving = { event: created, latestEventId: 0n, streams, trx: {} }
  await expect(client['saveEventWithStreamValidation']?.(saving)).rejects.toThrow('found "trx"')
  const reading = { streams, filter: { listId: 'list_1' } }
  await expect(client['getEventStreams']?.(reading)).rejects.toThrow('found "filter"')
  await expect(Array.fromAsync(client.readEvents(reading))).rejects.toThrow('found "filter"')
  expect(await client['getLatestEvent']?.({ type: 'LIST_CREATED' })).toBeNull()
})

test('what could not be read is not stored', async () => {
  const data = z.object({ listId: z.string().transform((id) => id.length) })
  const schemas = {
    eventUnion: z.discriminatedUnion('type', [createEventSchema('LIST_CREATED', data)]),
    inputUnion: z.discriminatedUnion('type', [createEventInputSchema('LIST_CREATED', data)]),
  }
  const log = memoryLog()
  const event = { type: 'LIST_CREATED', data: { listId: 'list_1' } } as never
  await expect(todoClient(log, schemas).saveEvent(event)).rejects.toMatchObject({
    code: 'INVALID_EVENT',
    message: expect.stringContaining('listId: the event union could not read what would be stored'),
  })
  expect((await log.store.load('all')).events).toEqual([])
  const asStored = todoClient(log, { ...schemas, validateOnRead: false })
  expect(await asStored.saveEvent(event)).toMatchObject({ data: { listId: 6 } })
})

test('a client wants two schemas and a knex', () => {
  const knex = knexOf({ client: 'pg' })
  const made =
    (...args: unknown[]) =>
    () =>
      (createEventClient as (...given: unknown[]) => unknown)(...args)
  expect(made()).toThrow('eventUnion: expected a schema')
  expect(made(eventUnion, {}, knex)).toThrow('inputUnion: expected a schema')
  expect(made(knex, eventUnion, eventInputUnion)).toThrow('eventUnion: expected a schema')
  expect(made(eventUnion, eventInputUnion)).toThrow("knex: expected a knex with client: 'pg'")
  expect(made(eventUnion, eventInputUnion, 'postgres://db')).toThrow('found "postgres://db"')
  expect(made(eventUnion, eventInputUnion, knex)).not.toThrow()
})

test('a migration is what it was called', () => {
  const name = { name: 'facts' } as object
  expect(() => createEventsTableMigration(name)).toThrow('found "name"')
  expect(() => createProjectionsTableMigration(name)).toThrow('found "name"')
  expect(() => createEventsTableMigration({ projections: name })).toThrow('options.projections')
  expect(() => createEventDataIndexMigration(undefined as never)).toThrow('options: expected an')
  expect(() => createEventDataIndexMigration({} as never)).toThrow('options.key: expected a non-')
})

test('an event schema wants a type', () => {
  for (const make of [createEventSchema, createEventInputSchema]) {
    expect(() => make(undefined as never, z.object({}))).toThrow(
      'type: expected a non-empty string',
    )
  }
})
