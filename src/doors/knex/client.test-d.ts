import type { Knex } from 'knex'
import { describe, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import {
  createEventClient,
  createEventInputSchema,
  createEventSchema,
  MultiStreamProjection,
  MultiStreamValidator,
  SingleStreamProjection,
  SingleStreamValidator,
  type DataFilter,
  type EventClient,
  type EventInput,
  type Projection,
  type QueryOperators,
} from './index.ts'

const item = z.object({ listId: z.string(), itemId: z.string() })
const titled = item.extend({ title: z.string(), rank: z.number().default(0) })
const eventUnion = z.discriminatedUnion('type', [
  createEventSchema('ITEM_ADDED', titled),
  createEventSchema('ITEM_REMOVED', item),
])
const eventInputUnion = z.discriminatedUnion('type', [
  createEventInputSchema('ITEM_ADDED', titled),
  createEventInputSchema('ITEM_REMOVED', item),
])
type Exact = EventClient<typeof eventUnion, typeof eventInputUnion>
type UserEvent = z.infer<typeof eventUnion>
type Removed = Extract<UserEvent, { type: 'ITEM_REMOVED' }>
type Wide = EventClient<z.ZodType<UserEvent>, z.ZodType<EventInput<UserEvent>>>

declare const knex: Knex
declare const trx: Knex.Transaction
const client = createEventClient(eventUnion, eventInputUnion, knex)

describe('a client', () => {
  test('is named by its schemas, or by any schemas of the same events', () => {
    expectTypeOf(client).toEqualTypeOf<Exact>()
    expectTypeOf<Exact>().toExtend<Wide>()
    createEventClient(eventUnion, eventInputUnion, trx, { tables: { events: { name: 'facts' } } })
    // @ts-expect-error no Knex
    createEventClient(eventUnion, eventInputUnion, {})
  })

  test('ties data to the type', async () => {
    const removed = await client.saveEvent({
      type: 'ITEM_REMOVED',
      data: { listId: 'l', itemId: 'i' },
    })
    expectTypeOf(removed).toEqualTypeOf<Removed>()
    expectTypeOf(removed.id).toBeBigInt()
    void client.saveEvent({ type: 'ITEM_ADDED', data: { listId: 'l', itemId: 'i', title: 't' } })
    // @ts-expect-error without a title
    void client.saveEvent({ type: 'ITEM_ADDED', data: { listId: 'l', itemId: 'i' } })
    // @ts-expect-error a key of another type
    void client.saveEvent({ type: 'ITEM_REMOVED', data: { listId: 'l', itemId: 'i', title: 't' } })
    // @ts-expect-error no such type
    void client.saveEvent({ type: 'ITEM_LOST', data: { listId: 'l', itemId: 'i' } })
  })

  test('knows the types, keys and values of streams', async () => {
    const filter = { listId: { eq: 'l' }, rank: { gte: 1, in: [1, 2] } }
    const stream = await client.getEventStream({ types: ['ITEM_ADDED'], filter })
    expectTypeOf<(typeof stream)[number]['type']>().toEqualTypeOf<'ITEM_ADDED'>()
    const merged = await client.getEventStreams({
      streams: [{ types: ['ITEM_REMOVED'], filter: { itemId: 'i' } }],
      afterId: 1n,
    })
    expectTypeOf(merged).toEqualTypeOf<Removed[]>()
    expectTypeOf(
      await client.getLatestEvent({ type: 'ITEM_REMOVED' }),
    ).toEqualTypeOf<Removed | null>()
    // @ts-expect-error no such type
    void client.getEventStream({ types: ['ITEM_LOST'] })
    // @ts-expect-error a key of another type
    void client.getEventStream({ types: ['ITEM_REMOVED'], filter: { title: 't' } })
    // @ts-expect-error no such key
    void client.getEventStreams({ streams: [{ types: ['ITEM_ADDED'], filter: { lstId: 'l' } }] })
    // @ts-expect-error no such option
    void client.getEventStreams({ streams: [{ typos: ['ITEM_ADDED'] }] })
    // @ts-expect-error a value of another type
    void client.getEventStream({ types: ['ITEM_ADDED'], filter: { rank: { gt: '1' } } })
    // @ts-expect-error an id is a bigint
    void client.getEventStream({ types: ['ITEM_ADDED'], afterId: 1 })
  })

  test('takes a transaction in every call', () => {
    void client.saveEvents([], { tx: trx, idempotencyKey: 'once' })
    void client.getEventStream({ types: ['ITEM_ADDED'], tx: trx })
    void client.getProjection({ type: 'list', id: 'l', tx: trx })
    expectTypeOf(client.within(trx)).toEqualTypeOf<Exact>()
  })
})

test('inputs are events without what the store makes', () => {
  expectTypeOf<EventInput<Removed>>().toEqualTypeOf<Pick<Removed, 'type' | 'data'>>()
  expectTypeOf<EventInput<typeof eventUnion>>().toEqualTypeOf<EventInput<UserEvent>>()
  expectTypeOf<QueryOperators<number>['in']>().toEqualTypeOf<readonly number[] | undefined>()
  expectTypeOf<{ listId: { eq: 'l' } }>().toExtend<DataFilter>()
  expectTypeOf<Projection<'list', { n: number }>>().toEqualTypeOf<{
    id: string
    type: 'list'
    data: { n: number }
    lastEventId: bigint
  }>()
})

describe('classes', () => {
  const view = z.object({ items: z.number() })

  test('are generic over the schemas themselves', () => {
    class Validator extends SingleStreamValidator<typeof eventUnion, typeof eventInputUnion> {
      async isValid(): Promise<boolean> {
        return this.reduceEvents((valid, event) => valid && event.data.listId !== '', true)
      }
    }
    class View extends SingleStreamProjection<
      typeof eventUnion,
      typeof eventInputUnion,
      typeof view
    > {
      readonly id = 'l'
      readonly type = 'view'
      readonly jsonSchema = view
      readonly types = ['ITEM_ADDED'] as const
      readonly filter = { listId: 'l' }
      async asJson() {
        return { items: (await this.getEvents()).length }
      }
    }
    void new Validator(client, ['ITEM_ADDED'], { listId: { eq: 'l' } })
      .apply({ type: 'ITEM_REMOVED', data: { listId: 'l', itemId: 'i' } })
      .save()
    void new View(client, { loadExisting: true }).save()
    // @ts-expect-error no such type
    void new Validator(client, ['ITEM_LOST'])
    // @ts-expect-error no such key
    void new Validator(client, ['ITEM_ADDED'], { lstId: { eq: 'l' } })
    // @ts-expect-error only subclasses reduce
    void new Validator(client, ['ITEM_ADDED']).reduceEvents
  })

  test('are generic over schemas of types', () => {
    class Validator extends MultiStreamValidator<
      z.ZodType<UserEvent>,
      z.ZodType<EventInput<UserEvent>>
    > {
      isValid(): Promise<boolean> {
        return this.reduceOnlyDbEvents((_, event) => event.type === 'ITEM_ADDED', false)
      }
    }
    class View extends MultiStreamProjection<
      z.ZodType<UserEvent>,
      z.ZodType<EventInput<UserEvent>>,
      z.ZodType<{ items: number }>
    > {
      readonly id = 'l'
      readonly type = 'view'
      readonly jsonSchema = view
      get streamConfig() {
        return [{ types: ['ITEM_ADDED' as const], filter: { listId: { eq: 'l' } } }]
      }
      async asJson() {
        return (await this.getExistingState()) ?? { items: 0 }
      }
    }
    void new Validator(client, [{ types: ['ITEM_ADDED'] }]).save()
    void new View(client).asJson()
  })
})
