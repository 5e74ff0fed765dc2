import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { createEventId } from '../../event/id.ts'
import {
  assigned,
  completed,
  created,
  places,
  todoTypes,
  type TodoClient,
  type TodoEvent,
  type TodoLog,
} from './todo.fixture.ts'

/** What the library that this door is made for did wrong (D1 to D12), each as a test that it would fail. */
describe.each(places)('defects, on $name', ({ open }) => {
  let log: TodoLog
  let client: TodoClient
  beforeEach(async () => {
    log = await open()
    client = log.client
    onTestFinished(() => log[Symbol.asyncDispose]())
  })
  const titles = (events: readonly TodoEvent[]) =>
    events.map((event) => (event.type === 'TODO_CREATED' ? event.data.title : event.type))

  test('D1: a read by partition and model finds its events, and no others', async () => {
    await client.saveEvents([
      created('list_1', 'todo_1', 'here'),
      created('list_1', 'todo_2', 'other model'),
      created('list_2', 'todo_1', 'other partition'),
    ])
    const query = { partitionId: 'list_1', modelKey: 'todo_id', modelId: 'todo_1' } as const
    const one = { eventType: 'TODO_CREATED', ...query } as const
    expect(titles(await client.getLatestEvents(one))).toEqual(['here'])
    expect((await client.getLatestEvent(one))?.data.title).toBe('here')
    const stream = { eventTypes: todoTypes, ...query } as const
    expect(titles(await client.getEventStream(stream))).toEqual(['here'])
  })

  test('D2: the latest event is the newest', async () => {
    for (const title of ['one', 'two', 'three']) {
      await client.saveEvent(created('list_1', 'todo_1', title))
    }
    const of = { partitionId: 'list_1', modelKey: 'todo_id', modelId: 'todo_1' } as const
    for (const query of [{}, { partitionId: 'list_1' }, of]) {
      const latest = await client.getLatestEvent({ eventType: 'TODO_CREATED', ...query })
      expect(latest?.data.title).toBe('three')
    }
  })

  test.each([
    ['absent', {}],
    ['undefined', { parent_id: undefined }],
    ['null', { parent_id: null }],
  ])('D3: an optional identifier may be %s', async (_, optional) => {
    const event = created('list_1', 'todo_1')
    await client.saveEvent({ ...event, data: { ...event.data, ...optional } })
    const query = { eventTypes: todoTypes, modelKey: 'todo_id', modelId: 'todo_1' } as const
    expect(await client.getEventStream(query)).toHaveLength(1)
    const child = { ...event, data: { ...event.data, parent_id: 'todo_0' } }
    await client.saveEvent(child)
    const children = { modelKey: 'parent_id', modelId: 'todo_0' } as const
    expect(await client.getEventStream({ ...query, ...children })).toMatchObject([child])
  })

  test('D3: an empty identifier is refused before anything is sent', async () => {
    const event = created('list_1', '')
    const refusal = {
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(/data\.todo_id: expected an identifier that is not empty/u),
    }
    await expect(client.saveEvent(event)).rejects.toMatchObject(refusal)
    await expect(client.saveEvents([event])).rejects.toMatchObject(refusal)
    await expect(client.commit({ events: [event] })).rejects.toMatchObject(refusal)
    expect(await client.getLatestEvent({ eventType: 'TODO_CREATED' })).toBeUndefined()
  })

  test('D4: events of one millisecond keep their order', async () => {
    const names = Array.from({ length: 30 }, (_, index) => `${index}`)
    vi.useFakeTimers({ toFake: ['Date'] })
    try {
      await client.saveEvents(names.slice(0, 10).map((title) => created('list_1', 'todo_1', title)))
      for (const title of names.slice(10))
        await client.saveEvent(created('list_1', 'todo_1', title))
    } finally {
      vi.useRealTimers()
    }
    for (const query of [{ partitionId: 'list_1' }, { modelKey: 'todo_id', modelId: 'todo_1' }]) {
      const stream = { eventTypes: ['TODO_DELETED', 'TODO_CREATED'] as const, ...query }
      const events = await client.getEventStream(stream as typeof stream & { partitionId: string })
      expect(titles(events)).toEqual(names)
      expect(events.map(({ id }) => id)).toEqual(events.map(({ id }) => id).toSorted())
    }
  })

  test('D5: a decision is refused where something happened that it has not seen', async () => {
    const streams = [
      { eventTypes: ['TODO_ASSIGNED'], modelKey: 'todo_id', modelId: 'todo_1' },
    ] as const
    await client.saveEvent(created('list_1', 'todo_1'))
    const { cursor } = await client.load({ streams })
    const others = Array.from({ length: 8 }, () => log.another())
    const racing = others.map((other, index) =>
      other.saveEventWithStreamValidation({
        event: assigned('list_1', 'todo_1', `user_${index}`),
        streams,
        after: cursor,
      }),
    )
    const results = await Promise.allSettled(racing)
    const lost = results.filter(({ status }) => status === 'rejected')
    expect(lost).toHaveLength(7)
    for (const result of lost) expect(result).toMatchObject({ reason: { code: 'CONFLICT' } })
    expect(await client.getEventStreams({ streams })).toHaveLength(1)
  })

  test('D5: a save with an id or with a key is done once', async () => {
    const named = { ...created('list_1', 'todo_1'), id: createEventId() }
    const first = await client.saveEvent(named)
    expect(await client.saveEvent(named)).toEqual(first)
    const keyed = () => client.saveEvent(completed('list_1', 'todo_1'), { idempotencyKey: 'cmd_1' })
    const second = await keyed()
    expect(await keyed()).toEqual(second)
    const stream = { eventTypes: todoTypes, partitionId: 'list_1' }
    expect(await client.getEventStream(stream)).toEqual([first, second])
    await expect(
      client.saveEvent({ ...named, data: { ...named.data, title: 'other' } }),
    ).rejects.toMatchObject({ code: 'IDEMPOTENCY_MISMATCH' })
  })

  test('D6: what can never succeed is refused at once, without data in message or console', async () => {
    const said = (['log', 'info', 'warn', 'error'] as const).map((method) =>
      vi.spyOn(console, method).mockImplementation(() => {}),
    )
    const event = created('list_1', 'todo_1', 'a secret title')
    const bad = { ...event, data: { ...event.data, when: 1n } }
    const failure = await client.saveEvent(bad as typeof event).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'INVALID_ARGUMENT' })
    expect(String(failure)).not.toContain('secret')
    for (const spy of said) expect(spy).not.toHaveBeenCalled()
    vi.restoreAllMocks()
  })

  test('D7: what was written is read at once, and nothing is missed after an event', async () => {
    const query = { eventTypes: todoTypes, modelKey: 'todo_id', modelId: 'todo_1' } as const
    let after: string | undefined
    for (let count = 0; count < 10; count += 1) {
      const saved = await log.another().saveEvent(created('list_1', 'todo_1', `${count}`))
      const [next, ...more] = await client.getEventStream({ ...query, after })
      expect(next).toEqual(saved)
      expect(more).toEqual([])
      after = saved.id
    }
  })

  test('D8: an event may have many identifiers; too many are refused with the figures', async () => {
    const wide = (count: number) => ({
      type: 'TODO_COMPLETED' as const,
      data: {
        ...completed('list_1', 'todo_1').data,
        ...Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}_id`, `v${at}`])),
      },
    })
    await client.saveEvent(wide(20))
    const [result] = await Promise.allSettled([client.saveEvent(wide(120))])
    // Memory takes them all.
    const refused = { status: 'rejected', reason: { code: 'LIMIT', limit: 100 } }
    expect(result).toMatchObject(log.name === '' ? { status: 'fulfilled' } : refused)
  })

  describe('D9: odd characters reach nothing else', () => {
    test.each([
      ['x::TODO::y', 'x'],
      ['list_1#TODO_CREATED', 'list_1'],
      ['a%23b', 'a#b'],
      ['a b', 'a+b'],
      ['A', 'a'],
      ['HEAD', 'head'],
      ['1', 1 as unknown as string],
    ])('%s is not %s', async (one, other) => {
      await client.saveEvents([created(one, one, 'one'), created(other, other, 'other')])
      const query = { eventType: 'TODO_CREATED' } as const
      const found = (id: string) =>
        client.getLatestEvents({ ...query, modelKey: 'todo_id', modelId: id })
      const inPartition = (id: string) => client.getLatestEvents({ ...query, partitionId: id })
      for (const read of [found, inPartition]) {
        expect(titles(await read(one))).toEqual(['one'])
        expect(titles(await read(other))).toEqual(['other'])
      }
    })
  })

  test('D10: half of a model, or a value that is missing, is refused and never widened', async () => {
    await client.saveEvent(created('list_1', 'todo_1'))
    const ask = (query: object) =>
      client.getLatestEvent({ eventType: 'TODO_CREATED', ...query } as never)
    const refused = async (query: object, message: RegExp) => {
      const refusal = { code: 'INVALID_ARGUMENT', message: expect.stringMatching(message) }
      await expect(ask(query)).rejects.toMatchObject(refusal)
    }
    await refused({ modelKey: 'todo_id' }, /modelKey and modelId together, or neither/u)
    await refused({ modelId: 'todo_1' }, /modelKey and modelId together, or neither/u)
    await refused({ partitionId: undefined }, /partitionId: expected a non-empty string/u)
    await refused({ partitionId: '' }, /partitionId: expected a non-empty string/u)
    await refused({ modelKey: 'todo_id', modelId: undefined }, /modelId/u)
    await refused({ modelKey: 'todo_id', modelId: '' }, /modelId: expected a non-empty string/u)
    await refused({ modelKey: 'title', modelId: 'paint' }, /ends in '_id'/u)
    await refused({ partition: 'list_1' }, /only the keys/u)
    const elsewhere = { modelKey: 'list_id', modelId: 'list_2', partitionId: 'list_1' }
    await refused(elsewhere, /list_id is the partition key/u)
  })

  test('D11: data belongs to its type', () => {
    // @ts-expect-error the data of another type; without TypeScript nobody knows
    const save = () => client.saveEvent({ type: 'TODO_ASSIGNED', data: created('a', 'b').data })
    expect(save).toBeTypeOf('function')
  })

  test('D12: many events in one write, and streams in bounded memory', async () => {
    const events = Array.from({ length: 30 }, (_, index) =>
      created('list_1', `todo_${index}`, `${index}`),
    )
    const saved = await client.saveEvents(events)
    expect(titles(saved)).toEqual(events.map(({ data }) => data.title))
    await expect(client.saveEvents([...events, created('list_1', '')])).rejects.toThrow('todo_id')
    const streams = [{ eventTypes: ['TODO_CREATED'], partitionId: 'list_1' }] as const
    const read: string[] = []
    for await (const event of client.readEvents({ streams })) read.push(event.id)
    expect(read).toEqual(saved.map(({ id }) => id))
  })

  test('D12: a nested identifier files nothing, as before', async () => {
    const event = created('list_1', 'todo_1')
    const nested = { ...event.data, by: { user_id: 'ada' } }
    await client.saveEvent({ ...event, data: nested })
    const query = { modelKey: 'user_id', modelId: 'ada' } as const
    expect(await client.getEventStream({ eventTypes: todoTypes, ...query })).toEqual([])
  })
})
