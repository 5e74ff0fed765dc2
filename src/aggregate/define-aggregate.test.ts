import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { createEventClient } from '../client/create-client.ts'
import { defineDecision } from '../decide/decision.ts'
import { reject } from '../decide/reject.ts'
import { defineEvents } from '../event/definition.ts'
import { defineProjection } from 'eventfold'
import type { EventStore } from '../store/store.ts'
import { Aggregate } from './aggregate.ts'
import { createEvent } from './create-event.ts'
import { defineAggregate } from './define-aggregate.ts'
import { everyStore } from '../client/every-store.fixture.ts'
import { Processor } from './processor.ts'

const events = defineEvents({
  CARD_ISSUED: z.object({ cardId: z.string(), holder: z.string() }),
  POINTS_ADDED: z.object({ cardId: z.string(), points: z.number().int() }),
  CARD_CLOSED: z.object({ cardId: z.string() }),
})
interface Card {
  holder: string | null
  points: number
}
type Command =
  | { do: 'issue'; holder: string }
  | { do: 'add'; points: number; inside?: () => Promise<unknown> }
  | { do: 'close' }
  | { do: 'nothing' }

const id = 'card_1'
const initialState: Card = { holder: null, points: 0 }
const card = defineAggregate(events, {
  type: 'card',
  initialState,
  evolve: {
    CARD_ISSUED: (state, { data }) => ({ ...state, holder: data.holder }),
    POINTS_ADDED: (state, { data }) => {
      state.points += data.points
      return state
    },
    CARD_CLOSED: (state) => ({ ...state, holder: null }),
  },
  decide: async (command: Command, state) => {
    if (command.do === 'nothing') return []
    if (command.do === 'issue') {
      if (state.holder !== null) return reject('there is a card', { holder: state.holder })
      return { type: 'CARD_ISSUED', data: { cardId: id, holder: command.holder } }
    }
    if (state.holder === null) return reject('there is no card')
    if (command.do === 'close') return { type: 'CARD_CLOSED', data: { cardId: id } }
    await command.inside?.()
    // What is decided upon is a copy.
    state.points = -999
    return [{ type: 'POINTS_ADDED', data: { cardId: id, points: command.points } }]
  },
  publish: {
    POINTS_ADDED: ({ data }, { points }) =>
      points >= 100
        ? [
            { type: 'GIFT', data },
            { type: 'MAIL', data: { points } },
          ]
        : [],
    CARD_CLOSED: (event) => ({ type: 'CLOSED', data: { version: event.aggregate.version } }),
  },
  indexes: { byHolder: ({ state }) => state.holder },
})

const clientOn = (store: EventStore) => createEventClient({ store, events })
const waiting = async (store: EventStore) =>
  (await store.outbox.read()).map(({ type, data }) => ({ type, data }))

describe.each(everyStore)('on $name', ({ open }) => {
  test('commands become events, and these a state, messages and index entries', async () => {
    await using log = await open()
    const client = clientOn(log.store)
    expect(await card.load(client, id)).toEqual({
      ref: { type: 'card', id },
      state: initialState,
      sequence: 0,
    })
    const issued = await card.execute(client, id, { do: 'issue', holder: 'a' })
    expect(issued).toMatchObject({
      state: { holder: 'a', points: 0 },
      sequence: 1,
      replayed: false,
    })
    expect(issued.events[0]?.data).toEqual({ cardId: id, holder: 'a' })
    await card.execute(client, id, { do: 'add', points: 60 })
    const added = await card.execute(client, id, { do: 'add', points: 50 })
    expect(added.state).toEqual({ holder: 'a', points: 110 })
    const messages = [
      { type: 'GIFT', data: { cardId: id, points: 50 } },
      { type: 'MAIL', data: { points: 110 } },
    ]
    expect(added.newOutboundEvents).toEqual(messages)
    expect(await waiting(log.store)).toEqual(messages)
    const found = await card.query(client, 'byHolder', 'a')
    expect(found).toEqual([{ ref: { type: 'card', id }, state: added.state, sequence: 3 }])
    await card.execute(client, id, { do: 'close' })
    expect(await card.query(client, 'byHolder', 'a')).toEqual([])
    expect((await waiting(log.store)).at(-1)).toEqual({ type: 'CLOSED', data: { version: 4 } })
    const replayed = await card.recalculate(client, id)
    expect(replayed).toMatchObject({ state: { holder: null, points: 110 }, sequence: 4 })
    expect(await waiting(log.store)).toHaveLength(3)
    expect(initialState).toEqual({ holder: null, points: 0 })
    await expect(card.query(client, 'byMail', 'a')).rejects.toThrow('it has byHolder')
  })

  test('a decision may say no, or that there is nothing to do', async () => {
    await using log = await open()
    const client = clientOn(log.store)
    const refused = card.execute(client, id, { do: 'close' })
    await expect(refused).rejects.toMatchObject({ code: 'REJECTED', message: 'there is no card' })
    const idle = await card.execute(client, id, { do: 'nothing' })
    expect(idle).toMatchObject({ events: [], sequence: 0, state: initialState })
    await card.execute(client, id, { do: 'issue', holder: 'a' })
    const again = card.execute(client, id, { do: 'issue', holder: 'b' })
    await expect(again).rejects.toMatchObject({ code: 'REJECTED', details: { holder: 'a' } })
    expect((await card.execute(client, id, { do: 'nothing' })).state.holder).toBe('a')
    const wrong = card.execute(client, id, { do: 'add', points: 0.5 })
    await expect(wrong).rejects.toMatchObject({ code: 'INVALID_EVENT' })
    await expect(card.execute(client, '', { do: 'nothing' })).rejects.toThrow('card.id')
    expect(await log.everything()).toHaveLength(1)
  })

  test('an idempotency key has one answer, for the same aggregate and command', async () => {
    await using log = await open()
    const client = clientOn(log.store)
    const key = { idempotencyKey: 'key' }
    const first = await card.execute(client, id, { do: 'issue', holder: 'a' }, key)
    const again = await card.execute(client, id, { do: 'issue', holder: 'a' }, key)
    expect(again).toMatchObject({ replayed: true, sequence: 1, events: first.events })
    await card.execute(client, id, { do: 'close' })
    const late = await card.execute(client, id, { do: 'issue', holder: 'a' }, key)
    expect(late).toMatchObject({ replayed: true, sequence: 2, events: first.events })
    for (const [otherId, holder] of [
      [id, 'b'],
      ['card_2', 'a'],
    ] as const) {
      const other = card.execute(client, otherId, { do: 'issue', holder }, key)
      await expect(other).rejects.toMatchObject({ code: 'IDEMPOTENCY_MISMATCH' })
    }
    expect(await log.everything()).toHaveLength(2)
  })

  test('both styles, decisions and projections live on one log', async () => {
    await using log = await open()
    const client = clientOn(log.store)
    type Event = { type: 'POINTS_ADDED'; data: { cardId: string; points: number } }
    const ruled = new Aggregate<{ adds: number }, Event>({
      type: 'card',
      store: log.store,
      processor: new Processor(
        { POINTS_ADDED: ({ state }) => ({ adds: state.adds + 1 }) },
        () => ({ adds: 0 }),
        {
          version: 'counting',
        },
      ),
    })
    const streamsOf = (cardId: string) => [{ types: ['POINTS_ADDED' as const], filter: { cardId } }]
    const points = defineProjection(events, {
      type: 'points',
      streams: streamsOf,
      initialState: 0,
      evolve: { POINTS_ADDED: (sum, { data }) => sum + data.points },
    })
    const settle = defineDecision(events, {
      streams: (command: { cardId: string; inside?: () => Promise<unknown> }) =>
        streamsOf(command.cardId),
      initialState: 0,
      evolve: { POINTS_ADDED: (sum, { data }) => sum + data.points },
      decide: async ({ cardId, inside }, sum) => {
        await inside?.()
        return { type: 'POINTS_ADDED', data: { cardId, points: -sum } }
      },
    })
    const add = () => ruled.append(id, createEvent('POINTS_ADDED', { cardId: id, points: 5 }))

    await card.execute(client, id, { do: 'issue', holder: 'a' })
    await add()
    expect((await card.execute(client, id, { do: 'add', points: 7 })).state.points).toBe(12)
    expect(await ruled.get(id)).toMatchObject({ state: { adds: 2 }, sequence: 3 })
    expect((await points.load(client, id)).state).toBe(12)
    await expect(
      settle.execute(client, { cardId: id, inside: add }, { attempts: 1 }),
    ).rejects.toMatchObject({
      code: 'CONFLICT',
    })
    const settled = await settle.execute(client, { cardId: id })
    expect(settled.events[0]?.data).toEqual({ cardId: id, points: -17 })
    expect((await points.load(client, id)).state).toBe(0)
    expect(await card.load(client, id)).toMatchObject({ state: { points: 17 }, sequence: 4 })

    // Somebody appends while a command is being decided: it is decided again.
    let left = 2
    const aggregate = { type: 'card', id }
    const inside = async () => {
      left -= 1
      const event = createEvent('POINTS_ADDED', { cardId: id, points: 5 })
      if (left >= 0) await log.store.commit({ events: [{ ...event, aggregate }] })
    }
    const decided = await card.execute(client, id, { do: 'add', points: 1, inside })
    expect(decided).toMatchObject({ state: { points: 28 }, sequence: 7 })
    const within = card.execute(client, id, { do: 'add', points: 1, inside: add })
    await expect(within).rejects.toThrow('inside another one')
  })
})
