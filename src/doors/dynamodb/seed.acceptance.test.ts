import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import {
  archived,
  assigned,
  completed,
  created,
  deleted,
  places,
  todoAfter,
  todoTypes,
  uncompleted,
  type Todo,
  type TodoClient,
  type TodoEvent,
  type TodoLog,
} from './todo.fixture.ts'

/** What the document of @status-machina/ddb-pattern promises, then what its tests check, in their order. */
describe.each(places)('seed 000 on $name', ({ open }) => {
  let log: TodoLog
  let client: TodoClient
  beforeEach(async () => {
    log = await open()
    client = log.client
    onTestFinished(() => log[Symbol.asyncDispose]())
  })
  const ids = (events: readonly TodoEvent[]) => events.map(({ data }) => data.todo_id)
  const typesOf = (events: readonly TodoEvent[]) => events.map(({ type }) => type)
  const saveAll = async (...events: Parameters<TodoClient['saveEvents']>[0]) => {
    for (const event of events) await client.saveEvent(event)
  }
  const todo = async (todo_id: string): Promise<Todo> => {
    const of = { modelKey: 'todo_id', modelId: todo_id } as const
    const events = await client.getEventStream({ eventTypes: todoTypes, ...of })
    return events.reduce<Todo>(todoAfter, null)
  }

  describe('a stream', () => {
    beforeEach(() =>
      saveAll(
        created('list_1', 'todo_1'),
        created('list_1', 'todo_2'),
        created('list_2', 'todo_3'),
        completed('list_1', 'todo_1'),
        archived('list_1', 'todo_1', 'ada'),
        archived('list_2', 'todo_3', 'ada'),
        archived('list_1', 'todo_2', 'lise'),
        deleted('list_1', 'todo_1'),
      ),
    )

    test('may be everything that happened in a list', async () => {
      const stream = await client.getEventStream({
        eventTypes: ['TODO_CREATED', 'TODO_COMPLETED', 'TODO_DELETED'],
        modelKey: 'list_id',
        modelId: 'list_1',
      })
      expect(ids(stream)).toEqual(['todo_1', 'todo_2', 'todo_1', 'todo_1'])
    })

    test('may be what happened to one todo', async () => {
      const stream = await client.getEventStream({
        eventTypes: ['TODO_CREATED', 'TODO_COMPLETED', 'TODO_DELETED'],
        modelKey: 'todo_id',
        modelId: 'todo_1',
      })
      expect(typesOf(stream)).toEqual(['TODO_CREATED', 'TODO_COMPLETED', 'TODO_DELETED'])
    })

    test('may be what one user archived', async () => {
      const stream = await client.getEventStream({
        eventTypes: ['TODO_ARCHIVED'],
        modelKey: 'user_id',
        modelId: 'ada',
      })
      expect(ids(stream)).toEqual(['todo_1', 'todo_3'])
    })
  })

  test('an event has an id, a type, a time, two keys and its data', async () => {
    const { data } = created('list_1', 'todo_1')
    const saved = await client.saveEvent(created('list_1', 'todo_1'))
    const ulid = expect.stringMatching(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/u)
    const text = expect.any(String)
    const keys = { pk: text, sk: text }
    expect(saved).toEqual({ id: ulid, type: 'TODO_CREATED', timestamp: text, ...keys, data })
    expect(new Date(saved.timestamp).toISOString()).toBe(saved.timestamp)
    expect(await client.getLatestEvent({ eventType: 'TODO_CREATED' })).toEqual(saved)
  })

  test('no event can be changed', () => {
    const writes = Object.keys(client).filter((name) => /update|delete|remove/iu.test(name))
    expect(writes).toEqual(['forceUpdateProjection', 'conditionalUpdateProjection'])
  })

  describe('the example', () => {
    const list_id = '01JA8B7897ECZ47ZYM351HVBKB'
    const todo_id = '01JA8B75A0NTKHTDPP7Q1W7Q35'
    const inList = { eventType: 'TODO_CREATED', partitionId: list_id } as const
    const ofTodo = { modelKey: 'todo_id', modelId: todo_id } as const

    test('finds the newest event of a partition', async () => {
      expect(await client.getLatestEvent(inList)).toBeUndefined()
      await saveAll(created(list_id, todo_id, 'one'), created(list_id, 'todo_2', 'two'))
      await saveAll(created('another', todo_id, 'three'))
      expect((await client.getLatestEvent(inList))?.data.title).toBe('two')
    })

    test('finds the events of a model in a partition after any ULID', async () => {
      await saveAll(created(list_id, todo_id), created('another', todo_id), created(list_id, 't'))
      const since = (after: string) => client.getLatestEvents({ ...inList, ...ofTodo, after })
      expect(ids(await since('01JA8B7K770W4XABTR20SSW99B'))).toEqual([todo_id])
      expect(await since('7ZZZZZZZZZZZZZZZZZZZZZZZZZ')).toEqual([])
    })

    test('reads a stream of a partition', async () => {
      await saveAll(completed(list_id, todo_id), completed('another', todo_id))
      const stream = { eventTypes: ['TODO_COMPLETED'], partitionId: list_id } as const
      expect(await client.getEventStream(stream)).toMatchObject([{ data: { list_id, todo_id } }])
    })
  })

  describe('its tests', () => {
    test('1: a saved event is the latest of its partition', async () => {
      const event = created('list_123', 'todo_123')
      await client.saveEvent(event)
      const query = { eventType: 'TODO_CREATED', partitionId: 'list_123' } as const
      expect((await client.getLatestEvent(query))?.data).toEqual(event.data)
    })

    test('2: of the events of a todo, those of one type', async () => {
      await saveAll(
        created('list_1', 'todo_456'),
        assigned('list_1', 'todo_456', 'ada'),
        completed('list_1', 'todo_456'),
      )
      const found = await client.getLatestEvents({
        eventType: 'TODO_COMPLETED',
        modelKey: 'todo_id',
        modelId: 'todo_456',
      })
      expect(ids(found)).toEqual(['todo_456'])
    })

    test('3: the stream of a todo comes in the order in which it was saved', async () => {
      const story = [
        created('list_1', 'todo_1'),
        assigned('list_1', 'todo_1', 'ada'),
        completed('list_1', 'todo_1'),
        uncompleted('list_1', 'todo_1'),
      ]
      await saveAll(...story)
      const stream = await client.getEventStream({
        eventTypes: ['TODO_UNCOMPLETED', 'TODO_COMPLETED', 'TODO_ASSIGNED', 'TODO_CREATED'],
        modelKey: 'todo_id',
        modelId: 'todo_1',
      })
      expect(typesOf(stream)).toEqual(story.map(({ type }) => type))
    })

    test('4: a list has the events of the types that are asked for', async () => {
      await saveAll(
        created('list_1', 'todo_1'),
        created('list_1', 'todo_2'),
        completed('list_1', 'todo_1'),
      )
      const query = { eventTypes: ['TODO_CREATED'], partitionId: 'list_1' } as const
      expect(ids(await client.getEventStream(query))).toEqual(['todo_1', 'todo_2'])
    })

    test('5: the story of a list', async () => {
      const todos = ['todo_1', 'todo_2', 'todo_3', 'todo_4']
      const users = ['ada', 'ada', 'lise', 'lise']
      const inList = { partitionId: 'list_1' }
      await saveAll(...todos.map((id) => created('list_1', id, `do ${id}`)))
      const all = await client.getEventStream({ eventTypes: ['TODO_CREATED'], ...inList })
      expect(ids(all)).toEqual(todos)

      await saveAll(...todos.map((id, index) => assigned('list_1', id, users[index] ?? '')))
      const owners = await client.getEventStream({ eventTypes: ['TODO_ASSIGNED'], ...inList })
      expect(owners.map(({ data }) => data.user_id)).toEqual(users)

      const states = await Promise.all(todos.map(todo))
      const of = (user: string) =>
        states.flatMap((state) => (state?.assignedTo === user ? [state.status] : []))
      expect(of('ada')).toEqual(['incomplete', 'incomplete'])
      expect(of('lise')).toEqual(['incomplete', 'incomplete'])

      await saveAll(deleted('list_1', 'todo_1'), completed('list_1', 'todo_2'))
      await saveAll(completed('list_1', 'todo_3'), uncompleted('list_1', 'todo_3'))
      await saveAll(completed('list_1', 'todo_4'))
      expect(await Promise.all(todos.map(todo))).toMatchObject([
        null,
        { status: 'complete', assignedTo: 'ada' },
        { status: 'incomplete', assignedTo: 'lise' },
        { status: 'complete' },
      ] as object[])
    })

    test('6: a reducer sees what became of a todo', async () => {
      await saveAll(assigned('list_1', 'todo_1', 'ada'))
      expect(await todo('todo_1')).toBeNull()
      await saveAll(created('list_1', 'todo_1'))
      expect(await todo('todo_1')).toEqual({ title: 'paint', status: 'incomplete' })
      await saveAll(assigned('list_1', 'todo_1', 'ada'), archived('list_1', 'todo_1', 'ada'))
      expect(await todo('todo_1')).toMatchObject({ status: 'archived', assignedTo: 'ada' })
      await saveAll(deleted('list_1', 'todo_1'))
      expect(await todo('todo_1')).toBeNull()
    })
  })
})
