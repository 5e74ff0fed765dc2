import { beforeEach, describe, expect, test } from 'vitest'
import { isEventfoldError } from '../../store/errors.ts'
import { MemoryEventStore } from '../../stores/memory/index.ts'
import { memoryLog, todoClient, type TodoClient } from './todo.fixture.ts'

let log: ReturnType<typeof memoryLog>
let client: TodoClient
beforeEach(() => {
  log = memoryLog()
  client = todoClient(log)
})

const added = (itemId: string, listId = 'list_1') =>
  ({ type: 'ITEM_ADDED', data: { listId, itemId, title: `Item ${itemId}` } }) as const
const items = { types: ['ITEM_ADDED'], filter: { listId: { eq: 'list_1' } } } as const

describe('an event', () => {
  test('has its position as a bigint, and times in ISO 8601', async () => {
    const event = await client.saveEvent(added('a'))
    expect(event).toEqual({
      id: 1n,
      ...added('a'),
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      updated_at: event.created_at,
    })
    expect(await client.getEventStream(items)).toEqual([event])
    expect(Object.keys(event).sort()).toEqual(['created_at', 'data', 'id', 'type', 'updated_at'])
  })

  test('is JSON with its id as a string, and comes back from it', async () => {
    const event = await client.saveEvent(added('a'))
    const json = JSON.parse(JSON.stringify(event))
    expect(json).toEqual({ ...event, id: '1' })
    expect(JSON.stringify([event])).toContain('"id":"1"')
    expect(structuredClone(event)).toEqual(event)
  })

  test('that does not fit its schema is refused, also for what the schema would drop', async () => {
    const refused = (event: object) => client.saveEvent(event as never)
    await expect(refused({ type: 'ITEM_ADDED', data: { listId: 'l' } })).rejects.toMatchObject({
      code: 'INVALID_EVENT',
      issues: [{ path: ['itemId'] }, { path: ['title'] }],
    })
    const more = { ...added('a'), data: { ...added('a').data, colour: 'red' } }
    await expect(refused(more)).rejects.toThrow(/colour: the schema does not know this/)
    await expect(refused({ type: 'UNKNOWN', data: {} })).rejects.toMatchObject({
      code: 'INVALID_EVENT',
      eventType: 'UNKNOWN',
    })
    await expect(refused({})).rejects.toMatchObject({ code: 'INVALID_EVENT' })
    await expect(refused(undefined as never)).rejects.toMatchObject({ code: 'INVALID_EVENT' })
    expect(await client.getLatestEvent({ type: 'ITEM_ADDED' })).toBeNull()
  })

  test('that is stored and does not fit names itself; the rest of the log stays readable', async () => {
    await client.saveEvent(added('a'))
    const strange = { type: 'ITEM_ADDED', data: { listId: 'list_1', itemId: 7 } }
    const { events } = await log.store.commit({ events: [strange] })
    await expect(client.getEventStream(items)).rejects.toMatchObject({
      code: 'INVALID_EVENT',
      eventId: events[0]?.id,
      position: 2,
      message: expect.stringContaining('the event union refuses it: data.itemId'),
    })
    expect(await client.getEventStream({ ...items, limit: 1 })).toHaveLength(1)
    const lenient = todoClient(log, { validateOnRead: false })
    expect(await lenient.getEventStream(items)).toMatchObject([{ id: 1n }, strange])
  })
})

describe('a position', () => {
  test('that was read before costs nothing; another one is looked up once', async () => {
    const first = await client.saveEvent(added('a'))
    await client.saveEvent(added('b'))
    expect(await client.getEventStream({ ...items, afterId: first.id })).toHaveLength(1)
    expect(log.asked).toBe(0)
    const other = todoClient(log)
    expect(await other.getEventStream({ ...items, afterId: 1n })).toHaveLength(1)
    expect(await other.getEventStreams({ streams: [items], afterId: 1n })).toHaveLength(1)
    expect(log.asked).toBe(1)
    expect(await other.getEventStream({ ...items, afterId: 0n })).toHaveLength(2)
    expect(log.asked).toBe(1)
  })

  test.each([99n, 2n ** 70n])('that the log does not have is refused: %s', async (afterId) => {
    await client.saveEvent(added('a'))
    await expect(client.getEventStream({ ...items, afterId })).rejects.toMatchObject({
      code: 'CONFLICT',
      conflict: { reason: 'rewound', cursor: String(afterId) },
    })
  })

  test.each([-1n, 1, '1', null])('that is none is refused: %s', async (given) => {
    const afterId = given as bigint
    await expect(client.getEventStream({ ...items, afterId })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining("afterId: expected an event's id, a bigint from 0n"),
    })
    await expect(
      client.saveEventWithStreamValidation({
        event: added('a'),
        latestEventId: undefined as never,
        streams: [items],
      }),
    ).rejects.toThrow('latestEventId')
  })

  test('whose event another one took is refused: the log was rewound', async () => {
    const { id } = await client.saveEvent(added('a'))
    const restored = new MemoryEventStore()
    await restored.commit({ events: [added('z')] })
    Object.assign(log.store, { load: restored.load, commit: restored.commit })
    await expect(
      client.saveEventWithStreamValidation({
        event: added('b'),
        latestEventId: id,
        streams: [items],
      }),
    ).rejects.toMatchObject({ code: 'CONFLICT', conflict: { reason: 'rewound' } })
  })
})

describe('a save under validation', () => {
  const save = (latestEventId: bigint, itemId = 'b') =>
    client.saveEventWithStreamValidation({ event: added(itemId), latestEventId, streams: [items] })

  test('writes where nothing came since, and refuses where something did', async () => {
    const first = await client.saveEvent(added('a'))
    await client.saveEvent(added('x', 'list_2'))
    expect(await save(first.id)).toMatchObject({ id: 3n })
    const error: unknown = await save(first.id, 'c').catch((thrown: unknown) => thrown)
    expect(isEventfoldError(error, 'CONFLICT')).toBe(true)
    expect(String(error)).toContain('Concurrent modification detected')
    expect(JSON.parse(JSON.stringify(error))).toMatchObject({
      code: 'CONFLICT',
      retryable: true,
      outcome: 'none',
      conflict: { reason: 'condition', event: { type: 'ITEM_ADDED', position: 3 } },
    })
    await expect(save(0n)).rejects.toThrow('Concurrent modification detected')
    expect(await client.getEventStream(items)).toHaveLength(2)
  })

  test('takes several events: all or none', async () => {
    const events = [added('a'), added('b')]
    const streams = [items]
    expect(
      await client.saveEventsWithStreamValidation({ events, latestEventId: 0n, streams }),
    ).toMatchObject([{ id: 1n, data: { itemId: 'a' } }, { id: 2n }])
    await expect(
      client.saveEventsWithStreamValidation({ events, latestEventId: 1n, streams }),
    ).rejects.toThrow('Concurrent modification detected')
    expect(await client.getLatestEvents({ type: 'ITEM_ADDED' })).toHaveLength(2)
  })
})

describe('a projection', () => {
  const name = { type: 'list', id: 'list_1' }
  beforeEach(async () => {
    await client.saveEvents([added('a'), added('b'), added('c')])
  })

  test('is saved with its event, and never goes back', async () => {
    expect(await client.getProjection(name)).toBeNull()
    expect(await client.saveProjection({ ...name, data: { n: 2 }, eventId: 2n })).toMatchObject({
      status: 'created',
    })
    const saved = await client.getProjection<{ n: number }>(name)
    expect(saved).toEqual({ ...name, data: { n: 2 }, lastEventId: 2n })
    expect(JSON.parse(JSON.stringify(saved))).toEqual({ ...saved, lastEventId: '2' })
    expect(await client.saveProjection({ ...name, data: { n: 1 }, eventId: 1n })).toMatchObject({
      status: 'skipped',
    })
    await client.saveProjection({ ...name, data: { n: 3 }, eventId: 3n })
    expect(await client.getProjection(name)).toMatchObject({ data: { n: 3 }, lastEventId: 3n })
  })

  test('is forced, with its event kept, and updated only by a later one', async () => {
    await expect(client.forceUpdateProjection({ ...name, data: {} })).rejects.toThrow(
      'Concurrent modification detected',
    )
    await expect(
      client.conditionalUpdateProjection({ ...name, data: {}, eventId: 1n }),
    ).rejects.toThrow('Concurrent modification detected')
    await client.saveProjection({ ...name, data: { n: 2 }, eventId: 2n })
    await client.forceUpdateProjection({ ...name, data: { n: 9 } })
    expect(await client.getProjection(name)).toMatchObject({ data: { n: 9 }, lastEventId: 2n })
    for (const eventId of [1n, 2n]) {
      await expect(
        client.conditionalUpdateProjection({ ...name, data: {}, eventId }),
      ).rejects.toThrow('Concurrent modification detected')
    }
    await client.conditionalUpdateProjection({ ...name, data: { n: 3 }, eventId: 3n })
    expect(await client.getProjection(name)).toMatchObject({ data: { n: 3 }, lastEventId: 3n })
  })

  test('is found by its type and data', async () => {
    for (const [id, n] of [
      ['x', 1],
      ['y', 2],
      ['z', 3],
    ] as const) {
      await client.saveProjection({ type: 'list', id, data: { n, name: id }, eventId: 1n })
    }
    const ids = async (query: object) =>
      (await client.queryProjections({ type: 'list', ...query })).map(({ id }) => id)
    expect(await ids({})).toEqual(['x', 'y', 'z'])
    expect(await ids({ filter: { n: { gte: 2 } } })).toEqual(['y', 'z'])
    expect(await ids({ filter: { name: 'y' } })).toEqual(['y'])
    const order = { by: 'n', direction: 'desc' }
    expect(await ids({ order, limit: 2 })).toEqual(['z', 'y'])
    expect(Object.keys((await client.queryProjections({ type: 'list' }))[0] ?? {})).toEqual([
      'id',
      'type',
      'data',
      'lastEventId',
    ])
  })
})

test('a commit writes events and projections together, under conditions', async () => {
  const { id } = await client.saveEvent(added('a'))
  const commit = {
    events: [added('b')],
    conditions: [{ streams: [items], afterId: id }],
    documents: [{ type: 'list', id: 'list_1', data: { n: 1 }, eventId: id }],
  }
  const committed = await client.commit(commit)
  expect(committed.events).toMatchObject([{ id: 2n }])
  expect(committed.documents).toMatchObject([{ status: 'created' }])
  await expect(client.commit(commit)).rejects.toThrow('Concurrent modification detected')
  expect(await client.getProjection({ type: 'list', id: 'list_1' })).toMatchObject({
    lastEventId: 1n,
  })
})

test('events are read one by one, forwards and backwards', async () => {
  await client.saveEvents([added('a'), added('b'), added('c')])
  const read = async (query: object) => {
    const found = client.readEvents({ streams: [items], ...query })
    return (await Array.fromAsync(found)).map(({ id }) => id)
  }
  expect(await read({})).toEqual([1n, 2n, 3n])
  expect(await read({ backwards: true, limit: 2 })).toEqual([3n, 2n])
  expect(await read({ afterId: 1n })).toEqual([2n, 3n])
})

test('an idempotency key makes a save safe to repeat', async () => {
  const options = { idempotencyKey: 'once' }
  const first = await client.saveEvent(added('a'), options)
  expect(await client.saveEvent(added('a'), options)).toEqual(first)
  await expect(client.saveEvent(added('b'), options)).rejects.toMatchObject({
    code: 'IDEMPOTENCY_MISMATCH',
  })
})

test.each([
  ['an unknown operator', { listId: { like: 'x' } }, 'Unknown operator: like'],
  ['a list for a comparison', { listId: { gt: ['a'] } }, 'listId.gt'],
  ['a value for in', { listId: { in: 'a' } }, 'listId.in'],
])('%s is refused', async (_, filter, message) => {
  const query = { types: ['ITEM_ADDED'], filter } as never
  await expect(client.getEventStream(query)).rejects.toThrow(message)
})

test('no stream at all is refused, never the whole log', async () => {
  await client.saveEvent(added('a'))
  await expect(client.getEventStreams({ streams: [] })).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
  })
  await expect(client.getEventStream({ typos: [] } as never)).rejects.toThrow('typos')
})
