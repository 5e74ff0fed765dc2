import { setTimeout as delay } from 'node:timers/promises'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { createEventId } from '../../event/id.ts'
import { created, places, type TodoClient, type TodoEvent } from './todo.fixture.ts'

describe.each(places)('after, on $name', ({ open }) => {
  let client: TodoClient
  /** ULIDs that are no events: before all, between each two, after all. */
  let times: string[]
  let saved: TodoEvent[]
  beforeEach(async () => {
    const log = await open()
    onTestFinished(() => log[Symbol.asyncDispose]())
    client = log.client
    times = [createEventId()]
    saved = []
    for (const title of ['0', '1', '2', '3']) {
      await delay(3)
      saved.push(await client.saveEvent(created('list_1', 'todo_1', title)))
      await delay(3)
      times.push(createEventId())
    }
  })
  const kinds = [
    ['a type', {}],
    ['a partition', { partitionId: 'list_1' }],
    ['a model', { modelKey: 'todo_id', modelId: 'todo_1' }],
    ['a model in a partition', { partitionId: 'list_1', modelKey: 'todo_id', modelId: 'todo_1' }],
  ] as const

  test.each(kinds)('an event of %s leaves it and what came before out', async (_, narrowing) => {
    const query = { eventTypes: ['TODO_CREATED'], ...narrowing } as const
    for (const [index, { id }] of saved.entries()) {
      expect(await client.getEventStream({ ...query, after: id })).toEqual(saved.slice(index + 1))
    }
  })

  test.each(kinds)('a ULID that is no event stands for its time in %s', async (_, narrowing) => {
    const query = { eventTypes: ['TODO_CREATED'], ...narrowing } as const
    for (const [index, after] of times.entries()) {
      expect(await client.getEventStream({ ...query, after })).toEqual(saved.slice(index))
    }
  })

  test('both go with a limit, with the newest, and with a read', async () => {
    const one = { eventType: 'TODO_CREATED', partitionId: 'list_1' } as const
    const streams = [{ eventTypes: ['TODO_CREATED'], partitionId: 'list_1' }] as const
    for (const after of [saved[1]!.id, times[2]!]) {
      expect(await client.getLatestEvents({ ...one, after, limit: 1 })).toEqual([saved[2]])
      expect(await client.getLatestEvent({ ...one, after })).toEqual(saved[3])
      const read = async (options: object) =>
        Array.fromAsync(client.readEvents({ streams, after, ...options }))
      expect(await read({})).toEqual([saved[2], saved[3]])
      expect(await read({ limit: 1 })).toEqual([saved[2]])
      expect(await read({ limit: 0 })).toEqual([])
      expect(await read({ backwards: true })).toEqual([saved[3], saved[2]])
      expect(await read({ backwards: true, limit: 1 })).toEqual([saved[3]])
    }
    for (const after of [saved[3]!.id, times[4]!]) {
      expect(await client.getLatestEvent({ ...one, after })).toBeUndefined()
      expect(await client.getLatestEvents({ ...one, after })).toEqual([])
    }
  })

  test('an id of your own is an event like any other', async () => {
    const named = await client.saveEvent({ ...created('list_1', 'todo_1', '4'), id: 'mine' })
    const last = await client.saveEvent(created('list_1', 'todo_1', '5'))
    const query = { eventTypes: ['TODO_CREATED'], modelKey: 'todo_id', modelId: 'todo_1' } as const
    expect(await client.getEventStream({ ...query, after: 'mine' })).toEqual([last])
    expect(await client.getEventStream({ ...query, after: saved[3]!.id })).toEqual([named, last])
  })

  test('a cursor goes on where a load ended', async () => {
    const streams = [
      { eventTypes: ['TODO_CREATED'], modelKey: 'todo_id', modelId: 'todo_1' },
    ] as const
    const { events, cursor } = await client.load({ streams })
    expect(events).toEqual(saved)
    const next = await client.saveEvent(created('list_1', 'todo_1'))
    expect(await client.getEventStreams({ streams, after: cursor })).toEqual([next])
    expect((await client.load({ streams, after: cursor })).events).toEqual([next])
  })

  test.each(['nothing', '', '01ja8b7k770w4xabtr20ssw99b'])(
    '%o is no place of the log',
    async (after) => {
      const query = { eventTypes: ['TODO_CREATED'], partitionId: 'list_1', after } as const
      await expect(client.getEventStream(query)).rejects.toMatchObject({
        code: after === '' ? 'INVALID_ARGUMENT' : 'CONFLICT',
      })
    },
  )

  test('a condition takes no time for what was seen', async () => {
    const streams = [
      { eventTypes: ['TODO_CREATED'], modelKey: 'todo_id', modelId: 'todo_1' },
    ] as const
    const event = created('list_1', 'todo_1')
    const at = (after: string) => client.saveEventWithStreamValidation({ event, streams, after })
    await expect(at(times[4]!)).rejects.toMatchObject({ code: 'CONFLICT' })
    await expect(at(saved[2]!.id)).rejects.toMatchObject({ code: 'CONFLICT' })
    expect(await at(saved[3]!.id)).toMatchObject(event)
  })
})
