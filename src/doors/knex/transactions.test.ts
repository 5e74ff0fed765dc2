import type { Knex } from 'knex'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { freshDatabase, type FreshDatabase } from '../../stores/postgres/server.fixture.ts'
import { AddItem, openKnex, todoWith, versions, type TodoClient } from './acceptance.fixture.ts'
import { createEventClient, createEventsTableMigration } from './index.ts'

describe.each(versions)('$knex', ({ knex: name, z }) => {
  const todo = todoWith(z)
  let database: FreshDatabase
  let knex: Knex
  let client: TodoClient
  beforeAll(async () => {
    database = await freshDatabase()
    knex = await openKnex(name, database.url)
    await knex.raw(createEventsTableMigration.up)
    client = createEventClient(todo.eventUnion, todo.eventInputUnion, knex)
  })
  afterAll(async () => {
    await client?.close()
    await knex?.destroy()
    await database?.[Symbol.asyncDispose]()
  })

  let made = 0
  let listId = ''
  beforeEach(() => {
    made += 1
    listId = `list_${made}`
  })
  const created = () => ({ type: 'LIST_CREATED', data: { listId, name: 'Groceries' } }) as const
  const added = (itemId: string) =>
    ({ type: 'ITEM_ADDED', data: { listId, itemId, title: itemId } }) as const
  const stream = () => client.getEventStream({ filter: { listId: { eq: listId } } })

  describe('a transaction of Knex', () => {
    const leave = () => {
      throw new Error('changed my mind')
    }
    test.each([
      [
        'a client of its own',
        (trx: Knex.Transaction) => createEventClient(todo.eventUnion, todo.eventInputUnion, trx),
      ],
      ['within', (trx: Knex.Transaction) => client.within(trx)],
    ] as const)('holds everything together: %s', async (_, open) => {
      const view = { type: 'in transaction', id: listId, data: {} }
      const work = async (trx: Knex.Transaction, end: () => void) => {
        const inside = open(trx)
        const first = await inside.saveEvent(created())
        await new AddItem(inside, listId).apply(added('a')).save()
        await inside.saveProjection({ ...view, eventId: first.id })
        expect(await inside.getEventStream({ filter: { listId } })).toHaveLength(2)
        expect(await inside.getEventStream({ filter: { listId }, afterId: first.id })).toHaveLength(
          1,
        )
        expect(await stream()).toEqual([])
        end()
      }
      await expect(knex.transaction((trx) => work(trx, leave))).rejects.toThrow('changed my mind')
      expect(await stream()).toEqual([])
      expect(await client.getProjection(view)).toBeNull()
      await knex.transaction((trx) => work(trx, () => {}))
      expect(await stream()).toHaveLength(2)
      expect(await client.getProjection(view)).toMatchObject(view)
    })

    test('is an option of every call', async () => {
      const view = { type: 'with tx', id: listId, data: {} }
      const events = [added('b')]
      const streams = [{ types: ['ITEM_ADDED'], filter: { listId } }] as const
      const work = knex.transaction(async (tx) => {
        const first = await client.saveEvent(created(), { tx })
        const [second] = await client.saveEvents([added('a')], { tx })
        const latestEventId = second!.id
        const third = await client.saveEventWithStreamValidation({
          event: added('c'),
          latestEventId,
          streams,
          tx,
        })
        const validated = { events, latestEventId: third.id, streams, tx }
        await client.saveEventsWithStreamValidation(validated)
        await client.commit({ events: [added('d')] }, { tx })
        await client.saveProjection({ ...view, eventId: first.id, tx })
        await client.forceUpdateProjection({ ...view, tx })
        await client.conditionalUpdateProjection({ ...view, eventId: third.id, tx })
        expect(await client.getProjection({ type: 'with tx', id: listId, tx })).not.toBeNull()
        expect(await client.queryProjections({ type: 'with tx', tx })).toHaveLength(1)
        const type = 'ITEM_ADDED'
        const filter = { listId }
        expect(await client.getLatestEvent({ type, filter, tx })).toMatchObject(added('d'))
        expect(await client.getLatestEvents({ type, filter, tx })).toHaveLength(4)
        expect(await client.getEventStream({ filter, tx })).toHaveLength(5)
        expect(await client.getEventStreams({ streams, tx })).toHaveLength(4)
        expect(await Array.fromAsync(client.readEvents({ streams, tx }))).toHaveLength(4)
        leave()
      })
      await expect(work).rejects.toThrow('changed my mind')
      expect(await stream()).toEqual([])
      expect(await client.queryProjections({ type: 'with tx' })).toEqual([])
    })

    test('rolls back a refused save with the rest, and says what READ COMMITTED is for', async () => {
      const streams = [{ types: ['ITEM_ADDED'], filter: { listId } }] as const
      await client.saveEvent(added('a'))
      const save = (trx: Knex.Transaction) =>
        client.saveEventWithStreamValidation({
          event: added('b'),
          latestEventId: 0n,
          streams,
          tx: trx,
        })
      await expect(knex.transaction(save)).rejects.toThrow('Concurrent modification detected')
      await expect(
        knex.transaction(save, { isolationLevel: 'repeatable read' }),
      ).rejects.toMatchObject({
        code: 'UNSUPPORTED',
        message: expect.stringContaining('READ COMMITTED'),
      })
      expect(await stream()).toHaveLength(1)
    })

    test('is one of Knex', async () => {
      await expect(client.saveEvent(created(), { tx: {} })).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
      })
      await expect(client.saveEvent(created(), { tx: null })).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
      })
    })

    test('that ends in a rollback takes its ids with it; others get them', async () => {
      let lost = 0n
      const work = knex.transaction(async (tx) => {
        lost = (await client.saveEvent(added('lost'), { tx })).id
        leave()
      })
      await expect(work).rejects.toThrow('changed my mind')
      const { id } = await client.saveEvent(added('kept'))
      expect(id).toBe(lost)
      expect(await client.getEventStream({ filter: { listId }, afterId: id })).toEqual([])
    })
  })
})
