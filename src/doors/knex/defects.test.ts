import type { Knex } from 'knex'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { freshDatabase, type FreshDatabase } from '../../stores/postgres/server.fixture.ts'
import {
  AddItem,
  Blind,
  ListProjection,
  openKnex,
  todoWith,
  versions,
  type TodoClient,
} from './acceptance.fixture.ts'
import { createEventClient, createEventsTableMigration } from './index.ts'

const conflict = 'Concurrent modification detected'

// What a log must not do, however it is used: each of these has gone wrong in practice.
describe.each(versions)('$knex', ({ knex: name, z }) => {
  const todo = todoWith(z)
  let database: FreshDatabase
  let knex: Knex
  let client: TodoClient
  beforeAll(async () => {
    database = await freshDatabase()
    knex = await openKnex(name, database.url, 16)
    await knex.raw(createEventsTableMigration.up)
    client = createEventClient(todo.eventUnion, todo.eventInputUnion, knex)
    // A warm pool: connections that are still to be made would put racers in a row.
    await Promise.all(Array.from({ length: 16 }, () => knex.raw('select pg_sleep(0.05)')))
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
  const added = (itemId: string, title = itemId) =>
    ({ type: 'ITEM_ADDED', data: { listId, itemId, title } }) as const
  const streams = () => [{ types: ['ITEM_ADDED'], filter: { listId } }] as const
  const stream = () => client.getEventStream({ filter: { listId } })

  describe('two writers', () => {
    test('who saw the same do not both save, however they overlap', async () => {
      for (let round = 0; round < 10; round += 1) {
        const { id: latestEventId } = await client.saveEvent(added(`first ${round}`))
        const racers = Array.from({ length: 12 }, (_, racer) =>
          client.saveEventWithStreamValidation({
            event: added(`${round} ${racer}`),
            latestEventId,
            streams: streams(),
          }),
        )
        const answers = await Promise.allSettled(racers)
        expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      }
      expect(await stream()).toHaveLength(20)
    })

    test('of two transactions that overlap do not both save', async () => {
      const save = (trx: Knex.Transaction, itemId: string) =>
        client.saveEventWithStreamValidation({
          event: added(itemId),
          latestEventId: 0n,
          streams: streams(),
          tx: trx,
        })
      const first = await knex.transaction()
      const second = await knex.transaction()
      await second.raw('select 1')
      await save(first, 'a')
      const late = save(second, 'b').catch((error: unknown) => String(error))
      await first.commit()
      expect(await late).toContain(conflict)
      await second.rollback()
      expect(await stream()).toMatchObject([added('a')])
    })

    test('keep a rule that a validator has', async () => {
      for (let round = 0; round < 5; round += 1) {
        await client.saveEvent({ type: 'LIST_DELETED', data: { listId } })
        const add = (racer: number) =>
          new AddItem(client, listId).apply(added(`${round} ${racer}`)).save()
        await Promise.allSettled(Array.from({ length: 12 }, (_, racer) => add(racer)))
        const items = await client.getLatestEvents({ type: 'ITEM_ADDED', filter: { listId } })
        expect(items.length).toBeLessThanOrEqual(3)
      }
    })
  })

  test('an event that commits late is not missed: not by a reader, not by a validation', async () => {
    await client.saveEvent(created())
    const slow = await knex.transaction()
    await client.saveEvent(added('slow'), { tx: slow })
    const fast = client.saveEvent(added('fast'))
    const seen = await stream()
    await slow.commit()
    await fast
    const latestEventId = seen.at(-1)!.id
    const rest = await client.getEventStream({ filter: { listId }, afterId: latestEventId })
    expect([...seen, ...rest]).toMatchObject([created(), added('slow'), added('fast')])
    await expect(
      client.saveEventWithStreamValidation({
        event: added('late'),
        latestEventId,
        streams: streams(),
      }),
    ).rejects.toThrow(conflict)
  })

  test.each([
    `listId' is not null or 'a`,
    `it's`,
    'a?b',
    '??',
    ':name',
    '$1',
    'order-id',
    '"; drop table events; --',
    '__proto__',
  ])('a key is data, never SQL: %s', async (key) => {
    await client.saveEvent(created())
    const filter = Object.fromEntries([[key, { eq: 'x' }]]) as never
    expect(await client.getEventStream({ types: ['LIST_CREATED'], filter })).toEqual([])
    expect(await client.queryProjections({ type: 'list', filter })).toEqual([])
    expect(await client.getLatestEvent({ type: 'LIST_CREATED', filter })).toBeNull()
  })

  test('a value is data, also in a save under validation', async () => {
    for (const value of ['why?', '??', ':a', '$1', "it's", String.raw`\?`, '%', 'é 🧀']) {
      const filter = { itemId: { eq: value } }
      const save = () =>
        client.saveEventWithStreamValidation({
          event: added(value),
          latestEventId: 0n,
          streams: [{ types: ['ITEM_ADDED'], filter }],
        })
      expect(await save()).toMatchObject(added(value))
      await expect(save()).rejects.toThrow(conflict)
      expect(await client.getEventStream({ types: ['ITEM_ADDED'], filter })).toHaveLength(1)
    }
  })

  test('no streams are a mistake, not the whole log', async () => {
    await expect(client.getEventStreams({ streams: [] })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    })
    const save = { event: created(), latestEventId: 0n, streams: [] }
    await expect(client.saveEventWithStreamValidation(save)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    })
    expect(await stream()).toEqual([])
  })

  test('an old projection does not replace a newer one', async () => {
    await client.saveEvents([created(), added('a')])
    const old = new ListProjection(client, todo, listId)
    await old.asJson()
    await client.saveEvent(added('b'))
    await new ListProjection(client, todo, listId).save()
    expect(await old.save()).toMatchObject({ status: 'skipped' })
    const saved = await client.getProjection({ type: 'list', id: listId })
    expect(saved).toMatchObject({ data: { todo: ['a', 'b'] } })
  })

  test('an update of what is not there says so', async () => {
    const { id: eventId } = await client.saveEvent(created())
    const nothing = { type: 'nothing', id: listId, data: {} }
    const refused = { code: 'CONFLICT', conflict: { reason: 'document', guard: 'present' } }
    await expect(client.forceUpdateProjection(nothing)).rejects.toMatchObject(refused)
    await expect(client.conditionalUpdateProjection({ ...nothing, eventId })).rejects.toMatchObject(
      refused,
    )
    expect(await client.getProjection(nothing)).toBeNull()
  })

  describe('a validator', () => {
    test('writes once, however often it is saved', async () => {
      const validator = new Blind(client, listId).apply(added('a'))
      expect(await validator.save()).toHaveLength(1)
      expect(await validator.save()).toEqual([])
      await Promise.all([validator.apply(added('b')).save(), validator.save()])
      expect(await stream()).toMatchObject([added('a'), added('b')])
    })

    test('that reads nothing is guarded, and does not conflict with what was there', async () => {
      await client.saveEvent(created())
      const blind = new Blind(client, listId)
      expect(await blind.apply(added('a')).save()).toHaveLength(1)
      const overtaken = new Blind(client, listId).apply(added('b'))
      await (overtaken as unknown as { getEvents(): Promise<unknown> }).getEvents()
      await client.saveEvent(created())
      await expect(overtaken.save()).rejects.toThrow(conflict)
      expect(await stream()).toHaveLength(3)
    })

    test('notices what happens while it judges', async () => {
      const validator = new AddItem(client, listId).apply(added('a'))
      validator.meanwhile = () => client.saveEvent(added('b'))
      await expect(validator.save()).rejects.toThrow(conflict)
      validator.meanwhile = () => {}
      await validator.refresh()
      expect(await validator.save()).toMatchObject([added('a')])
      expect(await stream()).toHaveLength(2)
    })
  })

  describe('a filter', () => {
    const sample = (data: object) =>
      ({ type: 'SAMPLE', data: { sampleId: listId, ...data } }) as const
    const found = async (filter: object) =>
      (
        await createEventClient(todo.eventUnion, todo.eventInputUnion, knex, {
          validateOnRead: false,
        }).getEventStream({ types: ['SAMPLE'], filter: { sampleId: listId, ...filter } } as never)
      ).map(({ data }) => data as Record<string, unknown>)

    test('does not fail on a value of another type', async () => {
      const text = JSON.stringify({ sampleId: listId, count: 'many' })
      await client.saveEvent(sample({ count: 5 }))
      const { id } = await client.saveEvent(sample({ count: 7 }))
      await knex('events')
        .where({ position: String(id) })
        .update({ data: text })
      expect(await found({ count: { gt: 1 } })).toMatchObject([{ count: 5 }])
    })

    test('finds what lacks the key by neq and nin', async () => {
      await client.saveEvents([sample({ text: 'a' }), sample({})])
      expect(await found({ text: { neq: 'a' } })).toHaveLength(1)
      expect(await found({ text: { nin: ['a', 'b'] } })).toHaveLength(1)
      expect(await found({ text: { nin: [] } })).toHaveLength(2)
    })

    test.each([{ gt: ['a'] }, { in: 'a' }, {}])(
      'refuses what makes no sense: %j',
      async (entry) => {
        await expect(found({ text: entry })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
      },
    )

    test('orders numbers as numbers and texts by code point', async () => {
      await client.saveEvents([sample({ count: 9, text: 'Z' }), sample({ count: 10, text: 'a' })])
      expect(await found({ count: { gt: 9 } })).toMatchObject([{ count: 10 }])
      expect(await found({ text: { gt: 'Z' } })).toMatchObject([{ text: 'a' }])
    })
  })

  test('what a schema does not know is refused, not lost', async () => {
    const event = { ...created(), data: { ...created().data, colour: 'red' } } as never
    await expect(client.saveEvent(event)).rejects.toThrow('colour')
    expect(await stream()).toEqual([])
  })

  test('an event that cannot be read names itself, and can be read without its schema', async () => {
    const { id } = await client.saveEvent(created())
    await knex('events')
      .where({ position: String(id) })
      .update({ data: JSON.stringify({ listId }) })
    await expect(stream()).rejects.toMatchObject({
      code: 'INVALID_EVENT',
      position: Number(id),
      message: expect.stringContaining('name'),
    })
    const lenient = createEventClient(todo.eventUnion, todo.eventInputUnion, knex, {
      validateOnRead: false,
    })
    expect(await lenient.getEventStream({ filter: { listId } })).toMatchObject([
      { id, data: { listId } },
    ])
  })

  test('a decision costs one read and one append; an id that was seen costs nothing', async () => {
    await client.saveEvent(created())
    const sent: string[] = []
    const note = ({ sql }: { sql: string }) => sent.push(sql)
    const counted = async (work: () => Promise<unknown>) => {
      sent.length = 0
      await work()
      return sent.length
    }
    knex.on('query', note)
    try {
      expect(await counted(() => new AddItem(client, listId).apply(added('a')).save())).toBe(2)
      const event = await client.getLatestEvent({ type: 'ITEM_ADDED', filter: { listId } })
      const save = (by: TodoClient, latestEventId: bigint) =>
        by.saveEventWithStreamValidation({ event: added('b'), latestEventId, streams: streams() })
      expect(await counted(() => save(client, event!.id))).toBe(1)
      const other = createEventClient(todo.eventUnion, todo.eventInputUnion, knex)
      // The first commit of a client looks whether the log is there.
      await other.saveEvent(created())
      const [, last] = await client.getEventStream({ types: ['ITEM_ADDED'], filter: { listId } })
      expect(await counted(() => save(other, last!.id))).toBe(2)
      const third = await client.getLatestEvent({ type: 'ITEM_ADDED', filter: { listId } })
      await knex.transaction(async (tx) => {
        const query = { types: ['ITEM_ADDED'], filter: { listId }, afterId: third!.id } as const
        expect(await counted(() => client.getEventStream({ ...query, tx }))).toBe(1)
      })
    } finally {
      knex.off('query', note)
    }
  })

  test('an empty list of events is named as what it is', async () => {
    await expect(client.saveEvents([])).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    await expect(
      client.saveEventsWithStreamValidation({ events: [], latestEventId: 0n, streams: streams() }),
    ).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })

  test('events, projections and errors are JSON', async () => {
    const event = await client.saveEvent(created())
    await new ListProjection(client, todo, listId).save()
    const projection = await client.getProjection({ type: 'list', id: listId })
    const error = await client
      .saveEventWithStreamValidation({
        event: created(),
        latestEventId: 0n,
        streams: [{ filter: { listId } }],
      })
      .catch((thrown: unknown) => thrown)
    expect(JSON.parse(JSON.stringify({ event, projection, error }))).toMatchObject({
      event: { ...event, id: String(event.id) },
      projection: { type: 'list', lastEventId: String(projection!.lastEventId) },
      error: { code: 'CONFLICT', conflict: { event: { position: Number(event.id) } } },
    })
    expect(Object.keys(projection ?? {}).sort()).toEqual(['data', 'id', 'lastEventId', 'type'])
  })

  test('a missing log says which call makes it', async () => {
    await using empty = await freshDatabase()
    const other = await openKnex(name, empty.url)
    const lost = createEventClient(todo.eventUnion, todo.eventInputUnion, other)
    for (const call of [
      () => lost.saveEvent(created()),
      () => lost.getEventStream({ types: ['LIST_CREATED'] }),
      () => lost.getEventStream({ types: ['LIST_CREATED'], afterId: 5n }),
      () => lost.getProjection({ type: 'list', id: listId }),
    ]) {
      await expect(call()).rejects.toMatchObject({
        code: 'STORE',
        fault: 'not-a-log',
        message: expect.stringContaining('run a migration of `createEventsTableMigration`'),
      })
    }
    await other.destroy()
  })
})
