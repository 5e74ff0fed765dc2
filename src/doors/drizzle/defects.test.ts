import { describe, expect, test } from 'vitest'
import {
  added,
  Cart,
  CartFromConstants,
  checkedOut,
  streamsOf,
  type CartClient,
} from './cart.fixture.ts'
import { engines } from './databases.fixture.ts'
import { createEventClient, createEventsTable, createProjectionsTable, migrate } from './index.ts'
import { useShop } from './shop.fixture.ts'

/** What the library that this door is made for did wrong (Z1 to Z12), each as a test that it would fail. */
describe.each(engines)('Drizzle over $name', (engine) => {
  const shop = useShop(engine)
  const { execute, newCart, typesIn } = shop

  test('Z1: a refused event is not stored, in a race neither', async () => {
    const cartId = await newCart()
    const cart = new Cart(cartId, shop.client)
    const cursor = await cart.cursor()
    const results = await Promise.allSettled(
      Array.from({ length: 8 }, (_, index) =>
        shop.client.saveEventWithStreamValidation(
          added(cartId, `prod_${index}`),
          cursor,
          streamsOf(cartId),
        ),
      ),
    )
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await typesIn(cartId)).toEqual(['CART_CREATED', 'ITEM_ADDED'])
  })

  test('Z2: of two transactions that overlap, one is refused', async () => {
    const cartId = await newCart()
    const cursor = await new Cart(cartId, shop.client).cursor()
    const inTransaction = (productId: string) =>
      shop.db.transaction(async (tx) => {
        await shop.client
          .within(tx)
          .saveEventWithStreamValidation(added(cartId, productId), cursor, streamsOf(cartId))
      })
    const both = await Promise.allSettled([inTransaction('a'), inTransaction('b')])
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(await typesIn(cartId)).toEqual(['CART_CREATED', 'ITEM_ADDED'])
  })

  test('Z2: an event with an id from a clock that is behind is neither missed nor skipped', async () => {
    const cartId = await newCart()
    const cart = new Cart(cartId, shop.client)
    const seen = await cart.cursor()
    const old = await shop.client.saveEvent({
      ...added(cartId, 'a'),
      id: `0000_${cartId}`,
    })
    const save = shop.client.saveEventWithStreamValidation(
      added(cartId, 'b'),
      seen,
      streamsOf(cartId),
    )
    await expect(save).rejects.toThrow('Concurrent modification detected')
    const later = await shop.client.getEventStream(['ITEM_ADDED'], {
      data: { cartId },
      after: seen,
    })
    expect(later).toEqual([old])
  })

  test('Z3: the latest event is the newest one, also with a filter', async () => {
    const cartId = await newCart()
    for (const productId of ['oldest', 'newest'])
      await shop.client.saveEvent(added(cartId, productId))
    for (const data of [undefined, { cartId }, { cartId, productId: ['oldest', 'newest'] }]) {
      const latest = await shop.client.getLatestEvent('ITEM_ADDED', { data })
      expect(latest?.data.productId).toBe('newest')
    }
  })

  test('Z4: staged events follow what is stored', async () => {
    const cartId = await newCart()
    await shop.client.saveEvent(added(cartId, 'a'))
    class Types extends Cart {
      types = async () => (await this.projectionEvents()).map(({ type }) => type)
    }
    const cart = new Types(cartId, shop.client).apply([checkedOut(cartId)])
    expect(await cart.types()).toEqual(['CART_CREATED', 'ITEM_ADDED', 'CART_CHECKED_OUT'])
    await expect(cart.saveProjection()).rejects.toThrow('unpersisted events')
  })

  test('Z5: events that were saved one after another come back in that order', async () => {
    const cartId = await newCart()
    const products = Array.from({ length: 20 }, (_, index) => `prod_${index}`)
    for (const productId of products) await shop.client.saveEvent(added(cartId, productId))
    const stream = await shop.client.getEventStream(['ITEM_ADDED'], { data: { cartId } })
    expect(stream.map(({ data }) => data.productId)).toEqual(products)
  })

  test('Z6: a stale projection is skipped, and says so; an update has its time', async () => {
    const cartId = await newCart()
    const [first, second] = await shop.client.saveEvents([added(cartId, 'a'), added(cartId, 'b')])
    const save = (latestEventId: string, total: number) =>
      shop.client.saveProjection({ type: 'TOTAL', id: cartId, data: { total }, latestEventId })
    expect(await save(second!.id, 2)).toMatchObject({
      status: 'created',
      latestEventId: second!.id,
    })
    expect(await save(first!.id, 1)).toMatchObject({ status: 'skipped' })
    const get = () => shop.client.getProjection<{ total: number }>({ type: 'TOTAL', id: cartId })
    const before = await get()
    expect(before).toMatchObject({ data: { total: 2 }, latestEventId: second!.id })
    const { id } = await shop.client.saveEvent(added(cartId, 'c'))
    expect(await save(id, 3)).toMatchObject({ status: 'updated', data: { total: 3 } })
    const after = await get()
    expect(after).toMatchObject({ data: { total: 3 }, latestEventId: id })
    expect(after!.updatedAt.getTime()).toBeGreaterThanOrEqual(before!.updatedAt.getTime())
  })

  test('Z7: everything runs on your transaction, and is rolled back with it', async () => {
    const cartId = await newCart()
    await execute('create table if not exists orders (id text)')
    const rolledBack = shop.db.transaction(async (tx) => {
      const data = { cartId }
      await execute(`insert into orders values ('${cartId}')`, tx)
      const seen = await shop.client.getLatestEvent('CART_CREATED', { data, tx })
      await shop.client.saveEventWithStreamValidation(
        added(cartId, 'a'),
        seen?.id,
        streamsOf(cartId),
        tx,
      )
      await shop.client.saveEvent(added(cartId, 'b'), tx)
      await shop.client.saveEvents([added(cartId, 'c')], tx)
      const { id } = (await shop.client.getLatestEvent('ITEM_ADDED', { data, tx }))!
      await shop.client.saveProjection({ type: 'TX', id: cartId, data: {}, latestEventId: id }, tx)
      expect(await shop.client.getEventStream(['ITEM_ADDED'], { data, tx })).toHaveLength(3)
      const request = { eventTypes: ['ITEM_ADDED'] as const, options: { data, tx } }
      expect(await shop.client.getEventStreams([request])).toHaveLength(3)
      expect(await shop.client.getProjection({ type: 'TX', id: cartId, tx })).toBeDefined()
      expect(await shop.client.queryProjections({ type: 'TX', tx })).toHaveLength(1)
      expect(await new Cart(cartId, shop.client.within(tx)).asJson()).toMatchObject({
        items: { a: 1, b: 1, c: 1 },
      })
      tx.rollback()
    })
    await expect(rolledBack).rejects.toThrow('Rollback')
    expect(await typesIn(cartId)).toEqual(['CART_CREATED'])
    expect(await shop.client.getProjection({ type: 'TX', id: cartId })).toBeUndefined()
    await shop.db.transaction(async (tx) => {
      await execute(`insert into orders values ('${cartId}')`, tx)
      await shop.clientOn(tx).saveEvent(checkedOut(cartId))
    })
    expect(await typesIn(cartId)).toEqual(['CART_CREATED', 'CART_CHECKED_OUT'])
    expect(await execute(`select id from orders where id = '${cartId}'`)).toHaveLength(1)
  })

  test('Z7: a condition without streams, or on nothing, is refused by name; a list is any of its values', async () => {
    const cartId = await newCart()
    const save = (streams: Parameters<CartClient['saveEventWithStreamValidation']>[2]) =>
      shop.client.saveEventWithStreamValidation(added(cartId, 'a'), undefined, streams)
    const types = ['ITEM_ADDED'] as const
    for (const streams of [[], [{ types: [] }], [{ types, identifier: { cartId: [] } }]]) {
      await expect(save(streams)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    }
    const saved = await save([{ types, identifier: { cartId: [cartId, 'cart_0'] } }])
    expect(saved).toMatchObject({ type: 'ITEM_ADDED', createdAt: expect.any(Date) })
    await expect(save([{ types, identifier: {} }])).rejects.toMatchObject({ code: 'CONFLICT' })
  })

  test('Z8: an empty list and a missing value match nothing, rather than everything', async () => {
    await newCart()
    for (const cartId of [[], undefined, null, [undefined]]) {
      const data = { cartId } as unknown as { cartId: string }
      const found = shop.client.getEventStream(['CART_CREATED'], { data }).catch(() => [])
      expect(await found).toEqual([])
      const documents = shop.client.queryProjections({ type: 'CART', data }).catch(() => [])
      expect(await documents).toEqual([])
    }
  })

  test('Z9: a key with a quote in its name is indexed and found', async () => {
    const odd = {
      events: createEventsTable({ schema: `odd"'schema`, dataIndexes: [`it's`] }),
      projections: createProjectionsTable({ schema: `odd"'schema`, dataIndexes: [`a"b?`] }),
    }
    await migrate(shop.db, odd)
    const oddClient = createEventClient(shop.db, odd.events, odd.projections)
    await oddClient.saveEvent({ type: 'A', data: { [`it's`]: 'x' } })
    expect(await oddClient.getEventStream(['A'], { data: { [`it's`]: 'x' } })).toHaveLength(1)
    expect(await oddClient.getEventStream(['A'], { data: { [`it's`]: 'y' } })).toEqual([])
  })

  test('Z10: saving again what is up to date is no error, and loses nothing', async () => {
    const cartId = await newCart()
    for (const Projection of [Cart, CartFromConstants]) {
      await new Projection(cartId, shop.client).saveProjection()
      expect(await new Projection(cartId, shop.client).saveProjection()).toMatchObject({
        status: 'updated',
        data: { userId: 'user_1' },
      })
    }
  })

  test('Z11: ids of your own are kept, nothing to save is nothing saved', async () => {
    const cartId = await newCart()
    const id = `mine_${cartId}`
    const [saved] = await shop.client.saveEvents([{ ...added(cartId, 'a'), id }])
    expect(saved).toMatchObject({ id })
    expect(await shop.client.saveEvents([])).toEqual([])
  })

  test('Z12: a stream is read in parts, or one by one', async () => {
    const cartId = await newCart()
    await shop.client.saveEvents(['a', 'b', 'c'].map((productId) => added(cartId, productId)))
    const data = { cartId }
    const part = await shop.client.getEventStream(['ITEM_ADDED'], { data, limit: 2 })
    expect(part.map((event) => event.data.productId)).toEqual(['a', 'b'])
    const rest = await shop.client.getEventStream(['ITEM_ADDED'], {
      data,
      after: part[1]!.id,
      limit: 2,
    })
    expect(rest.map((event) => event.data.productId)).toEqual(['c'])
    const request = { eventTypes: ['ITEM_ADDED'] as const, options: { data } }
    const newest = shop.client.readEvents([request], { backwards: true, limit: 1 })
    expect(await Array.fromAsync(newest)).toMatchObject([{ data: { productId: 'c' } }])
  })
})
