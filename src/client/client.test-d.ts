import { describe, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { defineEvents } from '../event/definition.ts'
import type { StoredEvent } from '../event/event.ts'
import type { Client, EventClient } from './client.ts'

const events = defineEvents({
  CART_CREATED: z.object({ cartId: z.string(), userId: z.string() }),
  ITEM_ADDED: z.object({
    cartId: z.string(),
    productId: z.string(),
    quantity: z.number().default(1),
    gift: z.boolean().optional(),
    tags: z.array(z.string()).optional(),
  }),
  CART_CHECKED_OUT: z.object({ cartId: z.string() }),
})
declare const client: EventClient<typeof events>

describe('saving', () => {
  test('takes the input of a schema and gives its output', async () => {
    const event = await client.saveEvent({
      type: 'ITEM_ADDED',
      data: { cartId: 'cart_1', productId: 'prod_1' },
    })
    expectTypeOf(event.type).toEqualTypeOf<'ITEM_ADDED'>()
    expectTypeOf(event.data.quantity).toEqualTypeOf<number>()
  })

  test('ties data to type', () => {
    // @ts-expect-error a misspelt key
    void client.saveEvent({ type: 'CART_CHECKED_OUT', data: { cartld: 'cart_1' } })
    // @ts-expect-error a key too many
    void client.saveEvent({ type: 'CART_CHECKED_OUT', data: { cartId: 'cart_1', total: 3 } })
    // @ts-expect-error the data of another type
    void client.saveEvent({ type: 'CART_CREATED', data: { cartId: 'cart_1' } })
    // @ts-expect-error a misspelt type
    void client.saveEvent({ type: 'CART_CHECKED_OT', data: { cartId: 'cart_1' } })
    void client.saveEvents([
      { type: 'CART_CREATED', data: { cartId: 'cart_1', userId: 'user_1' } },
      // @ts-expect-error the data of another type, in a list
      { type: 'CART_CHECKED_OUT', data: { cartId: 'cart_1', userId: 'user_1' } },
    ])
  })

  test('checks the streams of a condition', () => {
    const event = {
      type: 'CART_CHECKED_OUT',
      data: { cartId: 'cart_1' },
    } as const
    void client.saveEventWithStreamValidation({
      event,
      streams: [{ types: ['ITEM_ADDED'], filter: { cartId: 'cart_1', quantity: { gte: 2 } } }],
      after: { eventId: '01J' },
    })
    void client.saveEventWithStreamValidation({
      event,
      // @ts-expect-error the stream's types have no such key
      streams: [{ types: ['ITEM_ADDED'], filter: { userId: 'user_1' } }],
    })
  })
})

describe('reading one stream', () => {
  test('gives the events of the types that were asked for', async () => {
    const latest = await client.getLatestEvent({ type: 'ITEM_ADDED', filter: { cartId: 'cart_1' } })
    expectTypeOf(latest?.type).toEqualTypeOf<'ITEM_ADDED' | undefined>()
    const stream = await client.getEventStream({ types: ['CART_CREATED', 'CART_CHECKED_OUT'] })
    for (const event of stream) {
      if (event.type === 'CART_CREATED') expectTypeOf(event.data.userId).toEqualTypeOf<string>()
    }
    const any = await client.getEventStream({ filter: { cartId: 'cart_1' } })
    expectTypeOf(any[0]!.type).toEqualTypeOf<'CART_CREATED' | 'ITEM_ADDED' | 'CART_CHECKED_OUT'>()
  })

  test('takes values, lists and operators of the key', () => {
    void client.getEventStream({
      types: ['ITEM_ADDED'],
      filter: { cartId: ['a', 'b'], quantity: { gt: 1, nin: [3] }, gift: true, tags: ['new'] },
    })
    // @ts-expect-error a string key compared with a number
    void client.getEventStream({ types: ['ITEM_ADDED'], filter: { cartId: 3 } })
    // @ts-expect-error booleans have no order
    void client.getEventStream({ types: ['ITEM_ADDED'], filter: { gift: { gt: true } } })
    // @ts-expect-error an unknown operator
    void client.getEventStream({ types: ['ITEM_ADDED'], filter: { quantity: { above: 1 } } })
  })

  test('refuses what is misspelt', () => {
    // @ts-expect-error a key of another event
    void client.getLatestEvent({ type: 'ITEM_ADDED', filter: { userId: 'user_1' } })
    // @ts-expect-error a misspelt filter key
    void client.getEventStream({ types: ['ITEM_ADDED'], filter: { cartld: 'cart_1' } })
    // @ts-expect-error a misspelt type
    void client.getEventStream({ types: ['ITEM_ADED'] })
    // @ts-expect-error a misspelt `filter`
    void client.getEventStream({ types: ['ITEM_ADDED'], filer: { cartId: 'cart_1' } })
  })
})

describe('reading several streams', () => {
  test('gives the union of their events', async () => {
    const merged = await client.getEventStreams({
      streams: [
        { types: ['CART_CREATED'], filter: { userId: 'user_1' } },
        { types: ['ITEM_ADDED'], filter: { productId: 'prod_1' } },
      ],
    })
    expectTypeOf(merged[0]!.type).toEqualTypeOf<'CART_CREATED' | 'ITEM_ADDED'>()
    for await (const event of client.readEvents({ streams: 'all' })) {
      expectTypeOf(event.type).toEqualTypeOf<'CART_CREATED' | 'ITEM_ADDED' | 'CART_CHECKED_OUT'>()
    }
  })

  test('checks each stream by its own types', () => {
    void client.load({
      // @ts-expect-error a key of another event
      streams: [{ types: ['CART_CREATED'], filter: { productId: 'prod_1' } }],
    })
    // @ts-expect-error a misspelt `filter`
    void client.load({ streams: [{ types: ['CART_CREATED'], filer: { userId: 'user_1' } }] })
    // @ts-expect-error a misspelt type
    void client.load({ streams: [{ types: ['CART_CREATD'] }] })
  })
})

describe('a client named by schemas', () => {
  test('takes any schema of a union, with that of the input', () => {
    type Added = { type: 'ADDED'; data: { listId: string } }
    type Removed = { type: 'REMOVED'; data: { listId: string } }
    type Wide = EventClient<z.ZodType<Added | Removed>, z.ZodType<Added | Removed>>
    expectTypeOf<Wide>().toEqualTypeOf<Client<Added | Removed>>()
    const union = z.discriminatedUnion('type', [
      z.object({ type: z.literal('ADDED'), data: z.object({ listId: z.string() }) }),
      z.object({ type: z.literal('REMOVED'), data: z.object({ listId: z.string() }) }),
    ])
    const narrow = {} as EventClient<typeof union, typeof union>
    expectTypeOf(narrow).toExtend<Wide>()
    expectTypeOf<Awaited<ReturnType<Wide['getLatestEvent']>>>().toExtend<StoredEvent | undefined>()
  })
})

describe('the transaction of the caller', () => {
  type CallName = Exclude<keyof typeof client, 'store' | 'definitions' | 'within' | 'close'>
  type OptionsOf<Args> = Args extends [infer Query]
    ? Query
    : Args extends [unknown, (infer Options)?]
      ? NonNullable<Options>
      : never
  type Without<Name extends CallName> = Name extends unknown
    ? 'tx' extends keyof OptionsOf<Parameters<(typeof client)[Name]>>
      ? never
      : Name
    : never

  test('is an option of every call', () => {
    expectTypeOf<Without<CallName>>().toBeNever()
    void client.saveEvent({ type: 'CART_CHECKED_OUT', data: { cartId: 'c' } }, { tx: undefined })
    // @ts-expect-error a misspelt `tx`
    void client.saveEvents([], { trx: {} })
    // @ts-expect-error a misspelt `tx`
    void client.getProjection({ type: 'cart', id: 'cart_1', trx: {} })
  })
})
