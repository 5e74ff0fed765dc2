import type { drizzle } from 'drizzle-orm/node-postgres'
import { describe, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { defineEvents } from '../../event/definition.ts'
import {
  createEventClient,
  createEventsTable,
  createProjectionsTable,
  type EventClient,
  type EventRecord,
  type InputOf,
  type TransactionOf,
} from './index.ts'

type A = { type: 'A'; data: { a: number; cartId: string } }
type B = { type: 'B'; data: { b: string; cartId: string } }
type Event = A | B
type Times = { id: string; createdAt: Date; updatedAt: Date }
declare const db: ReturnType<typeof drizzle>
const events = createEventsTable()
const projections = createProjectionsTable()
const client = createEventClient<Event['type'], Event>(db, events, projections)
const seedShaped = createEventClient<
  Event['type'],
  Event & Times,
  Record<string, unknown>,
  // oxlint-disable-next-line no-explicit-any -- as users of other libraries write it
  any,
  typeof db
>(db, events, projections)

describe('what is saved', () => {
  test('keeps data tied to type', () => {
    expectTypeOf<{ type: 'A'; data: A['data'] }>().toExtend<InputOf<Event & Times>>()
    expectTypeOf<{ type: 'A'; data: B['data'] }>().not.toExtend<InputOf<Event & Times>>()
    void client.saveEvent({ type: 'A', data: { a: 1, cartId: '' } })
    // @ts-expect-error the data of B
    void client.saveEvent({ type: 'A', data: { b: '', cartId: '' } })
    // @ts-expect-error an unknown type
    void client.saveEvent({ type: 'C', data: {} })
    // @ts-expect-error the data of B
    void client.saveEvents([{ type: 'A', data: { b: '', cartId: '' } }])
    // @ts-expect-error the store makes the times
    void client.saveEvent({ type: 'A', data: { a: 1, cartId: '' }, createdAt: new Date() })
  })

  test('comes back as what it is', () => {
    const saved = client.saveEvent({ type: 'A', data: { a: 1, cartId: '' } })
    expectTypeOf(saved).resolves.toEqualTypeOf<EventRecord<A>>()
    expectTypeOf(client.getEventStream(['A', 'B'])).resolves.toEqualTypeOf<EventRecord<Event>[]>()
    expectTypeOf(client.getEventStream(['B'])).resolves.toEqualTypeOf<EventRecord<B>[]>()
  })

  test('may be any event of the union', () => {
    const input = {} as InputOf<Event>
    void client.saveEvent(input)
    void seedShaped.saveEvent(input)
  })
})

test('what may be missing says so, unless the type arguments of another library are given', () => {
  expectTypeOf(client.getLatestEvent('A')).resolves.toEqualTypeOf<EventRecord<A> | undefined>()
  expectTypeOf(seedShaped.getLatestEvent('A')).resolves.toHaveProperty('id')
})

test('filters take the keys of the events that are read', () => {
  void client.getLatestEvent('A', { data: { cartId: ['1', '2'], a: { gt: 1 } } })
  // @ts-expect-error a typo
  void client.getLatestEvent('A', { data: { cartld: '1' } })
  // @ts-expect-error a key of B
  void client.getEventStream(['A'], { data: { b: '1' } })
  // @ts-expect-error a value of another type
  void client.getEventStream(['A'], { data: { a: '1' } })
  void client.saveEventWithStreamValidation({} as InputOf<A>, undefined, [
    // @ts-expect-error a typo
    { types: ['A'], identifier: { cartld: '1' } },
  ])
  // @ts-expect-error an unknown type
  void client.getEventStreams([{ eventTypes: ['C'] }])
})

test('a transaction is one of Drizzle', () => {
  expectTypeOf<TransactionOf<typeof db>>().toHaveProperty('rollback')
  const work = (tx: TransactionOf<typeof db>) => seedShaped.saveEvent({} as InputOf<A>, tx)
  void db.transaction(work)
  // @ts-expect-error no transaction
  void seedShaped.saveEvent({} as InputOf<A>, 'tx')
  void db.transaction(async (tx) => createEventClient(tx, events, projections).saveEvents([]))
})

test('no type argument is needed', () => {
  const loose = createEventClient(db, events, projections)
  expectTypeOf(loose).toExtend<EventClient>()
  void loose.saveEvent({ type: 'ANY', data: { thing: 1 } })
  void loose.getLatestEvent('ANY', { data: { thing: 1 } })
  const definitions = defineEvents({ A: z.object({ a: z.number() }) })
  const defined = createEventClient(db, events, projections, { definitions })
  void defined.saveEvent({ type: 'A', data: { a: 1 } })
  // @ts-expect-error the schema wants a number
  void defined.saveEvent({ type: 'A', data: { a: '1' } })
})

test('tables are typed, for queries of your own', () => {
  type Row = typeof events.$inferSelect
  expectTypeOf<Row['createdAt']>().toEqualTypeOf<Date>()
  expectTypeOf<Row['aggregateType']>().toEqualTypeOf<string | null>()
  expectTypeOf<(typeof projections.$inferSelect)['latestEventId']>().toEqualTypeOf<string | null>()
})

test('a projection is what its class shows', () => {
  class Cart {
    asJson = async () => ({ total: 1 })
  }
  const found = client.queryProjections<Cart>({ type: 'CART' })
  expectTypeOf(found).resolves.items.toHaveProperty('data').toEqualTypeOf<{ total: number }>()
  const one = client.getProjection<{ total: number }>({ type: 'CART', id: '1' })
  expectTypeOf(one)
    .resolves.exclude<undefined>()
    .toHaveProperty('data')
    .toEqualTypeOf<{ total: number }>()
})
