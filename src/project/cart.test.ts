import { beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { EventClient, EventsOf } from '../client/client.ts'
import { createEventClient } from '../client/create-client.ts'
import { stores, type TestLog } from '../client/stores.fixture.ts'
import { defineEvents } from '../event/definition.ts'
import { MultiStreamProjection, SingleStreamProjection } from './projection.ts'

const line = z.object({ cartId: z.string(), productId: z.string(), quantity: z.number() })
const definitions = {
  CART_CREATED: z.object({ cartId: z.string(), userId: z.string() }),
  ITEM_ADDED_TO_CART: line.extend({ priceAtTime: z.number() }),
  ITEM_REMOVED_FROM_CART: line,
  CART_CHECKED_OUT: z.object({ cartId: z.string(), checkoutTime: z.string() }),
}
const events = defineEvents(definitions)
type AppEvents = typeof events
type AppEvent = EventsOf<AppEvents>
type CartItem = { productId: string; quantity: number; priceAtTime: number }

const toItems = (items: CartItem[], event: AppEvent): CartItem[] => {
  switch (event.type) {
    case 'ITEM_ADDED_TO_CART': {
      const { productId, quantity, priceAtTime } = event.data
      const others = items.filter((one) => one.productId !== productId)
      const had = items.find((one) => one.productId === productId)?.quantity ?? 0
      return [...others, { productId, quantity: had + quantity, priceAtTime }]
    }
    case 'ITEM_REMOVED_FROM_CART':
      return items
        .map((one) =>
          one.productId === event.data.productId
            ? { ...one, quantity: one.quantity - event.data.quantity }
            : one,
        )
        .filter(({ quantity }) => quantity > 0)
    default:
      return items
  }
}
const toUserId = (userId: string, event: AppEvent): string =>
  event.type === 'CART_CREATED' ? event.data.userId : userId
const toIsCheckedOut = (isCheckedOut: boolean, event: AppEvent): boolean =>
  isCheckedOut || event.type === 'CART_CHECKED_OUT'

const cartView = z.object({
  cartId: z.string(),
  userId: z.string(),
  items: z.array(z.object({ ...line.omit({ cartId: true }).shape, priceAtTime: z.number() })),
  isCheckedOut: z.boolean(),
  total: z.number(),
})
type CartView = z.infer<typeof cartView>

class CartProjection extends SingleStreamProjection<AppEvents, undefined, typeof cartView> {
  readonly id: string
  readonly type = 'SHOPPING_CART'
  readonly jsonSchema = cartView
  readonly types = events.types

  constructor(eventClient: EventClient<AppEvents>, cartId: string) {
    super(eventClient, { loadExisting: true })
    this.id = cartId
  }
  get filter() {
    return { cartId: this.id }
  }
  async asJson(): Promise<CartView> {
    const saved = await this.getExistingState()
    const userId = await this.reduceEvents(toUserId, saved?.userId ?? '')
    const items = await this.reduceEvents(toItems, saved?.items ?? [])
    const isCheckedOut = await this.reduceEvents(toIsCheckedOut, saved?.isCheckedOut ?? false)
    const total = items.reduce((sum, { quantity, priceAtTime }) => sum + quantity * priceAtTime, 0)
    return { cartId: this.id, userId, items, isCheckedOut, total }
  }
}

const metaView = z.object({ userId: z.string(), changes: z.number() })

class CartWithMetaProjection extends MultiStreamProjection<AppEvents, undefined, typeof metaView> {
  readonly id: string
  readonly jsonSchema = metaView
  constructor(eventClient: EventClient<AppEvents>, cartId: string) {
    super(eventClient, { loadExisting: true })
    this.id = cartId
  }
  get type(): string {
    return 'SHOPPING_CART_WITH_META'
  }
  get streamConfig() {
    return [
      { types: ['CART_CREATED', 'CART_CHECKED_OUT'], filter: { cartId: this.id } },
      { types: ['ITEM_ADDED_TO_CART', 'ITEM_REMOVED_FROM_CART'], filter: { cartId: this.id } },
    ] as const
  }
  async asJson() {
    const saved = await this.getExistingState()
    return {
      userId: await this.reduceEvents(toUserId, saved?.userId ?? ''),
      changes: await this.reduceEvents((count) => count + 1, saved?.changes ?? 0),
    }
  }
}

const created = (cartId: string) =>
  ({ type: 'CART_CREATED', data: { cartId, userId: 'user_1' } }) as const
const added = (cartId: string, productId: string, quantity: number) =>
  ({
    type: 'ITEM_ADDED_TO_CART',
    data: { cartId, productId, quantity, priceAtTime: 1999 },
  }) as const
const removed = (cartId: string, productId: string, quantity: number) =>
  ({ type: 'ITEM_REMOVED_FROM_CART', data: { cartId, productId, quantity } }) as const
const checkedOut = (cartId: string) =>
  ({ type: 'CART_CHECKED_OUT', data: { cartId, checkoutTime: '2026-01-01T00:00:00Z' } }) as const

describe.each(stores)('a shopping cart on $name', ({ open }) => {
  let log: TestLog
  let client: EventClient<AppEvents>
  beforeEach(async () => {
    log = await open()
    client = createEventClient({ store: log.store, events })
    await client.saveEvents([
      created('cart_1'),
      added('cart_1', 'prod_1', 2),
      removed('cart_1', 'prod_1', 1),
      created('cart_2'),
    ])
    return () => log[Symbol.asyncDispose]()
  })

  test('is shown, saved, and shown again with what came since', async () => {
    const before = {
      cartId: 'cart_1',
      userId: 'user_1',
      items: [{ productId: 'prod_1', quantity: 1, priceAtTime: 1999 }],
      isCheckedOut: false,
      total: 1999,
    }
    expect(await new CartProjection(client, 'cart_1').asJson()).toEqual(before)
    await new CartProjection(client, 'cart_1').save()
    expect(await new CartProjection(client, 'cart_1').asJson()).toEqual(before)
    await client.saveEvents([added('cart_1', 'prod_1', 1), checkedOut('cart_1')])
    const cart = new CartProjection(client, 'cart_1')
    const after = { isCheckedOut: true, total: 3998, userId: 'user_1' }
    expect(await cart.asJson()).toMatchObject(after)
    expect(await cart.getEvents()).toHaveLength(2)
    await cart.save()
    expect(await new CartProjection(client, 'cart_1').asJson()).toMatchObject(after)
  })

  test('over several streams keeps its state after saving', async () => {
    for (const changes of [3, 4, 5]) {
      const cart = new CartWithMetaProjection(client, 'cart_1')
      expect(await cart.asJson()).toEqual({ userId: 'user_1', changes })
      await cart.save()
      await client.saveEvent(added('cart_1', 'prod_2', 1))
    }
  })

  test('is found by its data', async () => {
    for (const cartId of ['cart_1', 'cart_2']) await new CartProjection(client, cartId).save()
    const found = async (filter?: Parameters<typeof client.queryProjections>[0]['filter']) => {
      const { documents } = await client.queryProjections({ type: 'SHOPPING_CART', filter })
      return documents.map(({ id }) => id)
    }
    expect(await found()).toEqual(['cart_1', 'cart_2'])
    expect(await found({ cartId: 'cart_1' })).toEqual(['cart_1'])
    expect(await found({ cartId: ['cart_1', 'cart_2'] })).toEqual(['cart_1', 'cart_2'])
    expect(await found({ cartId: 'nobody' })).toEqual([])
  })

  test('takes no item that was decided on an old view of it', async () => {
    const streams = [
      { types: ['CART_CREATED', 'CART_CHECKED_OUT'], filter: { cartId: 'cart_1' } },
      { types: ['ITEM_ADDED_TO_CART', 'ITEM_REMOVED_FROM_CART'], filter: { cartId: 'cart_1' } },
    ] as const
    const event = added('cart_1', 'prod_2', 1)
    const latest = await client.getEventStreams({ streams })
    const eventId = latest.at(-1)!.id
    await client.saveEventWithStreamValidation({ event, streams, after: { eventId } })
    const late = { event, streams, after: { eventId } }
    await expect(client.saveEventWithStreamValidation(late)).rejects.toThrow(
      'Concurrent modification detected',
    )
    const cursor = await new CartProjection(client, 'cart_1').cursor()
    await client.saveEvent(checkedOut('cart_1'))
    await expect(
      client.saveEventWithStreamValidation({ event, streams, after: cursor }),
    ).rejects.toThrow('Concurrent modification detected')
    expect(await client.getEventStream({ types: ['ITEM_ADDED_TO_CART'] })).toHaveLength(2)
  })
})
