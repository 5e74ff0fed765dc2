import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  faulty,
  headOf,
  positionsIn,
  seenBy,
  shop,
  shopClient,
  stores,
  type Fault,
  type ShopClient,
  type TestLog,
} from '../client/stores.fixture.ts'
import { getEventContext, withEventContext } from '../event/context.ts'
import { defineDecision } from './decision.ts'
import { reject } from './reject.ts'

interface AddItem {
  readonly cartId: string
  readonly productId: string
  readonly quantity: number
}

const addItem = defineDecision(shop, {
  streams: ({ cartId }: AddItem) => [{ filter: { cartId } }],
  initialState: { open: false, items: 0 },
  evolve: {
    CART_CREATED: (cart) => ({ ...cart, open: true }),
    ITEM_ADDED: (cart, { data }) => ({ ...cart, items: cart.items + data.quantity }),
    CART_CHECKED_OUT: (cart) => ({ ...cart, open: false }),
  },
  decide: (command, cart) => {
    if (!cart.open) return reject('the cart is closed', { cartId: command.cartId })
    return { type: 'ITEM_ADDED', data: command }
  },
})
const createCart = defineDecision(shop, {
  streams: (cartId: string) => [{ types: ['CART_CREATED'], filter: { cartId } }],
  initialState: 0,
  evolve: { CART_CREATED: (count) => count + 1 },
  decide: (cartId, count) =>
    count > 0 ? [] : { type: 'CART_CREATED', data: { cartId, userId: 'user_1' } },
})
const item = (quantity: number): AddItem => ({ cartId: 'cart_1', productId: 'prod_1', quantity })

describe.each(stores)('a decision on $name', ({ open }) => {
  let log: TestLog
  let client: ShopClient
  beforeEach(async () => {
    log = await open()
    client = shopClient(log.store)
  })
  afterEach(() => log[Symbol.asyncDispose]())
  const types = async () => (await log.everything()).map(({ type }) => type)

  test('reads, decides and appends', async () => {
    await createCart.execute(client, 'cart_1')
    const result = await addItem.execute(client, item(2))
    expect(result).toMatchObject({
      events: [{ type: 'ITEM_ADDED', data: item(2) }],
      state: { open: true, items: 2 },
      replayed: false,
      attempts: 1,
    })
    expect(await positionsIn(log, result.events)).toEqual([2])
    const cursor = await headOf(log, [{ filter: { cartId: 'cart_1' } }])
    expect(seenBy(result.cursor)).toBe(seenBy(cursor))
    expect(await addItem.load(client, item(1))).toEqual({ state: result.state, cursor })
  })

  test('says no, and nothing is written', async () => {
    await expect(addItem.execute(client, item(2))).rejects.toMatchObject({
      code: 'REJECTED',
      message: 'the cart is closed',
      details: { cartId: 'cart_1' },
      retryable: false,
    })
    expect(await types()).toEqual([])
  })

  test('may find nothing to do', async () => {
    await createCart.execute(client, 'cart_1')
    const cursor = await headOf(log, [{ types: ['CART_CREATED'], filter: { cartId: 'cart_1' } }])
    const again = { events: [], state: 1, cursor, replayed: false, attempts: 1 }
    expect(await createCart.execute(client, 'cart_1')).toEqual(again)
    expect(await types()).toEqual(['CART_CREATED'])
  })

  test('may decide several events, asynchronously, about the whole log', async ({ skip }) => {
    if (!log.store.capabilities.anyBoundary) skip('the store cannot guard the whole log')
    const openShop = defineDecision(shop, {
      streams: (_userId: string) => 'all',
      initialState: [] as string[],
      evolve: { CART_CREATED: (carts, { data }) => [...carts, data.cartId] },
      decide: async (userId, carts) => {
        await Promise.resolve()
        const names = ['cart_1', 'cart_2'].filter((cartId) => !carts.includes(cartId))
        return names.map((cartId) => ({ type: 'CART_CREATED', data: { cartId, userId } }))
      },
    })
    const result = await openShop.execute(client, 'user_1')
    expect(result.state).toEqual(['cart_1', 'cart_2'])
    expect(result.events).toHaveLength(2)
    expect((await openShop.execute(client, 'user_1')).events).toEqual([])
  })

  test('what decide throws is thrown, and nothing is written', async () => {
    const failing = defineDecision(shop, {
      streams: (cartId: string) => [{ filter: { cartId } }],
      initialState: 0,
      evolve: {},
      decide: () => {
        throw new RangeError('out of order')
      },
    })
    await expect(failing.execute(client, 'cart_1')).rejects.toThrow(RangeError)
    expect(await types()).toEqual([])
  })

  test('an event that does not fit its schema is refused', async () => {
    await createCart.execute(client, 'cart_1')
    await expect(addItem.execute(client, item(0))).rejects.toMatchObject({ code: 'INVALID_EVENT' })
    expect(await types()).toEqual(['CART_CREATED'])
  })

  test('the initial state is never shared', async () => {
    const collect = defineDecision(shop, {
      streams: (cartId: string) => [{ types: ['CART_CREATED'], filter: { cartId } }],
      initialState: { seen: new Set<string>() },
      evolve: {
        CART_CREATED: (state, { data }) => {
          state.seen.add(data.cartId)
          return state
        },
      },
      decide: (cartId, { seen }) =>
        seen.size === 0 ? { type: 'CART_CREATED', data: { cartId, userId: 'user_1' } } : [],
    })
    for (const cartId of ['cart_1', 'cart_2', 'cart_1']) {
      expect((await collect.execute(client, cartId)).state.seen).toEqual(new Set([cartId]))
    }
    expect(await types()).toHaveLength(2)
  })

  test('a state of a class comes from a function', async () => {
    class Cart {
      readonly limit: number
      readonly items: number
      constructor(limit: number, items = 0) {
        this.limit = limit
        this.items = items
      }
      with(quantity: number): Cart {
        return new Cart(this.limit, this.items + quantity)
      }
      hasRoomFor(quantity: number): boolean {
        return this.items + quantity <= this.limit
      }
    }
    const addLimited = defineDecision(shop, {
      streams: ({ data }: { data: AddItem; limit: number }) => [
        { filter: { cartId: data.cartId } },
      ],
      initialState: (command) => new Cart(command.limit),
      evolve: { ITEM_ADDED: (cart, { data }) => cart.with(data.quantity) },
      decide: ({ data }, cart) =>
        cart.hasRoomFor(data.quantity) ? { type: 'ITEM_ADDED', data } : reject('full'),
    })
    const { state } = await addLimited.execute(client, { data: item(3), limit: 5 })
    expect(state).toEqual(new Cart(5, 3))
    await expect(addLimited.execute(client, { data: item(3), limit: 5 })).rejects.toThrow('full')
  })

  test('carries the context of its caller, also after it had to wait', async () => {
    const results = await Promise.all(
      ['req_1', 'req_2', 'req_3'].map((correlationId) =>
        withEventContext({ correlationId }, async () => {
          const { events } = await createCart.execute(client, correlationId)
          expect(getEventContext()).toEqual({ correlationId })
          return events
        }),
      ),
    )
    expect(results.map(([event]) => event?.metadata)).toEqual([
      { correlationId: 'req_1' },
      { correlationId: 'req_2' },
      { correlationId: 'req_3' },
    ])
  })

  describe('in a race', () => {
    const others = (times: number) => {
      let left = times
      return defineDecision(shop, {
        streams: ({ cartId }: AddItem) => [{ filter: { cartId } }],
        initialState: 0,
        evolve: { ITEM_ADDED: (count) => count + 1 },
        decide: async (data, count) => {
          // Another process is quicker.
          if (left-- > 0) await shopClient(log.reopen()).saveEvent({ type: 'ITEM_ADDED', data })
          return count > 5 ? reject('full') : { type: 'ITEM_ADDED', data }
        },
      })
    }

    test('it reads and decides again', async () => {
      const result = await others(2).execute(client, item(1))
      expect(result).toMatchObject({ attempts: 3, state: 3 })
      expect(await positionsIn(log, result.events)).toEqual([3])
      expect(await types()).toHaveLength(3)
    })

    test('it gives up after its attempts, and nothing is written', async () => {
      await expect(others(100).execute(client, item(1), { attempts: 3 })).rejects.toMatchObject({
        code: 'CONFLICT',
        conflict: { reason: 'condition' },
      })
      expect(await types()).toHaveLength(3)
      await expect(others(100).execute(client, item(1), { attempts: 1 })).rejects.toMatchObject({
        code: 'CONFLICT',
      })
      expect(await types()).toHaveLength(4)
    })

    test('it may say no the second time', async () => {
      await client.saveEvents(
        Array.from({ length: 5 }, () => ({ type: 'ITEM_ADDED', data: item(1) })),
      )
      await expect(others(1).execute(client, item(1))).rejects.toThrow('full')
      expect(await types()).toHaveLength(6)
    })

    test('an abort ends the attempts', async () => {
      const ending = new AbortController()
      const { signal } = ending
      const racing = others(100).execute(client, item(1), { attempts: 1000, signal })
      setTimeout(() => ending.abort('enough'), 20)
      await expect(racing).rejects.toMatchObject({ code: 'ABORTED', cause: 'enough' })
    })

    test.each([[0], [-1], [1.5], [Number.NaN], [Infinity]])(
      '%d attempts are refused',
      async (attempts) => {
        await expect(createCart.execute(client, 'cart_1', { attempts })).rejects.toMatchObject({
          code: 'INVALID_ARGUMENT',
        })
      },
    )
  })

  describe('with an idempotency key', () => {
    let decided = 0
    const countedItem = defineDecision(shop, {
      streams: ({ cartId }: AddItem) => [{ types: ['ITEM_ADDED'], filter: { cartId } }],
      initialState: 0,
      evolve: { ITEM_ADDED: (items, { data }) => items + data.quantity },
      decide: (data, items) => {
        decided += 1
        return items >= 3 ? reject('full') : { type: 'ITEM_ADDED', data }
      },
    })
    beforeEach(() => {
      decided = 0
    })

    test('a repeated command is answered before it is decided again', async () => {
      const key = { idempotencyKey: 'cmd_1' }
      const first = await countedItem.execute(client, item(3), key)
      const again = await countedItem.execute(shopClient(log.reopen()), { ...item(3) }, key)
      const { cursor, ...rest } = first
      expect(again).toMatchObject({ ...rest, replayed: true, attempts: 0 })
      expect(seenBy(again.cursor)).toBe(seenBy(cursor))
      expect(decided).toBe(1)
      expect(await types()).toHaveLength(1)
      await expect(countedItem.execute(client, item(3))).rejects.toThrow('full')
    })

    test('another command with the same key is refused', async () => {
      const key = { idempotencyKey: 'cmd_1' }
      await countedItem.execute(client, item(1), key)
      await expect(countedItem.execute(client, item(2), key)).rejects.toMatchObject({
        code: 'IDEMPOTENCY_MISMATCH',
        key: 'cmd_1',
      })
      expect(await types()).toHaveLength(1)
    })

    test('a command that was refused may be tried again with its key', async () => {
      const key = { idempotencyKey: 'cmd_1' }
      await expect(addItem.execute(client, item(1), key)).rejects.toThrow('closed')
      await createCart.execute(client, 'cart_1')
      expect(await addItem.execute(client, item(1), key)).toMatchObject({ replayed: false })
    })

    test('the same command from many processes at once is done once', async () => {
      const runs = Array.from({ length: 8 }, () =>
        countedItem.execute(shopClient(log.reopen()), item(1), { idempotencyKey: 'cmd_1' }),
      )
      const results = await Promise.all(runs)
      expect(new Set(results.map(({ events: [event] }) => event?.id)).size).toBe(1)
      expect(results.filter(({ replayed }) => !replayed)).toHaveLength(1)
      expect(await types()).toHaveLength(1)
    })

    test('a command without a value has a fingerprint too; one that is no JSON is refused', async () => {
      const checkOut = defineDecision(shop, {
        streams: (_command: unknown) => [{ filter: { cartId: 'cart_1' } }],
        initialState: 0,
        evolve: {},
        decide: () => ({ type: 'CART_CHECKED_OUT', data: { cartId: 'cart_1' } }),
      })
      const key = { idempotencyKey: 'cmd_1' }
      await checkOut.execute(client, undefined, key)
      expect(await checkOut.execute(client, undefined, key)).toMatchObject({ replayed: true })
      await expect(checkOut.execute(client, 1n, { idempotencyKey: 'cmd_2' })).rejects.toMatchObject(
        { code: 'INVALID_ARGUMENT' },
      )
    })
  })

  test.each<{ faults: readonly Fault[] }>([
    { faults: ['lost after'] },
    { faults: ['lost before', 'busy'] },
    { faults: ['busy', 'lost after', 'lost after'] },
  ])('after $faults it is stored once, and decided once', async ({ faults }) => {
    const result = await createCart.execute(shopClient(faulty(log.store, faults)), 'cart_1')
    expect(result).toMatchObject({ attempts: 1, replayed: false, state: 1 })
    expect(await types()).toEqual(['CART_CREATED'])
  })

  test.each([
    ['no streams', () => []],
    ['a stream that is none', () => [null]],
    ['no list', () => ({ types: ['CART_CREATED'] })],
    ['a filter that could guard nothing', () => [{ filter: { cartId: undefined } }]],
    ['an unknown operator', () => [{ filter: { cartId: { like: 'c' } } }]],
    ['a value that no filter takes', () => [{ filter: { cartId: 1n } }]],
  ])('is refused with %s, before it is decided', async (_, streams) => {
    const wrong = defineDecision(shop, {
      streams: streams as never,
      initialState: 0,
      evolve: {},
      decide: () => expect.unreachable(),
    })
    await expect(wrong.execute(client, undefined as never)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    })
  })

  test('a decision that decides nothing at all is told what to return', async () => {
    const wrong = defineDecision(shop, {
      streams: (cartId: string) => [{ filter: { cartId } }],
      initialState: 0,
      evolve: {},
      decide: (() => undefined) as never,
    })
    await expect(wrong.execute(client, 'cart_1')).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(/reject\(reason\)/),
    })
  })

  test('an aborted signal and a closed store end it before it decides', async () => {
    const signal = AbortSignal.abort()
    await expect(createCart.execute(client, 'cart_1', { signal })).rejects.toMatchObject({
      code: 'ABORTED',
    })
    await expect(addItem.load(client, item(1), { signal })).rejects.toMatchObject({
      code: 'ABORTED',
    })
    await client.close()
    await expect(createCart.execute(client, 'cart_1')).rejects.toMatchObject({ code: 'CLOSED' })
  })
})
