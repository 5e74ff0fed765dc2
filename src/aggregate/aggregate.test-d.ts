import { expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { createEventClient } from '../client/create-client.ts'
import { reject } from '../decide/reject.ts'
import { defineEvents } from '../event/definition.ts'
import { MemoryEventStore } from '../stores/memory/index.ts'
import { given } from '../testing/given.ts'
import { Aggregate } from './aggregate.ts'
import { createEvent } from './create-event.ts'
import { defineAggregate } from './define-aggregate.ts'
import { defineIndex } from './define-index.ts'
import { Processor } from './processor.ts'
import type { StateUpdater } from './rules.ts'
import type { Snapshot } from './snapshot.ts'

const store = new MemoryEventStore()

interface Account {
  email: string
  balance: number
}
type Inbound =
  | { type: 'ACCOUNT_OPENED'; data: { email: string } }
  | { type: 'BALANCE_CHANGED'; data: { amount: number } }
type Outbound = { type: 'BALANCE_CHANGED'; data: { balance: number } }

const processor = new Processor<Account, Inbound, Outbound>(
  {
    ACCOUNT_OPENED: ({ state, current, newInboundEvents, pastInboundEvents }) => {
      expectTypeOf(state).toEqualTypeOf<Account>()
      expectTypeOf(current).toEqualTypeOf<{ email: string }>()
      for (const event of [...newInboundEvents, ...pastInboundEvents]) {
        if (event.type === 'BALANCE_CHANGED')
          expectTypeOf(event.data.amount).toEqualTypeOf<number>()
      }
      return { ...state, email: current.email }
    },
    BALANCE_CHANGED: ({ state, current, publish }) => {
      state.balance += current.amount
      publish('BALANCE_CHANGED', { balance: state.balance })
      // @ts-expect-error it has a balance
      publish('BALANCE_CHANGED', { amount: 5 })
      // @ts-expect-error there is no such message
      publish('BALANCE_CHANGE', { balance: 5 })
      return state
    },
  },
  () => ({ email: '', balance: 0 }),
)

test('rules that do not fit their events do not compile', () => {
  const initial = () => ({ email: '', balance: 0 })
  void new Processor<Account, Inbound>(
    {
      // @ts-expect-error there is no such event
      ACCOUNT_OPEND: ({ state }) => state,
    },
    initial,
  )
  void new Processor<Account, Inbound>(
    {
      // @ts-expect-error this is no state
      ACCOUNT_OPENED: ({ current }) => current,
    },
    initial,
  )
  void new Processor<Account, Inbound>(
    // @ts-expect-error an amount is no email
    { ACCOUNT_OPENED: ({ state, current }) => ({ ...state, email: current.amount }) },
    initial,
  )
  // @ts-expect-error the state has a balance
  void new Processor<Account, Inbound>({}, () => ({ email: '' }))
  // @ts-expect-error there is no such option
  void new Processor<Account, Inbound>({}, initial, { histroy: true })
})

test('an aggregate knows its state and its events', async () => {
  const accounts = new Aggregate({
    type: 'ACCOUNT',
    store,
    processor,
    indexes: {
      byEmail: ({ state, sequence }) => {
        expectTypeOf(state).toEqualTypeOf<Account>()
        expectTypeOf(sequence).toEqualTypeOf<number>()
        return state.email || null
      },
    },
  })
  expectTypeOf(accounts).toEqualTypeOf<Aggregate<Account, Inbound, Outbound>>()
  expectTypeOf(await accounts.get('a')).toEqualTypeOf<Snapshot<Account> | null>()
  expectTypeOf(await accounts.query('byEmail', 'a@x')).toEqualTypeOf<Snapshot<Account>[]>()
  const { state } = await accounts.append('a', createEvent('ACCOUNT_OPENED', { email: 'a@x' }), {
    type: 'BALANCE_CHANGED',
    data: { amount: 5 },
  })
  expectTypeOf(state).toEqualTypeOf<Account>()
  // @ts-expect-error there is no such event
  void accounts.append('a', createEvent('ACCOUNT_OPEND', { email: 'a@x' }))
  // @ts-expect-error this data belongs to another event
  void accounts.append('a', createEvent('ACCOUNT_OPENED', { amount: 5 }))
  // @ts-expect-error an amount is a number
  void accounts.append('a', { type: 'BALANCE_CHANGED', data: { amount: '5' } })
  // @ts-expect-error there is no such key
  void accounts.append('a', { type: 'BALANCE_CHANGED', data: { amount: 5, amuont: 6 } })
  // @ts-expect-error the id comes first
  void accounts.append(createEvent('BALANCE_CHANGED', { amount: 5 }))
  void accounts.appendTo('a', null, 0, createEvent('BALANCE_CHANGED', { amount: 5 }))
  // @ts-expect-error this is no state
  void accounts.appendTo('a', { balance: 5 }, 1, createEvent('BALANCE_CHANGED', { amount: 5 }))
  void new Aggregate({
    type: 'A',
    store,
    processor,
    // @ts-expect-error a key is a string or null
    indexes: { byBalance: ({ state: { balance } }) => balance },
  })
  // @ts-expect-error there is no such key in the state
  void new Aggregate({ type: 'A', store, processor, indexes: { byMail: (one) => one.state.mail } })
  // @ts-expect-error a processor is needed
  void new Aggregate({ type: 'A', store })
  const byEmail = defineIndex('byEmail', (snapshot: Snapshot<Account>) => snapshot.state.email)
  void new Aggregate({ type: 'A', store, processor, indexes: [byEmail] })
  const byName = defineIndex(
    'byName',
    (snapshot: Snapshot<{ name: string }>) => snapshot.state.name,
  )
  // @ts-expect-error an index of other states
  void new Aggregate({ type: 'A', store, processor, indexes: [byName] })
})

test('payloads without types, rules in a map', () => {
  type Payload = { email: string } | { amount: number }
  const rules = new Map<string, StateUpdater<Account, Payload, { balance: number }, Payload>>()
  rules.set('ACCOUNT_OPENED', ({ state, current }) => {
    expectTypeOf(current).toEqualTypeOf<Payload>()
    return state
  })
  rules.set('BALANCE_CHANGED', (input) => {
    input.publish('BALANCE_CHANGED', { balance: 5 })
    // @ts-expect-error it has a balance
    input.publish('BALANCE_CHANGED', { amount: 5 })
    return input.state
  })
  const accounts = new Aggregate<Account, Payload, { balance: number }>({
    type: 'ACCOUNT',
    store,
    processor: new Processor(rules, () => ({ email: '', balance: 0 })),
    indexes: [defineIndex('byEmail', (snapshot) => snapshot.state.email || null)],
  })
  void accounts.append('a', createEvent('ACCOUNT_OPENED', { email: 'a@x' }))
  // @ts-expect-error none of the payloads
  void accounts.append('a', createEvent('ACCOUNT_OPENED', { mail: 'a@x' }))
})

const events = defineEvents({
  CARD_ISSUED: z.object({ cardId: z.string(), at: z.string().transform((text) => new Date(text)) }),
  POINTS_ADDED: z.object({ cardId: z.string(), points: z.number() }),
})

test('definitions of events tell a processor everything', async () => {
  const cards = new Aggregate({
    type: 'card',
    store,
    processor: new Processor(
      {
        CARD_ISSUED: ({ state, current }) => {
          expectTypeOf(current).toEqualTypeOf<{ cardId: string; at: Date }>()
          return state
        },
        POINTS_ADDED: ({ state, current }) => ({ points: state.points + current.points }),
      },
      () => ({ points: 0 }),
      { events },
    ),
  })
  expectTypeOf(await cards.get('a')).toEqualTypeOf<Snapshot<{ points: number }> | null>()
  void cards.append('a', createEvent('CARD_ISSUED', { cardId: 'a', at: '2024-01-01' }))
  // @ts-expect-error what goes in is a text
  void cards.append('a', createEvent('CARD_ISSUED', { cardId: 'a', at: new Date() }))
  // @ts-expect-error there is no such event
  void cards.append('a', createEvent('CARD_ISUED', { cardId: 'a', at: '2024-01-01' }))
  // @ts-expect-error there is no such event
  void new Processor({ CARD_ISUED: ({ state }) => state }, () => ({ points: 0 }), { events })
})

interface AddPoints {
  cardId: string
  points: number
}

test('aggregates by commands', async () => {
  const client = createEventClient({ store, events })
  const card = defineAggregate(events, {
    type: 'card',
    initialState: { points: 0 },
    evolve: {
      POINTS_ADDED: (state, { data, aggregate }) => {
        expectTypeOf(data).toEqualTypeOf<AddPoints>()
        expectTypeOf(aggregate.version).toEqualTypeOf<number>()
        return { points: state.points + data.points }
      },
    },
    decide: (command: AddPoints, state) =>
      state.points > 99 ? reject('enough') : { type: 'POINTS_ADDED', data: command },
    publish: {
      POINTS_ADDED: ({ data }, { points }) => ({ type: 'POINTS', data: { ...data, points } }),
    },
    indexes: { byPoints: ({ state }) => String(state.points) },
  })
  const { state, events: stored } = await card.execute(client, 'a', { cardId: 'a', points: 5 })
  expectTypeOf(state).toEqualTypeOf<{ points: number }>()
  if (stored[0]?.type === 'CARD_ISSUED') expectTypeOf(stored[0].data.at).toEqualTypeOf<Date>()
  // @ts-expect-error this is no command
  void card.execute(client, 'a', { cardId: 'a' })
  // @ts-expect-error an id is needed
  void card.execute(client, { cardId: 'a', points: 5 })

  const parts = { type: 'card', initialState: { points: 0 }, evolve: {} }
  // @ts-expect-error there is no such event
  void defineAggregate(events, { ...parts, decide: () => ({ type: 'POINTS_ADED', data: {} }) })
  void defineAggregate(events, {
    ...parts,
    // @ts-expect-error the data of another event
    decide: () => ({ type: 'POINTS_ADDED', data: { cardId: 'a' } }),
  })
  void defineAggregate(events, {
    ...parts,
    // @ts-expect-error there is no such event
    evolve: { POINTS_ADED: () => ({ points: 0 }) },
    decide: () => [],
  })
  void defineAggregate(events, {
    ...parts,
    // @ts-expect-error this is no state
    evolve: { POINTS_ADDED: () => ({ point: 0 }) },
    decide: () => [],
  })
  // @ts-expect-error there is no such option
  void defineAggregate(events, { ...parts, decide: () => [], index: {} })

  void given(events, [{ type: 'CARD_ISSUED', data: { cardId: 'a', at: '2024-01-01' } }])
    .when(card, 'a', { cardId: 'a', points: 5 })
    .then([{ type: 'POINTS_ADDED', data: { cardId: 'a', points: 5 } }])
  // @ts-expect-error this is no command
  void given(events, []).when(card, 'a', { cardId: 'a' })
  // @ts-expect-error an id is needed
  void given(events, []).when(card, { cardId: 'a', points: 5 })
  const specified = given(events, []).when(card, 'a', { cardId: 'a', points: 5 })
  // @ts-expect-error there is no such event
  void specified.then([{ type: 'POINTS_ADED', data: { cardId: 'a', points: 5 } }])
})

interface Stamp {
  status: 'new' | 'used'
  log: { kind: 'issue' | 'add'; n: number }[]
}
const stamp: Stamp = { status: 'new', log: [] }

test('a state of literals needs no casts', async () => {
  const decide = (): [] => []
  const evolved = defineAggregate(events, {
    type: 'card',
    initialState: stamp,
    evolve: {
      CARD_ISSUED: () => ({ status: 'new', log: [{ kind: 'issue', n: 1 }] }),
      POINTS_ADDED: (state, { data }) => ({
        status: 'used',
        log: [...state.log, { kind: 'add', n: data.points }],
      }),
    },
    decide,
  })
  const client = createEventClient({ store, events })
  expectTypeOf(await evolved.load(client, 'a')).toEqualTypeOf<Snapshot<Stamp>>()
  void defineAggregate(events, {
    type: 'card',
    initialState: null as 'new' | 'used' | null,
    evolve: { CARD_ISSUED: () => 'new', POINTS_ADDED: (state) => (state ? 'used' : null) },
    decide,
  })
  const parts = { type: 'card', initialState: stamp, decide }
  void defineAggregate(events, {
    ...parts,
    // @ts-expect-error there is no such status
    evolve: { CARD_ISSUED: () => ({ status: '', log: [] }) },
  })
  void defineAggregate(events, {
    ...parts,
    // @ts-expect-error there is no such status
    evolve: { CARD_ISSUED: (state) => ({ ...state, status: 'old' }) },
  })
  // @ts-expect-error it has a log
  void defineAggregate(events, { ...parts, evolve: { CARD_ISSUED: () => ({ status: 'new' }) } })
  // @ts-expect-error a handler is synchronous
  void defineAggregate(events, { ...parts, evolve: { CARD_ISSUED: async () => stamp } })
  // @ts-expect-error a literal is no state
  void defineAggregate(events, { ...parts, evolve: { CARD_ISSUED: () => '' } })

  const inferred = new Processor(
    { CARD_ISSUED: ({ state }) => ({ ...state, status: 'used' }) },
    (): Stamp => ({ status: 'new', log: [] }),
    { events },
  )
  expectTypeOf(inferred.initial()).toEqualTypeOf<Stamp>()
  void new Processor<Stamp, Inbound>(
    { ACCOUNT_OPENED: () => ({ status: 'new', log: [] }) },
    () => ({ status: 'new', log: [] }),
  )
  void new Processor<Stamp, Inbound>(
    // @ts-expect-error there is no such status
    { ACCOUNT_OPENED: () => ({ status: 'old', log: [] }) },
    () => stamp,
  )
})
