import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { EventClient } from '../client/client.ts'
import {
  headOf,
  shopClient,
  stores,
  type shop,
  type ShopClient,
  type TestLog,
} from '../client/stores.fixture.ts'
import type { StoredEvent } from '../event/event.ts'
import {
  MultiStreamProjection,
  SingleStreamProjection,
  type ProjectionOptions,
} from './projection.ts'

type Shop = typeof shop
const cartSchema = z.object({ pieces: z.number(), products: z.array(z.string()) })

class CartView extends SingleStreamProjection<Shop, undefined, typeof cartSchema> {
  readonly jsonSchema = cartSchema
  readonly type = 'cart'
  readonly types = ['ITEM_ADDED'] as const
  readonly id: string
  /** What happens between two reducers. */
  meanwhile: () => unknown = () => {}

  constructor(client: EventClient<Shop>, id = 'cart_1', options?: ProjectionOptions) {
    super(client, options)
    this.id = id
  }
  get filter() {
    return { cartId: this.id }
  }
  async asJson() {
    const before = (await this.getExistingState()) ?? { pieces: 0, products: [] }
    const pieces = await this.reduceEvents(
      (sum, event) => (event.type === 'ITEM_ADDED' ? sum + event.data.quantity : sum),
      before.pieces,
    )
    await this.meanwhile()
    const products = await this.reduceEvents(
      (all, event) => (event.type === 'ITEM_ADDED' ? [...all, event.data.productId] : all),
      before.products,
    )
    return { pieces, products }
  }
}

const storySchema = z.object({ story: z.array(z.string()) })

class CartStory extends MultiStreamProjection<Shop, undefined, typeof storySchema> {
  readonly type = 'cart story'
  readonly jsonSchema = storySchema
  readonly id: string

  constructor(client: EventClient<Shop>, id = 'cart_1', options?: ProjectionOptions) {
    super(client, options)
    this.id = id
  }
  get streamConfig() {
    const filter = { cartId: this.id }
    return [
      { types: ['CART_CREATED', 'CART_CHECKED_OUT'], filter },
      { types: ['ITEM_ADDED'], filter: { ...filter, quantity: { gt: 1 } } },
      { types: ['CART_CHECKED_OUT'], filter },
    ] as const
  }
  async asJson() {
    const existing = await this.getExistingState()
    const story = await this.reduceEvents(
      (told, { type }) => [...told, type],
      existing?.story ?? [],
    )
    return { story }
  }
}

const created = { type: 'CART_CREATED', data: { cartId: 'cart_1', userId: 'user_1' } } as const
const checkedOut = { type: 'CART_CHECKED_OUT', data: { cartId: 'cart_1' } } as const
const item = (productId: string, quantity?: number) =>
  ({
    type: 'ITEM_ADDED',
    data: { cartId: 'cart_1', productId, ...(quantity !== undefined && { quantity }) },
  }) as const

describe.each(stores)('a projection class on $name', ({ open }) => {
  let log: TestLog
  let client: ShopClient
  beforeEach(async () => {
    log = await open()
    client = shopClient(log.store)
  })
  afterEach(() => log[Symbol.asyncDispose]())
  const view = (options?: ProjectionOptions) => new CartView(client, 'cart_1', options)
  const existing = () => view({ loadExisting: true })
  const head = () => headOf(log, [{ filter: { cartId: 'cart_1' } }])
  const saved = () => client.getProjection({ type: 'cart', id: 'cart_1' })

  test('folds the events of its stream', async () => {
    const elsewhere = { ...item('z').data, cartId: 'cart_2' }
    await client.saveEvents([
      created,
      item('a'),
      { type: 'ITEM_ADDED', data: elsewhere },
      item('b'),
    ])
    expect(await view().asJson()).toEqual({ pieces: 2, products: ['a', 'b'] })
    expect(await new CartView(client, 'cart_2').asJson()).toEqual({ pieces: 1, products: ['z'] })
    expect(await new CartView(client, 'nobody').asJson()).toEqual({ pieces: 0, products: [] })
  })

  test('folds the whole history, unless told to go on from what is saved', async () => {
    await client.saveEvent(item('a', 2))
    await view().save()
    await client.saveEvent(item('b', 3))

    const whole = view()
    expect(await whole.getExistingState()).toBeNull()
    expect(await whole.getEvents()).toHaveLength(2)

    const further = existing()
    expect(await further.getExistingState()).toEqual({ pieces: 2, products: ['a'] })
    expect(await further.getEvents()).toMatchObject([{ data: { productId: 'b' } }])
    for (const one of [whole, further]) {
      expect(await one.asJson()).toEqual({ pieces: 5, products: ['a', 'b'] })
      expect(await one.cursor()).toBe(await head())
    }
  })

  test('has no existing state where none was saved', async () => {
    await client.saveEvent(item('a'))
    expect(await existing().getExistingState()).toBeNull()
    expect(await existing().asJson()).toEqual({ pieces: 1, products: ['a'] })
  })

  describe('one instance', () => {
    test('loads once: all reducers of one view see the same events', async () => {
      await client.saveEvent(item('a'))
      const cart = view()
      cart.meanwhile = () => client.saveEvent(item('b'))
      expect(await cart.asJson()).toEqual({ pieces: 1, products: ['a'] })
      expect(await cart.getEvents()).toHaveLength(1)
    })

    test('loads once, also when it is asked for all at once', async () => {
      let loads = 0
      const load: typeof log.store.load = (...args) => {
        loads += 1
        return log.store.load(...args)
      }
      const cart = new CartView(shopClient({ ...log.store, load }))
      await Promise.all([cart.asJson(), cart.getEvents(), cart.cursor(), cart.asJson()])
      expect(loads).toBe(1)
    })

    test('loads again when it is refreshed', async () => {
      const cart = existing()
      expect(await cart.asJson()).toEqual({ pieces: 0, products: [] })
      await client.saveEvent(item('a'))
      await view().save()
      expect(await cart.asJson()).toEqual({ pieces: 0, products: [] })
      await cart.refresh()
      expect(await cart.getExistingState()).toEqual({ pieces: 1, products: ['a'] })
      expect(await cart.asJson()).toEqual({ pieces: 1, products: ['a'] })
      expect(await cart.cursor()).toBe(await head())
    })

    test('gives lists that its reducers do not share', async () => {
      await client.saveEvents([item('a'), item('b')])
      const cart = view()
      ;((await cart.getEvents()) as StoredEvent[]).reverse()
      expect((await cart.asJson()).products).toEqual(['a', 'b'])
    })
  })

  describe('a given history', () => {
    test('takes the place of what is stored', async () => {
      const stored = await client.saveEvents([item('a'), item('b'), item('c')])
      const cart = view({ loadExisting: true }).fromHistory(stored.slice(0, 2))
      expect(await cart.asJson()).toEqual({ pieces: 2, products: ['a', 'b'] })
      expect(await cart.getExistingState()).toBeNull()
      expect(await cart.apply(item('z')).asJson()).toMatchObject({ products: ['a', 'b', 'z'] })
    })

    test('has no cursor and cannot be saved; a refresh reads the log', async () => {
      const cart = view().fromHistory(await client.saveEvents([item('a')]))
      await expect(cart.cursor()).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
      await expect(cart.save()).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
      expect(await saved()).toBeUndefined()
      await client.saveEvent(item('b'))
      await cart.refresh()
      expect(await cart.asJson()).toMatchObject({ products: ['a', 'b'] })
    })
  })

  describe('applied events', () => {
    test('follow the stored ones in every reducer, as they would be stored', async () => {
      const cart = view()
        .apply(item('x'))
        .apply([item('y', 4)])
        .apply([])
      await client.saveEvent(item('a'))
      expect(await cart.asJson()).toEqual({ pieces: 6, products: ['a', 'x', 'y'] })
      expect(await cart.reduceOnlyDbEvents((sum) => sum + 1, 0)).toBe(1)
      expect(await cart.getEvents()).toHaveLength(3)
    })

    test('stay when it is refreshed', async () => {
      const cart = view().apply(item('x'))
      await cart.asJson()
      await client.saveEvent(item('a'))
      await cart.refresh()
      expect((await cart.asJson()).products).toEqual(['a', 'x'])
    })

    test('are refused where they do not fit their schema', async () => {
      const cart = view().apply(item('x', 0))
      await expect(cart.asJson()).rejects.toMatchObject({ code: 'INVALID_EVENT' })
    })

    test('are never saved', async () => {
      await client.saveEvent(item('a'))
      const refused = {
        code: 'INVALID_ARGUMENT',
        message: expect.stringMatching(/^Cannot save projection with applied events/),
      }
      await expect(view().apply(item('x')).save()).rejects.toMatchObject(refused)
      const late = view()
      late.meanwhile = () => late.apply(item('x'))
      await expect(late.save()).rejects.toMatchObject(refused)
      expect(await saved()).toBeUndefined()
    })
  })

  describe('saving', () => {
    test('keeps the view and what it has seen', async () => {
      await client.saveEvents([created, item('a')])
      expect(await view().save()).toEqual({
        type: 'cart',
        id: 'cart_1',
        status: 'created',
        revision: 1,
      })
      expect(await saved()).toMatchObject({
        data: { pieces: 1, products: ['a'] },
        cursor: await head(),
      })
    })

    test('is refused where nothing has happened', async () => {
      await client.saveEvent(created)
      await expect(existing().save()).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
        message: expect.stringMatching(/^Cannot save projection with no events/),
      })
    })

    test('what is up to date may be saved again', async () => {
      await client.saveEvent(item('a'))
      await view().save()
      expect(await existing().save()).toMatchObject({ status: 'updated' })
      const cart = existing()
      await client.saveEvent(item('b'))
      await cart.refresh()
      await cart.save()
      expect(await saved()).toMatchObject({ data: { products: ['a', 'b'] }, revision: 3 })
    })

    test('never goes back', async () => {
      await client.saveEvent(item('a'))
      const old = view()
      await old.asJson()
      await client.saveEvent(item('b'))
      await view().save()
      expect(await old.save()).toMatchObject({ status: 'skipped' })
      expect(await saved()).toMatchObject({ data: { products: ['a', 'b'] }, revision: 1 })
    })

    test('never mixes two times in one view', async () => {
      await client.saveEvent(item('a'))
      const cart = view()
      cart.meanwhile = async () => {
        await client.saveEvent(item('b'))
        await cart.refresh()
      }
      await expect(cart.save()).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
        message: expect.stringMatching(/refreshed while it was saved/),
      })
      expect(await saved()).toBeUndefined()
      cart.meanwhile = () => {}
      await cart.save()
      expect(await saved()).toMatchObject({ data: { pieces: 2, products: ['a', 'b'] } })
    })

    test.each([
      ['does not fit', { pieces: 'many', products: [] }, /pieces: /],
      ['has more than its schema knows', { pieces: 1, products: [], total: 3 }, /total: /],
    ])('a view that %s is refused', async (_, json, message) => {
      class Wrong extends CartView {
        override asJson() {
          return Promise.resolve(json as never)
        }
      }
      await client.saveEvent(item('a'))
      await expect(new Wrong(client).save()).rejects.toMatchObject({
        code: 'INVALID_EVENT',
        message: expect.stringMatching(message),
      })
      expect(await saved()).toBeUndefined()
    })
  })

  test('a saved state that does not fit any more is refused, and may be replaced', async () => {
    await client.saveEvent(item('a'))
    const cursor = await head()
    await client.saveProjection({ type: 'cart', id: 'cart_1', data: { pieces: 1 }, cursor })
    await expect(existing().asJson()).rejects.toMatchObject({
      code: 'INVALID_EVENT',
      message: expect.stringMatching(/^The saved projection cart cart_1 .* without loadExisting/),
    })
    await view().save()
    expect(await existing().asJson()).toEqual({ pieces: 1, products: ['a'] })
  })

  describe('over several streams', () => {
    test('each event comes once, in order', async () => {
      await client.saveEvents([created, item('a', 1), item('b', 2), checkedOut, item('c', 3)])
      expect(await new CartStory(client).asJson()).toEqual({
        story: ['CART_CREATED', 'ITEM_ADDED', 'CART_CHECKED_OUT', 'ITEM_ADDED'],
      })
    })

    test('its state is kept after saving', async () => {
      await client.saveEvents([created, item('b', 2)])
      await new CartStory(client).save()
      for (const round of [1, 2]) {
        await client.saveEvent(checkedOut)
        const story = new CartStory(client, 'cart_1', { loadExisting: true })
        expect(await story.getEvents()).toHaveLength(1)
        expect((await story.asJson()).story).toHaveLength(2 + round)
        await story.save()
      }
      expect(await client.getProjection({ type: 'cart story', id: 'cart_1' })).toMatchObject({
        data: { story: ['CART_CREATED', 'ITEM_ADDED', 'CART_CHECKED_OUT', 'CART_CHECKED_OUT'] },
      })
    })
  })

  test('its cursor is the condition of what is decided on it', async () => {
    await client.saveEvent(item('a'))
    const cart = view()
    const { pieces } = await cart.asJson()
    const args = {
      event: item('b', pieces + 1),
      streams: [{ types: ['ITEM_ADDED'], filter: { cartId: 'cart_1' } }],
      after: await cart.cursor(),
    } as const
    await client.saveEventWithStreamValidation(args)
    await expect(client.saveEventWithStreamValidation(args)).rejects.toMatchObject({
      code: 'CONFLICT',
    })
  })
})
