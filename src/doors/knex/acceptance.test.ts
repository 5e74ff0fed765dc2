import type { Knex } from 'knex'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { freshDatabase, type FreshDatabase } from '../../stores/postgres/server.fixture.ts'
import {
  AddItem,
  Blind,
  contentsOf,
  ListProjection,
  migrateAs,
  openKnex,
  PairProjection,
  StepOfItem,
  todoWith,
  versions,
  type TodoClient,
} from './acceptance.fixture.ts'
import { createEventClient } from './index.ts'

const conflict = 'Concurrent modification detected'

// What the document of the seed promises, in its order.
describe.each(versions)('$knex', ({ knex: name, z }) => {
  const todo = todoWith(z)
  let database: FreshDatabase
  let knex: Knex
  let client: TodoClient
  beforeAll(async () => {
    database = await freshDatabase()
    await migrateAs(name, 'latest', database.url)
    knex = await openKnex(name, database.url)
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
    listId = `list ${made}?`
  })
  const created = () => ({ type: 'LIST_CREATED', data: { listId, name: 'Groceries' } }) as const
  const id = (itemId: string) => `${listId} ${itemId}`
  const added = (itemId: string) =>
    ({ type: 'ITEM_ADDED', data: { listId, itemId: id(itemId), title: itemId } }) as const
  const on = <const Type extends 'ITEM_COMPLETED' | 'ITEM_MARKED_INCOMPLETE' | 'ITEM_REMOVED'>(
    type: Type,
    itemId: string,
  ) => ({ type, data: { listId, itemId: id(itemId) } }) as const
  const stream = () => client.getEventStream({ filter: { listId: { eq: listId } } })
  const listView = (options?: { loadExisting?: boolean }) =>
    new ListProjection(client, todo, listId, options)

  describe('the migrations', () => {
    test('are run and rolled back by Knex, with their indexes, and leave nothing', async () => {
      await using other = await freshDatabase()
      const db = await openKnex(name, other.url)
      const before = await contentsOf(db)
      await migrateAs(name, 'latest', other.url)
      expect(await contentsOf(db)).toEqual(
        expect.arrayContaining([
          'public.events',
          'public.projections',
          'public.events_data_title_idx',
          'public.lists_by_name_idx',
        ]),
      )
      await migrateAs(name, 'rollback', other.url)
      expect(await contentsOf(db)).toEqual(before)
      await migrateAs(name, 'latest', other.url)
      const again = createEventClient(todo.eventUnion, todo.eventInputUnion, db)
      expect(await again.saveEvent(created())).toMatchObject({ id: 1n })
      await db.destroy()
    })
  })

  describe('the event client', () => {
    test('saves an event and gives it back with id and times', async () => {
      const event = await client.saveEvent(created())
      expect(event).toMatchObject(created())
      expect(typeof event.id).toBe('bigint')
      expect(event.updated_at).toBe(event.created_at)
      expect(new Date(event.created_at).toISOString()).toBe(event.created_at)
      expect(await stream()).toEqual([event])
      expect(todo.eventUnion.parse(JSON.parse(JSON.stringify(event)))).toEqual(event)
    })

    test('refuses what is no such event, alone or among others', async () => {
      const wrong = { type: 'ITEM_ADDED', data: { listId } } as never
      await expect(client.saveEvent(wrong)).rejects.toMatchObject({ code: 'INVALID_EVENT' })
      await expect(client.saveEvents([created(), wrong])).rejects.toThrow('itemId')
      const unknown = { type: 'NO_SUCH_TYPE', data: { listId } } as never
      await expect(client.saveEvent(unknown)).rejects.toMatchObject({ code: 'INVALID_EVENT' })
      expect(await stream()).toEqual([])
    })

    test('saves several in their order, together', async () => {
      const saved = await client.saveEvents([created(), added('a'), added('b')])
      expect(saved.map(({ type }) => type)).toEqual(['LIST_CREATED', 'ITEM_ADDED', 'ITEM_ADDED'])
      expect(saved[1]?.id).toBe(saved[0]!.id + 1n)
      expect(await stream()).toEqual(saved)
    })

    test('gives the newest event of a type, and null where there is none', async () => {
      expect(
        await client.getLatestEvent({ type: 'ITEM_ADDED', filter: { listId: { eq: listId } } }),
      ).toBeNull()
      await client.saveEvents([added('a'), added('b'), on('ITEM_REMOVED', 'a')])
      const filter = { listId: { eq: listId } }
      expect(await client.getLatestEvent({ type: 'ITEM_ADDED', filter })).toMatchObject(added('b'))
      expect(await client.getLatestEvents({ type: 'ITEM_ADDED', filter })).toMatchObject([
        added('a'),
        added('b'),
      ])
    })

    test('merges streams in order, each event once, also after an id', async () => {
      const [first, second] = await client.saveEvents([
        created(),
        added('a'),
        on('ITEM_COMPLETED', 'a'),
      ])
      const streams = [
        { types: ['LIST_CREATED', 'ITEM_COMPLETED'], filter: { listId } },
        { types: ['ITEM_ADDED', 'ITEM_COMPLETED'], filter: { itemId: id('a') } },
      ] as const
      const types = async (afterId?: bigint) =>
        (await client.getEventStreams({ streams, afterId })).map(({ type }) => type)
      expect(await types()).toEqual(['LIST_CREATED', 'ITEM_ADDED', 'ITEM_COMPLETED'])
      expect(await types(first!.id)).toEqual(['ITEM_ADDED', 'ITEM_COMPLETED'])
      expect(await types(second!.id)).toEqual(['ITEM_COMPLETED'])
      expect(await types(0n)).toHaveLength(3)
    })

    const saved = (filter: object) =>
      client
        .getEventStream({ types: ['SAMPLE'], filter: { sampleId: listId, ...filter } } as never)
        .then((events) => events.map(({ data }) => data))
    test.each([
      [{ text: { eq: 'b' } }, [1]],
      [{ text: { neq: 'b' } }, [0, 2, 3]],
      [{ text: { in: ['a', 'c'] } }, [0, 2]],
      [{ text: { nin: ['a', 'c'] } }, [1, 3]],
      [{ text: { gt: 'a', lte: 'c' } }, [1, 2]],
      [{ count: { gt: 9 } }, [1, 2]],
      [{ count: { gte: 10, lt: 15 } }, [1]],
      [{ count: { lte: 10 } }, [0, 1]],
      [{ count: { in: [5, 15] } }, [0, 2]],
      [{ count: { eq: '5' } }, []],
      [{ done: { eq: true } }, [0]],
      [{ done: { eq: false } }, [1]],
      [{ done: { neq: true } }, [1, 2, 3]],
      [{ text: { in: [] } }, []],
      [{ text: { neq: 'a' }, count: { gt: 5 }, done: { in: [true, false] } }, [1]],
      [{ text: 'b' }, [1]],
      [{ text: ['a', 'b'] }, [0, 1]],
    ])('filters by %j', async (filter, expected) => {
      const samples = [
        { text: 'a', count: 5, done: true },
        { text: 'b', count: 10, done: false },
        { text: 'c', count: 15 },
        {},
      ].map((data) => ({ sampleId: listId, ...data }))
      await client.saveEvents(samples.map((data) => ({ type: 'SAMPLE', data }) as const))
      expect(await saved(filter)).toEqual(expected.map((index) => samples[index]))
    })

    test('names an operator that it does not know', async () => {
      const filter = { listId: { invalid_op: 1 } } as never
      await expect(client.getEventStream({ types: ['LIST_CREATED'], filter })).rejects.toThrow(
        'Unknown operator: invalid_op',
      )
      await expect(client.getLatestEvent({ type: 'LIST_CREATED', filter })).rejects.toThrow(
        'Unknown operator: invalid_op',
      )
    })

    test('saves under validation of streams; what is refused is not there', async () => {
      const streams = [{ types: ['ITEM_ADDED'], filter: { listId } }] as const
      const first = await client.saveEventWithStreamValidation({
        event: added('a'),
        latestEventId: 0n,
        streams,
      })
      await client.saveEventWithStreamValidation({
        event: added('b'),
        latestEventId: first.id,
        streams,
      })
      for (const latestEventId of [0n, first.id]) {
        await expect(
          client.saveEventsWithStreamValidation({
            events: [created(), added('c')],
            latestEventId,
            streams,
          }),
        ).rejects.toThrow(conflict)
      }
      expect(await stream()).toMatchObject([added('a'), added('b')])
    })

    test('keeps projections: saved, forced, updated when newer, found by their data', async () => {
      const events = await client.saveEvents([created(), added('a'), added('b')])
      const [one, two, three] = events.map((event) => event.id) as [bigint, bigint, bigint]
      const view = { type: 'view', id: listId }
      expect(await client.getProjection(view)).toBeNull()
      await expect(client.forceUpdateProjection({ ...view, data: {} })).rejects.toThrow(conflict)
      await client.saveProjection({ ...view, data: { n: 1, of: listId }, eventId: two })
      await client.forceUpdateProjection({ ...view, data: { n: 2, of: listId } })
      expect(await client.getProjection(view)).toEqual({
        ...view,
        data: { n: 2, of: listId },
        lastEventId: two,
      })
      for (const eventId of [one, two]) {
        const late = { ...view, data: {}, eventId }
        await expect(client.conditionalUpdateProjection(late)).rejects.toThrow(conflict)
      }
      await client.conditionalUpdateProjection({
        ...view,
        data: { n: 3, of: listId },
        eventId: three,
      })
      const found = (filter: object) => client.queryProjections({ type: 'view', filter } as never)
      expect(await found({ of: { eq: listId } })).toEqual([
        { ...view, data: { n: 3, of: listId }, lastEventId: three },
      ])
      expect(await found({ of: listId, n: { gte: 3 } })).toHaveLength(1)
      expect(await found({ of: listId, n: { gt: 3 } })).toHaveLength(0)
      const json = JSON.parse(JSON.stringify(await client.getProjection(view)))
      expect(json).toMatchObject({ lastEventId: String(three), data: { n: 3 } })
    })
  })

  describe('a validator', () => {
    const add = (itemId: string) => new AddItem(client, listId).apply(added(itemId)).save()
    const complete = (itemId: string) =>
      new StepOfItem(client, id(itemId), 'incomplete').apply(on('ITEM_COMPLETED', itemId)).save()
    const reopen = (itemId: string) =>
      new StepOfItem(client, id(itemId), 'complete')
        .apply(on('ITEM_MARKED_INCOMPLETE', itemId))
        .save()

    test('lets a command become an event, or says why not', async () => {
      for (const itemId of ['a', 'b', 'c']) {
        expect(await add(itemId)).toMatchObject([added(itemId)])
      }
      await expect(add('d')).rejects.toThrow('Incomplete item count is greater than three')
      expect(await stream()).toHaveLength(3)
    })

    test.each([
      ['completed', ['ITEM_COMPLETED'], true],
      ['removed', ['ITEM_REMOVED'], true],
      ['completed and reopened', ['ITEM_COMPLETED', 'ITEM_MARKED_INCOMPLETE'], false],
    ] as const)('counts anew after an item was %s', async (_, types, allowed) => {
      await client.saveEvents([added('a'), added('b'), added('c'), ...types.map((t) => on(t, 'a'))])
      const answer = add('d').then(
        () => true,
        () => false,
      )
      expect(await answer).toBe(allowed)
      expect(await stream()).toHaveLength(3 + types.length + Number(allowed))
    })

    test('over several streams guards them all', async () => {
      await client.saveEvents([added('a'), added('b')])
      expect(await complete('a')).toMatchObject([on('ITEM_COMPLETED', 'a')])
      await expect(complete('a')).rejects.toThrow('Item is not incomplete')
      await expect(complete('x')).rejects.toThrow('Item is not present in list')
      await expect(reopen('b')).rejects.toThrow('Item is not complete')
      expect(await reopen('a')).toHaveLength(1)
      await client.saveEvent(on('ITEM_REMOVED', 'b'))
      await expect(complete('b')).rejects.toThrow('Item is not present in list')
      await expect(reopen('b')).rejects.toThrow('Item is not present in list')
      expect(await stream()).toHaveLength(5)
    })

    test('applies one or several events, reduces with and without them, reads once', async () => {
      await client.saveEvent(added('a'))
      const validator = new AddItem(client, listId).apply([]).apply(added('b'))
      expect(validator.apply([on('ITEM_COMPLETED', 'a')])).toBe(validator)
      expect(await validator.all()).toEqual([id('b')])
      expect(await validator.stored()).toEqual([id('a')])
      await client.saveEvent(added('c'))
      expect(await validator.stored()).toEqual([id('a')])
      expect(await validator.refresh()).toBe(validator)
      expect(await validator.stored()).toEqual([id('a'), id('c')])
      const events = await validator.events()
      expect(events.map(({ id: position }) => position)).toEqual(
        events.map(({ id: position }) => position).sort((a, b) => (a < b ? -1 : 1)),
      )
      expect(JSON.stringify(events)).toContain('ITEM_COMPLETED')
    })

    test('saves nothing where nothing was applied, and is not valid where it says so', async () => {
      const blind = new Blind(client, listId)
      expect(await blind.save()).toEqual([])
      blind.answer = false
      await expect(blind.apply(created()).save()).rejects.toMatchObject({
        code: 'REJECTED',
        message: 'Validation failed',
      })
      expect(await stream()).toEqual([])
      blind.answer = true
      expect(await blind.save()).toMatchObject([created()])
    })
  })

  describe('a projection', () => {
    test('shows its events; each helper does what it says', async () => {
      await client.saveEvents([created(), added('a'), added('b'), on('ITEM_COMPLETED', 'a')])
      const view = listView()
      expect(await view.asJson()).toEqual({
        name: 'Groceries',
        todo: [id('b')],
        done: [id('a')],
        removed: [],
      })
      await client.saveEvents([on('ITEM_MARKED_INCOMPLETE', 'a'), on('ITEM_REMOVED', 'b')])
      expect(await view.counts()).toEqual([4, 4])
      expect(await view.refresh()).toBe(view)
      expect(await view.asJson()).toMatchObject({ todo: [id('a')], done: [], removed: [id('b')] })
      view.apply(added('c')).apply([added('d'), on('ITEM_COMPLETED', 'd')])
      expect(await view.counts()).toEqual([9, 6])
      expect(await view.asJson()).toMatchObject({ todo: [id('a'), id('c')], done: [id('d')] })
      await expect(view.save()).rejects.toThrow('Cannot save projection with applied events')
      expect(await stream()).toHaveLength(6)
    })

    test('is saved, and starts from what was saved when asked to', async () => {
      await expect(listView().save()).rejects.toThrow('Cannot save projection with no events')
      const events = await client.saveEvents([created(), added('a')])
      expect(await listView({ loadExisting: true }).existing()).toBeNull()
      await listView().save()
      const lastEventId = events.at(-1)!.id
      const saved = await client.getProjection({ type: 'list', id: listId })
      expect(saved).toMatchObject({ data: { todo: [id('a')] } })
      expect(saved!.lastEventId).toBeGreaterThanOrEqual(lastEventId)
      await client.saveEvent(added('b'))
      expect(await listView().existing()).toBeNull()
      const continued = listView({ loadExisting: true })
      expect(await continued.existing()).toMatchObject({ todo: [id('a')] })
      expect(await continued.counts()).toEqual([1, 1])
      expect(await continued.asJson()).toMatchObject({ todo: [id('a'), id('b')] })
      expect(await listView().asJson()).toEqual(await continued.asJson())
      await continued.save()
      await client.saveEvent(added('c'))
      await continued.refresh()
      expect(await continued.asJson()).toMatchObject({ todo: [id('a'), id('b'), id('c')] })
    })

    test('of several streams keeps its state after it was saved', async () => {
      const first = listId
      await client.saveEvent(added('a'))
      const second = `${listId} second`
      const elsewhere = { listId: second, itemId: `${second} a`, title: 'a' }
      await client.saveEvent({ type: 'ITEM_ADDED', data: elsewhere })
      const lists = [first, second]
      await new PairProjection(client, todo, lists).save()
      await client.saveEvent(added('b'))
      const both = { todo: [id('a'), elsewhere.itemId, id('b')] }
      expect(await new PairProjection(client, todo, lists, true).asJson()).toMatchObject(both)
      expect(await new PairProjection(client, todo, lists).asJson()).toMatchObject(both)
    })

    test('that does not fit its schema is not saved', async () => {
      await client.saveEvent(created())
      const view = listView()
      view.asJson = async () => ({ name: 7 }) as never
      await expect(view.save()).rejects.toMatchObject({ code: 'INVALID_EVENT' })
      expect(await client.getProjection({ type: 'list', id: listId })).toBeNull()
    })
  })

  test('commands, events, projections and queries fit together', async () => {
    await client.saveEvent(created())
    await new AddItem(client, listId).apply(added('milk')).save()
    await listView().save()
    await new StepOfItem(client, id('milk'), 'incomplete')
      .apply(on('ITEM_COMPLETED', 'milk'))
      .save()
    expect(await listView({ loadExisting: true }).asJson()).toMatchObject({ done: [id('milk')] })
    await listView({ loadExisting: true }).save()
    const [found] = await client.queryProjections({ type: 'list', filter: { name: 'Groceries' } })
    expect(found).toMatchObject({ type: 'list', data: { name: 'Groceries' } })
  })
})
