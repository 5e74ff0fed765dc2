import { beforeEach, expect, test } from 'vitest'
import { MemoryEventStore } from '../../stores/memory/index.ts'
import {
  added,
  Cart,
  CartFromConstants,
  created,
  removed,
  streamsOf,
  type CartClient,
  type CartEvent,
  type CartView,
} from './cart.fixture.ts'
import { clientOver } from './over-store.ts'
import type { EventRecord } from './types.ts'

let client: CartClient
beforeEach(async () => {
  client = clientOver(new MemoryEventStore()) as unknown as CartClient
  await client.saveEvents([created('cart_1'), added('cart_1', 'prod_1', 2), created('cart_2')])
})

const itemsOf = async (cart: Cart | CartFromConstants) => (await cart.asJson()).items

test('what is saved is where the next fold goes on', async () => {
  const first = new Cart('cart_1', client)
  expect(await itemsOf(first)).toEqual({ prod_1: 2 })
  expect(await first.saveProjection()).toMatchObject({ status: 'created', type: 'SHOPPING_CART' })
  await client.saveEvent(removed('cart_1', 'prod_1'))
  const second = new Cart('cart_1', client)
  expect(await itemsOf(second)).toEqual({ prod_1: 1 })
  expect(await second.depth()).toBe(1)
  expect(await second.saveProjection()).toMatchObject({ status: 'updated' })
  const third = new Cart('cart_1', client)
  expect(await third.asJson()).toMatchObject({ userId: 'user_1', items: { prod_1: 1 } })
  expect(await third.depth()).toBe(0)
})

test('without loadExisting everything is folded anew', async () => {
  await client.saveProjection({
    type: 'SHOPPING_CART',
    id: 'cart_1',
    data: { items: { prod_9: 9 } },
    latestEventId: (await client.getEventStream(['CART_CREATED'])).at(-1)!.id,
  })
  expect(await itemsOf(new Cart('cart_1', client))).toEqual({ prod_9: 9 })
  expect(await itemsOf(new Cart('cart_1', client, false))).toEqual({ prod_1: 2 })
})

test('an asJson that folds from constants gets the whole history, also after saving', async () => {
  for (const quantity of [2, 3, 4]) {
    const cart = new CartFromConstants('cart_1', client)
    expect(await cart.asJson()).toMatchObject({ userId: 'user_1', items: { prod_1: quantity } })
    await cart.saveProjection()
    expect(await cart.asJson()).toMatchObject({ userId: 'user_1', items: { prod_1: quantity } })
    await client.saveEvent(added('cart_1', 'prod_1'))
  }
})

test('what is asked for first decides, so that nothing is counted twice', async () => {
  await new Cart('cart_1', client).saveProjection()
  class Late extends Cart {
    override async asJson(): Promise<CartView> {
      const all = await this.reduceEvents((count) => count + 1, 0)
      const saved = await this.savedProjection
      return { ...(await super.asJson()), userId: `${all} ${saved === undefined}` }
    }
  }
  const late = new Late('cart_1', client)
  expect(await late.asJson()).toMatchObject({ userId: '2 true', items: { prod_1: 2 } })
})

test('a key of what is saved, or a fallback', async () => {
  class User extends Cart {
    user = (): Promise<string> => this.fromProjectionOrDefault('userId', 'nobody')
  }
  expect(await new User('cart_1', client).user()).toBe('nobody')
  await new Cart('cart_1', client).saveProjection()
  expect(await new User('cart_1', client).user()).toBe('user_1')
  expect(await new User('cart_1', client, false).user()).toBe('nobody')
})

test('staged events follow the stored ones, and are not saved', async () => {
  class Types extends Cart {
    types = async () => (await this.projectionEvents()).map(({ type }) => type)
  }
  const cart = new Types('cart_1', client)
  cart.apply(removed('cart_1', 'prod_1')).apply([added('cart_1', 'prod_2')])
  expect(await cart.types()).toEqual(['CART_CREATED', 'ITEM_ADDED', 'ITEM_REMOVED', 'ITEM_ADDED'])
  expect(await itemsOf(cart)).toEqual({ prod_1: 1, prod_2: 1 })
  await expect(cart.saveProjection()).rejects.toThrow(/unpersisted events.*SHOPPING_CART cart_1/u)
  await cart.refresh()
  expect(await itemsOf(cart)).toEqual({ prod_1: 1, prod_2: 1 })
})

test('a given history takes the place of the stored one', async () => {
  const history = await client.getEventStream(['CART_CREATED', 'ITEM_ADDED'], {
    data: { cartId: 'cart_1' },
  })
  const [first] = history as [EventRecord<CartEvent>]
  const cart = new Cart('cart_1', client).fromHistory([first])
  expect(await cart.asJson()).toMatchObject({ userId: 'user_1', items: {} })
  expect(await cart.saveProjection()).toMatchObject({ status: 'created', latestEventId: first.id })
  expect(await itemsOf(new Cart('cart_1', client))).toEqual({ prod_1: 2 })
  expect(await cart.cursor()).toBe(`1~${first.id}`)
})

test('there has to be something to save', async () => {
  await expect(new Cart('nobody', client).saveProjection()).rejects.toThrow(
    'No events to save: projection SHOPPING_CART nobody has none',
  )
})

test('saving again what is up to date is no error', async () => {
  await new Cart('cart_1', client).saveProjection()
  expect(await new Cart('cart_1', client).saveProjection()).toMatchObject({ status: 'updated' })
})

test('a view that is older than what is saved is skipped', async () => {
  const late = new Cart('cart_1', client)
  await late.asJson()
  await client.saveEvent(added('cart_1', 'prod_2'))
  await new Cart('cart_1', client).saveProjection()
  expect(await late.saveProjection()).toMatchObject({ status: 'skipped' })
  expect(await itemsOf(new Cart('cart_1', client))).toEqual({ prod_1: 2, prod_2: 1 })
})

test('a view that is refreshed while it is saved is refused', async () => {
  class Refreshing extends Cart {
    override async asJson(): Promise<CartView> {
      const view = await super.asJson()
      await this.refresh()
      return view
    }
  }
  await expect(new Refreshing('cart_1', client).saveProjection()).rejects.toThrow(/two times/u)
})

test('what it has read is the condition of what is saved on it', async () => {
  const cart = new Cart('cart_1', client)
  await cart.asJson()
  const save = async () =>
    client.saveEventWithStreamValidation(
      added('cart_1', 'prod_2'),
      await cart.cursor(),
      streamsOf('cart_1'),
    )
  await client.saveEvent(added('cart_2', 'prod_1'))
  await save()
  await expect(save()).rejects.toThrow('Concurrent modification detected')
  await cart.refresh()
  await save()
  expect(await itemsOf(new Cart('cart_1', client))).toEqual({ prod_1: 2, prod_2: 2 })
})

test('on an empty log the cursor says so', async () => {
  const empty = clientOver(new MemoryEventStore()) as unknown as CartClient
  const cursor = await new Cart('cart_1', empty).cursor()
  const save = () =>
    empty.saveEventWithStreamValidation(created('cart_1'), cursor, streamsOf('cart_1'))
  await save()
  await expect(save()).rejects.toThrow('Concurrent modification detected')
})
