import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import {
  assigned,
  completed,
  created,
  places,
  todoAfter,
  todoTypes,
  type Todo,
  type TodoClient,
} from './todo.fixture.ts'

describe.each(places)('the client on $name', ({ open }) => {
  let client: TodoClient
  beforeEach(async () => {
    const log = await open()
    onTestFinished(() => log[Symbol.asyncDispose]())
    client = log.client
  })
  const todo = { modelKey: 'todo_id', modelId: 'todo_1' } as const
  const streams = [{ eventTypes: todoTypes, ...todo }] as const
  const invalid = { code: 'INVALID_ARGUMENT' }

  test('nothing to save is nothing saved, nothing found is undefined', async () => {
    expect(await client.saveEvents([])).toEqual([])
    expect(await client.getLatestEvent({ eventType: 'TODO_CREATED', ...todo })).toBeUndefined()
    expect(await client.getEventStream({ eventTypes: todoTypes, ...todo })).toEqual([])
    expect(await client.getEventStream({ eventTypes: [], partitionId: 'list_1' })).toEqual([])
    expect(await client.getProjection({ type: 'TODO', id: 'todo_1' })).toBeUndefined()
    expect((await client.queryProjections({ type: 'TODO' })).documents).toEqual([])
  })

  test('several streams come merged, in order, each event once', async () => {
    const saved = []
    for (const event of [
      created('list_1', 'todo_1'),
      created('list_1', 'todo_2'),
      assigned('list_1', 'todo_1', 'ada'),
      created('list_2', 'todo_3'),
      assigned('list_2', 'todo_3', 'ada'),
    ]) {
      saved.push(await client.saveEvent(event))
    }
    const several = [
      ...streams,
      { eventTypes: ['TODO_ASSIGNED'], modelKey: 'user_id', modelId: 'ada' },
      { eventTypes: ['TODO_CREATED'], partitionId: 'list_2' },
    ] as const
    const expected = [saved[0], ...saved.slice(2)]
    expect(await client.getEventStreams({ streams: several })).toEqual(expected)
    const two = await client.getEventStreams({ streams: several, limit: 2 })
    expect(two).toEqual(expected.slice(0, 2))
    const newest = client.readEvents({ streams: several, backwards: true, limit: 2 })
    expect(await Array.fromAsync(newest)).toEqual(expected.slice(-2).toReversed())
  })

  test('a validation stores all, or refuses and stores nothing', async () => {
    const event = created('list_1', 'todo_1')
    const first = await client.saveEventWithStreamValidation({ event, streams })
    await expect(client.saveEventWithStreamValidation({ event, streams })).rejects.toThrow(
      'Concurrent modification detected',
    )
    const events = [assigned('list_1', 'todo_1', 'ada'), completed('list_1', 'todo_1')]
    const args = { events, streams, after: first.id, idempotencyKey: 'cmd_1' }
    const saved = await client.saveEventsWithStreamValidation(args)
    expect(saved).toMatchObject(events)
    expect(await client.saveEventsWithStreamValidation(args)).toEqual(saved)
    await expect(
      client.saveEventsWithStreamValidation({ events, streams, after: first.id }),
    ).rejects.toMatchObject({ code: 'CONFLICT', conflict: { event: { id: saved[0]?.id } } })
    expect(await client.getEventStreams({ streams })).toEqual([first, ...saved])
  })

  test('a projection is saved with the cursor of what it was made of', async () => {
    const name = { type: 'TODO', id: 'todo_1' }
    const view = async () => {
      const { events, cursor } = await client.load({ streams })
      return { ...name, data: events.reduce<Todo>(todoAfter, null), cursor }
    }
    await client.saveEvent(created('list_1', 'todo_1'))
    const early = await view()
    await expect(client.conditionalUpdateProjection(early)).rejects.toMatchObject({
      code: 'CONFLICT',
    })
    expect(await client.saveProjection(early)).toMatchObject({ status: 'created', revision: 1 })
    await client.saveEvent(completed('list_1', 'todo_1'))
    const late = await view()
    expect(await client.conditionalUpdateProjection(late)).toMatchObject({ status: 'updated' })
    expect(await client.saveProjection(early)).toMatchObject({ status: 'skipped' })
    const found = await client.getProjection<Todo>(name)
    expect(found).toMatchObject({ data: { status: 'complete' }, cursor: late.cursor, revision: 2 })
    await client.forceUpdateProjection({ ...name, data: { title: 'paint', status: 'archived' } })
    const filter = { status: 'archived' }
    const { documents } = await client.queryProjections<Todo>({ type: 'TODO', filter })
    expect(documents).toMatchObject([{ ...name, cursor: late.cursor, revision: 3 }])
  })

  test('a commit writes events, documents and messages together', async () => {
    const { cursor } = await client.load({ streams })
    const commit = {
      events: [created('list_1', 'todo_1')],
      conditions: [{ streams: [{ filter: { todo_id: 'todo_1' } }], after: cursor }],
      documents: [{ type: 'TODO', id: 'todo_1', data: { title: 'paint' } }],
      outbox: [{ type: 'todo.created', data: {} }],
    }
    const { events, replayed } = await client.commit(commit)
    expect(replayed).toBe(false)
    expect(events).toEqual(await client.getEventStreams({ streams }))
    await expect(client.commit(commit)).rejects.toMatchObject({ code: 'CONFLICT' })
    expect(await client.getProjection({ type: 'TODO', id: 'todo_1' })).toMatchObject({
      revision: 1,
    })
    const [message, ...others] = await client.store.outbox.read()
    expect(message).toMatchObject({ type: 'todo.created', event: { id: events[0]?.id } })
    expect(others).toEqual([])
  })

  test('there are no transactions of yours', () => {
    expect(() => client.within({})).toThrow('put all into one commit')
  })

  test('a closed client refuses', async () => {
    await client.close()
    const saved = client.saveEvent(created('list_1', 'todo_1'))
    await expect(saved).rejects.toMatchObject({ code: 'CLOSED' })
  })

  test('an aborted call does nothing', async () => {
    const signal = AbortSignal.abort()
    const aborted = { code: 'ABORTED' }
    const event = created('list_1', 'todo_1')
    await expect(client.saveEvent(event, { signal })).rejects.toMatchObject(aborted)
    const stream = { eventTypes: todoTypes, ...todo } as const
    await expect(client.getEventStream({ ...stream, signal })).rejects.toMatchObject(aborted)
    expect(await client.getEventStream(stream)).toEqual([])
  })

  describe('refuses what TypeScript refuses', () => {
    const event = created('list_1', 'todo_1')
    const calls: [string, (given: TodoClient) => unknown][] = [
      ['no event', (it) => it.saveEvent(undefined as never)],
      ['an event without a type', (it) => it.saveEvent({ data: {} } as never)],
      ['keys of its own', (it) => it.saveEvent({ ...event, pk: 'a' } as never)],
      ['a time of its own', (it) => it.saveEvent({ ...event, timestamp: '' } as never)],
      ['an unknown option', (it) => it.saveEvent(event, { idempotency: 'a' } as never)],
      ['one event for many', (it) => it.saveEvents(event as never)],
      ['no streams', (it) => it.getEventStreams({ streams: [] })],
      ['no query', (it) => it.getLatestEvent(undefined as never)],
      ['types for a type', (it) => it.getLatestEvent({ eventTypes: ['A'] } as never)],
      ['a type for types', (it) => it.getEventStream({ eventTypes: 'A' } as never)],
      ['a limit below 0', (it) => it.getEventStream({ eventTypes: todoTypes, limit: -1 })],
      ['a filter', (it) => it.getEventStream({ eventTypes: todoTypes, filter: {} } as never)],
      ['a validation of nothing', (it) => it.saveEventWithStreamValidation({ event } as never)],
      [
        'a validation without types',
        (it) =>
          it.saveEventWithStreamValidation({
            event,
            streams: [{ eventTypes: [], partitionId: 'a' }],
          }),
      ],
      ['a projection of nothing', (it) => it.saveProjection(undefined as never)],
      ['a projection without a cursor', (it) => it.saveProjection({ type: 'A', id: 'a' } as never)],
      ['no name', (it) => it.getProjection({ type: 'TODO' } as never)],
      ['no projection to ask for', (it) => it.queryProjections(undefined as never)],
      ['a commit of nothing', (it) => it.commit(undefined as never)],
    ]
    test.each(calls)('%s', async (_, call) => {
      await expect(call(client)).rejects.toMatchObject(invalid)
      expect(await client.getLatestEvent({ eventType: 'TODO_CREATED' })).toBeUndefined()
    })
  })
})
