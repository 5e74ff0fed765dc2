import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { createEventClient } from '../client/create-client.ts'
import { reject } from '../decide/reject.ts'
import { defineEvents } from '../event/definition.ts'
import type { AggregateRef } from '../event/event.ts'
import type { EventStore } from '../store/store.ts'
import { MemoryEventStore } from '../stores/memory/index.ts'
import { defineAggregate } from './define-aggregate.ts'
import { everyStore } from '../client/every-store.fixture.ts'

const events = defineEvents({
  POINTS_ADDED: z.object({ points: z.number() }),
})
interface Add {
  readonly points: number
  readonly eventId?: string
  readonly aggregate?: AggregateRef
}

let decided = 0
const initialState = { points: 0, seen: [] as number[] }
const card = defineAggregate(events, {
  type: 'card',
  initialState,
  evolve: {
    POINTS_ADDED: (state, { data }) => {
      if (data.points === 13) throw new Error('a mistake')
      return { points: state.points + data.points, seen: [...state.seen, data.points] }
    },
  },
  decide: ({ points, eventId: id, aggregate }: Add) => {
    decided += 1
    if (points < 0) return reject('less')
    return { type: 'POINTS_ADDED', data: { points }, id, aggregate }
  },
})
const clientOn = (store: EventStore) => createEventClient({ store, events })
const memoryClient = () => clientOn(new MemoryEventStore())

describe.each(everyStore)('on $name', ({ open }) => {
  test('an event id that a command gives is stored once, and answered as the first time', async () => {
    await using log = await open()
    const client = clientOn(log.store)
    const command = { points: 5, eventId: 'added_1' }
    const first = await card.execute(client, 'a', command)
    expect(first).toMatchObject({ sequence: 1, replayed: false })
    await card.execute(client, 'a', { points: 2 })
    const again = await card.execute(client, 'a', command)
    expect(again).toMatchObject({ replayed: true, sequence: 2, events: first.events })
    expect(again.state).toEqual((await card.load(client, 'a')).state)
    expect(again.state.points).toBe(7)
    const other = card.execute(client, 'a', { ...command, points: 6 })
    await expect(other).rejects.toMatchObject({ code: 'IDEMPOTENCY_MISMATCH' })
  })

  test('a key that is answered is not decided again, of two at once one is stored', async () => {
    await using log = await open()
    const client = clientOn(log.store)
    const key = { idempotencyKey: 'add_1' }
    const first = await card.execute(client, 'a', { points: 5 }, key)
    decided = 0
    const again = await card.execute(clientOn(log.store), 'a', { points: 5 }, key)
    expect(again).toMatchObject({ replayed: true, events: first.events })
    expect(decided).toBe(0)
    const other = card.execute(client, 'a', { points: 6 }, key)
    await expect(other).rejects.toMatchObject({ code: 'IDEMPOTENCY_MISMATCH' })
    expect(decided).toBe(0)

    const twice = { idempotencyKey: 'add_2' }
    const refused = card.execute(client, 'a', { points: -1 }, { idempotencyKey: 'add_3' })
    await expect(refused).rejects.toMatchObject({ code: 'REJECTED' })
    const twins = await Promise.all(
      [client, clientOn(log.store)].map((one) => card.execute(one, 'a', { points: 2 }, twice)),
    )
    expect(twins.filter(({ replayed }) => replayed)).toHaveLength(1)
    expect(twins.map(({ state }) => state.points)).toEqual([7, 7])
    const retried = await card.execute(client, 'a', { points: 1 }, { idempotencyKey: 'add_3' })
    expect(retried).toMatchObject({ replayed: false, sequence: 3 })
  })
})

test('a command cannot write to another aggregate', async () => {
  const client = memoryClient()
  const aggregate = { type: 'card', id: 'b' }
  const wrong = card.execute(client, 'a', { points: 5, aggregate })
  await expect(wrong).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  expect((await card.execute(client, 'b', { points: 5, aggregate })).sequence).toBe(1)
  expect((await card.load(client, 'a')).sequence).toBe(0)
})

test('a handler that throws is a mistake, no refusal', async () => {
  await expect(card.execute(memoryClient(), 'a', { points: 13 })).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: 'card a: the rule POINTS_ADDED, on version 1, failed: a mistake',
    cause: new Error('a mistake'),
  })
})

test('an aborted signal ends a load, and a command before it is decided', async () => {
  const client = memoryClient()
  const { signal } = { signal: AbortSignal.abort(new Error('no more')) }
  const aborted = { code: 'ABORTED' }
  await expect(card.load(client, 'a', { signal })).rejects.toMatchObject(aborted)
  decided = 0
  await expect(card.execute(client, 'a', { points: 1 }, { signal })).rejects.toMatchObject(aborted)
  const outer = defineAggregate(events, {
    type: 'outer',
    initialState: 0,
    evolve: {},
    decide: async (id: string) => {
      await expect(card.execute(client, id, { points: 1 }, { signal })).rejects.toMatchObject(
        aborted,
      )
      return []
    },
  })
  await outer.execute(client, 'a', 'b')
  expect(decided).toBe(0)
})

test('messages are made of copies, and of new events alone', async () => {
  const client = memoryClient()
  let made = 0
  const loud = (version: number) =>
    defineAggregate(events, {
      type: 'loud',
      version,
      initialState: { points: 0 },
      evolve: {
        POINTS_ADDED: (state, { data }) => ({ ...state, points: state.points + data.points }),
      },
      decide: (points: number) => ({ type: 'POINTS_ADDED', data: { points } }),
      publish: {
        POINTS_ADDED: (event, state) => {
          made += 1
          expect([event.data.points, state.points]).toEqual([5, 5 * event.aggregate.version])
          Object.assign(state, { points: 999 })
          Object.assign(event.data, { points: 999 })
          return { type: 'ADDED', data: state }
        },
      },
    })
  const { state, newOutboundEvents } = await loud(1).execute(client, 'a', 5)
  expect([state, newOutboundEvents]).toEqual([
    { points: 5 },
    [{ type: 'ADDED', data: { points: 999 } }],
  ])
  await loud(1).execute(client, 'a', 5)
  expect(await loud(2).recalculate(client, 'a')).toMatchObject({ state: { points: 10 } })
  expect(made).toBe(2)
})

test('a definition is taken as it is, and refused at once where it is wrong', async () => {
  const indexes = { byPoints: () => 'p' }
  const state = { points: 0 }
  const definition = {
    type: 'taken',
    initialState: state,
    evolve: { POINTS_ADDED: () => ({ points: 1 }) },
    decide: () => ({ type: 'POINTS_ADDED' as const, data: { points: 1 } }),
    indexes,
  }
  const taken = defineAggregate(events, definition)
  state.points = 5
  indexes.byPoints = () => 'q'
  const client = memoryClient()
  expect((await taken.load(client, 'a')).state).toEqual({ points: 0 })
  await taken.execute(client, 'a', undefined)
  expect(await taken.query(client, 'byPoints', 'p')).toHaveLength(1)

  const wrong = { code: 'INVALID_ARGUMENT' }
  const define = (changed: object) => () => defineAggregate(events, { ...definition, ...changed })
  expect(define({ type: '' })).toThrow(expect.objectContaining(wrong))
  expect(define({ indexes: { byPoints: 5 } })).toThrow(expect.objectContaining(wrong))
  expect(define({ version: Number.NaN })).toThrow(expect.objectContaining(wrong))
})
