import { describe, expect, test } from 'vitest'
import {
  added,
  Cart,
  CartFromConstants,
  checkedOut,
  created,
  removed,
  streamsOf,
} from './cart.fixture.ts'
import { engines } from './databases.fixture.ts'
import { createEventClient, createEventsTable, createProjectionsTable, migrate } from './index.ts'
import { useShop } from './shop.fixture.ts'

/** The promises of the document that this door is made for, in its order. */
describe.each(engines)('Drizzle over $name', (engine) => {
  const shop = useShop(engine)
  const { execute, newCart, typesIn } = shop

  describe('the tables', () => {
    test('are in the schema that was named, under the names that were given', async () => {
      const tables = await execute(
        `select table_schema, table_name from information_schema.tables
         where table_schema in ('my_app', 'public') order by 1, 2`,
      )
      expect(tables).toEqual([
        { table_schema: 'my_app', table_name: 'events' },
        { table_schema: 'my_app', table_name: 'views' },
      ])
    })

    test('have the indexes that were asked for', async () => {
      const rows = await execute(
        `select indexname from pg_indexes where schemaname = 'my_app' order by 1`,
      )
      expect(rows.map(({ indexname }) => indexname)).toEqual([
        'events_aggregate_idx',
        'events_by_time',
        'events_data_cartId_idx',
        'events_data_productId_idx',
        'events_id_key',
        'events_pkey',
        'events_type_idx',
        'views_data_cartId_idx',
        'views_type_id_idx',
      ])
    })

    test('may be made again, by several processes at once', async () => {
      const again = Promise.all([1, 2, 3].map(() => migrate(shop.db, shop.tables)))
      await expect(again).resolves.toHaveLength(3)
    })

    test('of two logs do not get in each other’s way', async () => {
      const other = {
        events: createEventsTable({ schema: 'other_app' }),
        projections: createProjectionsTable({ schema: 'other_app' }),
      }
      await migrate(shop.db, other)
      const others = createEventClient(shop.db, other.events, other.projections)
      await others.saveEvent({ type: 'CART_CREATED', data: { cartId: 'elsewhere' } })
      expect(
        await shop.client.getEventStream(['CART_CREATED'], { data: { cartId: 'elsewhere' } }),
      ).toEqual([])
    })
  })

  describe('saving', () => {
    test('one event gives it back, with an id and its times', async () => {
      const saved = await shop.client.saveEvent(created('cart_saved', 'user_456'))
      expect(saved).toEqual({
        id: expect.stringMatching(/^[0-9A-HJKMNP-TV-Z]{26}$/u),
        type: 'CART_CREATED',
        data: { cartId: 'cart_saved', userId: 'user_456' },
        createdAt: expect.any(Date),
        updatedAt: saved.createdAt,
      })
      const [read] = await shop.client.getEventStream(['CART_CREATED'], {
        data: { cartId: 'cart_saved' },
      })
      expect(read).toEqual(saved)
    })

    test('several events gives them back in their order, and stores all or none', async () => {
      const cartId = await newCart()
      const saved = await shop.client.saveEvents([
        added(cartId, 'prod_1', 2),
        removed(cartId, 'prod_1'),
      ])
      expect(saved.map(({ type }) => type)).toEqual(['ITEM_ADDED', 'ITEM_REMOVED'])
      const bad = { ...removed(cartId, 'prod_1'), data: { cartId, productId: '\0', quantity: 1 } }
      await expect(shop.client.saveEvents([added(cartId, 'prod_2'), bad])).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
      })
      expect(await typesIn(cartId)).toEqual(['CART_CREATED', 'ITEM_ADDED', 'ITEM_REMOVED'])
    })
  })

  describe('reading', () => {
    test('the latest event is the newest one, by its data, if any', async () => {
      const cartId = await newCart()
      await shop.client.saveEvent(added(cartId, 'first'))
      const { id } = await shop.client.saveEvent(added(cartId, 'second'))
      const latest = await shop.client.getLatestEvent('ITEM_ADDED', { data: { cartId } })
      expect(latest).toMatchObject({ id, data: { productId: 'second' } })
      expect(await shop.client.getLatestEvent('ITEM_ADDED')).toEqual(latest)
      expect(
        await shop.client.getLatestEvent('ITEM_ADDED', { data: { cartId: 'nobody' } }),
      ).toBeUndefined()
      expect(
        await shop.client.getLatestEvent('ITEM_ADDED', { data: { cartId }, after: id }),
      ).toBeUndefined()
    })

    test('a stream gives the events of some types after an event, oldest first', async () => {
      const cartId = await newCart()
      const [first] = await shop.client.saveEvents([added(cartId, 'a'), removed(cartId, 'a')])
      await shop.client.saveEvent(added('cart_of_nobody', 'a'))
      const data = { cartId }
      const stream = (after?: string) =>
        shop.client.getEventStream(['ITEM_ADDED', 'ITEM_REMOVED'], { data, after })
      expect((await stream()).map(({ type }) => type)).toEqual(['ITEM_ADDED', 'ITEM_REMOVED'])
      expect((await stream(first!.id)).map(({ type }) => type)).toEqual(['ITEM_REMOVED'])
      const two = { cartId: [cartId, 'cart_of_nobody'], productId: 'a' }
      expect(await shop.client.getEventStream(['ITEM_ADDED'], { data: two })).toHaveLength(2)
    })

    test('several streams come merged, in order, each event once', async () => {
      const cartId = await newCart()
      await shop.client.saveEvents([added(cartId, 'a'), checkedOut(cartId)])
      const items = {
        eventTypes: ['ITEM_ADDED', 'ITEM_REMOVED'] as const,
        options: { data: { cartId } },
      }
      const all = {
        eventTypes: ['CART_CHECKED_OUT', 'CART_CREATED', 'ITEM_ADDED'] as const,
        options: { data: { cartId } },
      }
      const merged = await shop.client.getEventStreams([items, all])
      expect(merged.map(({ type }) => type)).toEqual([
        'CART_CREATED',
        'ITEM_ADDED',
        'CART_CHECKED_OUT',
      ])
    })
  })

  describe('saving under the condition that nothing has happened', () => {
    test('refuses the document’s own call as soon as there is an item: it has seen the cart’s creation alone', async () => {
      const cartId = await newCart()
      const literal = async (productId: string) => {
        const latestEvent = await shop.client.getLatestEvent('CART_CREATED', { data: { cartId } })
        return shop.client.saveEventWithStreamValidation(
          added(cartId, productId),
          latestEvent?.id,
          streamsOf(cartId),
        )
      }
      expect(await literal('first')).toMatchObject({ type: 'ITEM_ADDED' })
      await expect(literal('second')).rejects.toThrow('Concurrent modification detected')
      expect(await typesIn(cartId)).toEqual(['CART_CREATED', 'ITEM_ADDED'])
    })

    test('takes the second item, and the third, when it is told what the projection has read', async () => {
      const cartId = await newCart()
      for (const productId of ['first', 'second', 'third']) {
        const cart = new Cart(cartId, shop.client)
        expect(await cart.asJson()).toMatchObject({ isCheckedOut: false })
        const cursor = await cart.cursor()
        await shop.client.saveEventWithStreamValidation(
          added(cartId, productId),
          cursor,
          streamsOf(cartId),
        )
      }
      const { items } = await new Cart(cartId, shop.client).asJson()
      expect(items).toEqual({ first: 1, second: 1, third: 1 })
    })

    test('refuses what was decided before the cart was checked out, and only that', async () => {
      const [cartId, other] = [await newCart(), await newCart()]
      const [cart, another] = [new Cart(cartId, shop.client), new Cart(other, shop.client)]
      await Promise.all([cart.asJson(), another.asJson()])
      await shop.client.saveEvent(checkedOut(cartId))
      const add = async (to: Cart) =>
        shop.client.saveEventsWithStreamValidation(
          [added(to.id, 'late'), removed(to.id, 'late')],
          await to.cursor(),
          streamsOf(to.id),
        )
      await expect(add(cart)).rejects.toMatchObject({
        code: 'CONFLICT',
        conflict: { event: { type: 'CART_CHECKED_OUT' } },
      })
      expect(await add(another)).toHaveLength(2)
      expect(await typesIn(cartId)).toEqual(['CART_CREATED', 'CART_CHECKED_OUT'])
    })

    test('takes nothing seen as nothing there', async () => {
      const cartId = shop.newId()
      const open = async () => {
        const seen = await shop.client.getLatestEvent('CART_CREATED', { data: { cartId } })
        expect(seen).toBeUndefined()
        return shop.client.saveEventWithStreamValidation(
          created(cartId),
          seen?.id,
          streamsOf(cartId),
        )
      }
      const opened = await Promise.allSettled([open(), open(), open()])
      expect(opened.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      expect(await typesIn(cartId)).toEqual(['CART_CREATED'])
    })
  })

  describe('saved projections', () => {
    test('are found by type and data: a value, or any of several', async () => {
      const [one, two] = [await newCart(), await newCart()]
      for (const cartId of [one, two]) {
        const latest = await shop.client.getLatestEvent('CART_CREATED', { data: { cartId } })
        await shop.client.saveProjection({
          type: 'CART',
          id: cartId,
          data: { cartId, tags: ['a', 'b'] },
          latestEventId: latest!.id,
        })
      }
      const find = async (data?: Parameters<typeof shop.client.queryProjections>[0]['data']) =>
        (await shop.client.queryProjections({ type: 'CART', data })).map(({ id }) => id)
      expect(await find()).toEqual([one, two])
      expect(await find({ cartId: one })).toEqual([one])
      expect(await find({ cartId: [one, two] })).toEqual([one, two])
      expect(await find({ cartId: 'nobody' })).toEqual([])
      // An array field matches a list that is exactly it.
      expect(await find({ tags: ['a', 'b'] })).toEqual([one, two])
      expect(await find({ tags: ['a'] })).toEqual([])
      const [newest] = await shop.client.queryProjections({
        type: 'CART',
        order: { by: 'cartId', direction: 'desc' },
        limit: 1,
      })
      expect(newest).toMatchObject({
        id: two,
        data: { cartId: two },
        latestEventId: expect.any(String),
      })
    })

    test('go on from where they were saved', async () => {
      const cartId = await newCart()
      await shop.client.saveEvents([added(cartId, 'a', 2), removed(cartId, 'a')])
      expect(await new Cart(cartId, shop.client).saveProjection()).toMatchObject({
        status: 'created',
        data: { userId: 'user_1', items: { a: 1 }, isCheckedOut: false },
      })
      await shop.client.saveEvent(checkedOut(cartId))
      const cart = new Cart(cartId, shop.client)
      expect(await cart.asJson()).toMatchObject({
        userId: 'user_1',
        items: { a: 1 },
        isCheckedOut: true,
      })
      expect(await cart.depth()).toBe(1)
      expect(await cart.saveProjection()).toMatchObject({ status: 'updated' })
      expect(await new Cart(cartId, shop.client).asJson()).toMatchObject({ isCheckedOut: true })
    })

    test('over several streams fold from constants over the whole history, however often they are saved', async () => {
      const cartId = await newCart()
      for (const quantity of [1, 2, 3]) {
        await shop.client.saveEvent(added(cartId, 'a'))
        const cart = new CartFromConstants(cartId, shop.client)
        expect(await cart.asJson()).toMatchObject({ userId: 'user_1', items: { a: quantity } })
        await cart.saveProjection()
      }
    })
  })
})
