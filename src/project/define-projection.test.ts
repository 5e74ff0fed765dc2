import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  foreignCursor,
  headOf,
  shop,
  shopClient,
  stores,
  type ShopClient,
  type TestLog,
} from '../client/stores.fixture.ts'
import { defineProjection } from './define-projection.ts'

let folded = 0
const cartView = defineProjection(shop, {
  type: 'cart',
  streams: (cartId) => [
    { types: ['CART_CREATED', 'CART_CHECKED_OUT'], filter: { cartId } },
    { types: ['ITEM_ADDED'], filter: { cartId } },
  ],
  initialState: { open: false, items: 0, products: [] as string[] },
  evolve: {
    CART_CREATED: (cart) => ({ ...cart, open: true }),
    CART_CHECKED_OUT: (cart) => ({ ...cart, open: false }),
    ITEM_ADDED: (cart, { data }) => {
      folded += 1
      cart.products.push(data.productId)
      return { ...cart, items: cart.items + data.quantity }
    },
  },
})
const item = (productId: string, cartId = 'cart_1') =>
  ({ type: 'ITEM_ADDED', data: { cartId, productId, quantity: 2 } }) as const
const created = { type: 'CART_CREATED', data: { cartId: 'cart_1', userId: 'user_1' } } as const

describe.each(stores)('a defined projection on $name', ({ open }) => {
  let log: TestLog
  let client: ShopClient
  beforeEach(async () => {
    folded = 0
    log = await open()
    client = shopClient(log.store)
  })
  afterEach(() => log[Symbol.asyncDispose]())
  const streams = [{ filter: { cartId: 'cart_1' } }]
  const head = () => headOf(log, streams)

  test('shows its initial state where nothing has happened', async () => {
    const view = await cartView.load(client, 'cart_1')
    expect(view).toEqual({ state: { open: false, items: 0, products: [] }, cursor: await head() })
    expect(await cartView.get(client, 'cart_1')).toBeUndefined()
  })

  test('goes on from an earlier load, and reads the events since alone', async () => {
    await client.saveEvents([created, item('a'), item('b')])
    const first = await cartView.load(client, 'cart_1')
    expect(folded).toBe(2)
    // Nothing of this cart, so that it is the very same state.
    await client.saveEvent(item('x', 'cart_2'))
    const same = await cartView.load(client, 'cart_1', { from: first })
    expect(same.state).toBe(first.state)
    await client.saveEvent(item('c'))
    const next = await cartView.load(client, 'cart_1', { from: same })
    expect(next).toEqual({
      state: { open: true, items: 6, products: ['a', 'b', 'c'] },
      cursor: await head(),
    })
    expect(folded).toBe(3)
    expect(await cartView.load(client, 'cart_1')).toEqual(next)
  })

  test('leaves aside what was loaded of a log that no longer exists', async () => {
    await client.saveEvents([created, item('a')])
    const { state } = await cartView.load(client, 'cart_1')
    const lost = { state: { ...state, items: 1000 }, cursor: await foreignCursor(log, streams) }
    const view = await cartView.load(client, 'cart_1', { from: lost })
    expect(view.state).toEqual({ open: true, items: 2, products: ['a'] })
  })

  test('folds the events of its streams, in order, and nobody else’s', async () => {
    await client.saveEvents([created, item('a'), item('x', 'cart_2'), item('b')])
    const view = await cartView.load(client, 'cart_1')
    expect(view).toEqual({
      state: { open: true, items: 4, products: ['a', 'b'] },
      cursor: await head(),
    })
    expect((await cartView.load(client, 'cart_2')).state.products).toEqual(['x'])
    expect((await cartView.load(client, 'cart_3')).state.products).toEqual([])
  })

  test('goes on from what was saved', async () => {
    await client.saveEvents([created, item('a'), item('b')])
    const saved = await cartView.save(client, 'cart_1')
    expect(saved).toEqual({
      type: 'cart',
      id: 'cart_1',
      status: 'created',
      revision: 1,
      state: { open: true, items: 4, products: ['a', 'b'] },
      cursor: await head(),
    })
    expect(folded).toBe(2)
    await client.saveEvent(item('c'))
    const { state } = await cartView.load(client, 'cart_1')
    expect(state).toEqual({ open: true, items: 6, products: ['a', 'b', 'c'] })
    expect(folded).toBe(3)
    expect(await cartView.get(client, 'cart_1')).toMatchObject({
      data: { items: 4 },
      cursor: saved.cursor,
    })
    expect(await cartView.save(client, 'cart_1')).toMatchObject({ status: 'updated', state })
    expect(await cartView.save(client, 'cart_1')).toMatchObject({ revision: 3, state })
  })

  test('never goes back to an older view', async () => {
    await client.saveEvents([created, item('a')])
    const store = {
      ...log.store,
      commit: async (...args: Parameters<typeof log.store.commit>) => {
        // Another process saves a newer view while this one is on its way.
        await client.saveEvent(item('b'))
        await cartView.save(client, 'cart_1')
        return log.store.commit(...args)
      },
    }
    expect(await cartView.save(shopClient(store), 'cart_1')).toMatchObject({
      status: 'skipped',
      state: { items: 2 },
    })
    expect(await cartView.get(client, 'cart_1')).toMatchObject({ data: { items: 4 } })
  })

  test('leaves aside what somebody saved without a cursor', async () => {
    await client.saveEvents([created, item('a')])
    await log.store.commit({
      documents: [{ type: 'cart', id: 'cart_1', data: { open: true, items: 9, products: [] } }],
    })
    expect((await cartView.load(client, 'cart_1')).state).toMatchObject({ items: 2 })
    await cartView.save(client, 'cart_1')
    expect(await cartView.get(client, 'cart_1')).toMatchObject({ data: { items: 2 } })
  })

  test('leaves aside what was saved of a log that is no more, and saves it again', async () => {
    await client.saveEvents([created, item('a')])
    await cartView.save(client, 'cart_1')
    const { documents } = log.store
    const cursor = await foreignCursor(log, streams)
    const store = {
      ...log.store,
      documents: {
        ...documents,
        get: async (...name: Parameters<typeof documents.get>) => {
          const document = await documents.get(...name)
          const lost = { items: 90, products: [], open: true }
          return document && { ...document, data: lost, cursor }
        },
      },
    }
    const restored = shopClient(store)
    expect((await cartView.load(restored, 'cart_1')).state).toMatchObject({ items: 2 })
    expect(await cartView.save(restored, 'cart_1')).toMatchObject({ status: 'updated' })
  })

  test('its initial state may be made for an id, and is never shared', async () => {
    const named = defineProjection(shop, {
      type: 'named cart',
      streams: (cartId) => [{ filter: { cartId } }],
      initialState: (cartId) => ({ cartId, products: [] as string[] }),
      evolve: {
        ITEM_ADDED: (cart, { data }) => {
          cart.products.push(data.productId)
          return cart
        },
      },
    })
    await client.saveEvent(item('a'))
    for (const view of [named, named]) {
      expect((await view.load(client, 'cart_1')).state).toEqual({
        cartId: 'cart_1',
        products: ['a'],
      })
    }
  })

  test('may show the whole log', async ({ skip }) => {
    if (!log.store.capabilities.totalOrder) skip('the store cannot read the whole log')
    const count = defineProjection(shop, {
      type: 'count',
      streams: () => 'all',
      initialState: 0,
      evolve: { CART_CREATED: (carts) => carts + 1 },
    })
    await client.saveEvents([created, item('a'), created])
    expect((await count.save(client, 'carts')).state).toBe(2)
    expect((await count.load(client, 'carts')).state).toBe(2)
  })

  test('is found by what it shows', async () => {
    for (const [index, cartId] of ['cart_1', 'cart_2', 'cart_3'].entries()) {
      await client.saveEvents(Array.from({ length: index + 1 }, () => item('a', cartId)))
      await cartView.save(client, cartId)
    }
    const ids = async (query: Parameters<typeof cartView.query>[1]) => {
      const { documents } = await cartView.query(client, query)
      return documents.map(({ id }) => id)
    }
    expect(await ids({})).toEqual(['cart_1', 'cart_2', 'cart_3'])
    expect(await ids({ filter: { items: { gte: 4 } } })).toEqual(['cart_2', 'cart_3'])
    expect(await ids({ filter: { products: ['a'] } })).toEqual(['cart_1'])
    const descending = { by: 'items', direction: 'desc' } as const
    expect(await ids({ order: descending, limit: 2 })).toEqual(['cart_3', 'cart_2'])
    const { cursor } = await cartView.query(client, { limit: 1 })
    expect(await ids({ after: cursor })).toEqual(['cart_2', 'cart_3'])
    const { documents } = await cartView.query(client)
    expect(documents[0]?.data.products).toEqual(['a'])
  })

  test('an aborted signal and a closed store end it', async () => {
    const signal = AbortSignal.abort()
    await expect(cartView.load(client, 'cart_1', { signal })).rejects.toMatchObject({
      code: 'ABORTED',
    })
    await expect(cartView.save(client, 'cart_1', { signal })).rejects.toMatchObject({
      code: 'ABORTED',
    })
    await client.close()
    await expect(cartView.load(client, 'cart_1')).rejects.toMatchObject({ code: 'CLOSED' })
  })
})
