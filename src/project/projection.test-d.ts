import { describe, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import type { EventClient } from '../client/client.ts'
import { defineEvents } from '../event/definition.ts'
import { defineProjection } from './define-projection.ts'
import {
  MultiStreamProjection,
  SingleStreamProjection,
  type ProjectionOptions,
} from './projection.ts'

const events = defineEvents({
  CART_CREATED: z.object({ cartId: z.string(), userId: z.string() }),
  ITEM_ADDED: z.object({ cartId: z.string(), productId: z.string(), quantity: z.number() }),
})
type Shop = typeof events
declare const client: EventClient<Shop>
const cartSchema = z.object({ pieces: z.number() })

describe('a defined projection', () => {
  const cartView = defineProjection(events, {
    type: 'cart',
    streams: (cartId) => [
      { types: ['CART_CREATED'], filter: { cartId } },
      { types: ['ITEM_ADDED'], filter: { cartId } },
    ],
    initialState: { owner: '', pieces: 0, products: [] as string[] },
    evolve: {
      CART_CREATED: (cart, { data }) => ({ ...cart, owner: data.userId }),
      ITEM_ADDED: (cart, event) => ({ ...cart, pieces: cart.pieces + event.data.quantity }),
    },
  })
  interface Cart {
    owner: string
    pieces: number
    products: string[]
  }

  test('infers its state, for every answer', async () => {
    expectTypeOf((await cartView.load(client, 'cart_1')).state).toEqualTypeOf<Cart>()
    expectTypeOf((await cartView.save(client, 'cart_1')).state).toEqualTypeOf<Cart>()
    expectTypeOf((await cartView.get(client, 'cart_1'))?.data).toEqualTypeOf<Cart | undefined>()
    const { documents } = await cartView.query(client)
    expectTypeOf(documents[0]!.data).toEqualTypeOf<Cart>()
  })

  test('infers the state of a function that makes it', async () => {
    const view = defineProjection(events, {
      type: 'cart',
      streams: (cartId) => [{ filter: { cartId } }],
      initialState: (cartId) => ({ cartId, pieces: 0 }),
      evolve: { ITEM_ADDED: (cart, { data }) => ({ ...cart, pieces: data.quantity }) },
    })
    expectTypeOf((await view.load(client, '1')).state).toEqualTypeOf<{
      cartId: string
      pieces: number
    }>()
  })

  test('has literals without casts', async () => {
    const streams = (cartId: string) => [{ filter: { cartId } }]
    type State = 'none' | 'new' | { kind: 'full'; pieces: number }
    const view = defineProjection(events, {
      type: 'cart',
      streams,
      initialState: (): State => 'none',
      evolve: { CART_CREATED: () => 'new', ITEM_ADDED: () => ({ kind: 'full', pieces: 1 }) },
    })
    expectTypeOf((await view.load(client, '1')).state).toEqualTypeOf<State>()
    const parts = { type: 'cart', streams, initialState: (): State => 'none' }
    // @ts-expect-error there is no such state
    void defineProjection(events, { ...parts, evolve: { CART_CREATED: () => 'nw' } })
  })

  test('is queried by the keys of its state', () => {
    void cartView.query(client, { filter: { owner: ['a', 'b'], pieces: { gt: 1 } } })
    void cartView.query(client, { order: { by: 'pieces', direction: 'desc' }, limit: 3 })
    // @ts-expect-error a misspelt key
    void cartView.query(client, { filter: { ownr: 'a' } })
    // @ts-expect-error a value of another type
    void cartView.query(client, { filter: { pieces: 'many' } })
    // @ts-expect-error an order by what is not there
    void cartView.query(client, { order: { by: 'size' } })
    // @ts-expect-error a misspelt option
    void cartView.query(client, { limt: 3 })
  })

  test('that is wrong does not compile', () => {
    defineProjection(events, {
      type: 'cart',
      // @ts-expect-error a misspelt filter key, inside an arrow's return
      streams: (cartId) => [{ types: ['CART_CREATED'], filter: { cartId, cartld: 'x' } }],
      initialState: 0,
      evolve: {},
    })
    defineProjection(events, {
      type: 'cart',
      // @ts-expect-error a misspelt `filter`
      streams: (cartId) => [{ types: ['CART_CREATED'], filer: { cartId } }],
      initialState: 0,
      evolve: {},
    })
    defineProjection(events, {
      type: 'cart',
      // @ts-expect-error a key of another event
      streams: (productId) => [{ types: ['CART_CREATED'], filter: { productId } }],
      initialState: 0,
      evolve: {},
    })
    defineProjection(events, {
      type: 'cart',
      streams: (cartId) => [{ types: ['CART_CREATED'], filter: { cartId } }],
      initialState: 0,
      // @ts-expect-error a handler for a type that is never read
      evolve: { ITEM_ADDED: (count) => count + 1 },
    })
    defineProjection(events, {
      type: 'cart',
      streams: (cartId) => [{ filter: { cartId } }],
      initialState: 0,
      // @ts-expect-error another state
      evolve: { ITEM_ADDED: () => 'many' },
    })
    defineProjection(events, {
      type: 'cart',
      streams: (cartId) => [{ filter: { cartId } }],
      initialState: '',
      // @ts-expect-error the data of another event
      evolve: { ITEM_ADDED: (_owner, { data }) => data.userId },
    })
  })

  test('takes no client of other events', () => {
    const others = defineEvents({ CART_CREATED: z.object({ basketId: z.string() }) })
    const other = {} as EventClient<typeof others>
    // @ts-expect-error its events are others
    void cartView.load(other, 'cart_1')
  })
})

describe('a projection class', () => {
  test('takes properties and accessors, lists and tuples', async () => {
    class Properties extends SingleStreamProjection<Shop, undefined, typeof cartSchema> {
      readonly id = 'cart_1'
      readonly type = 'cart'
      readonly types = ['ITEM_ADDED'] as const
      readonly filter = { cartId: 'cart_1' }
      readonly jsonSchema = cartSchema
      async asJson() {
        const pieces = await this.reduceEvents((count) => count + 1, 0)
        expectTypeOf(pieces).toEqualTypeOf<number>()
        return { pieces }
      }
    }
    class Accessors extends SingleStreamProjection<Shop, undefined, typeof cartSchema> {
      get id() {
        return 'cart_1'
      }
      get type() {
        return 'cart'
      }
      get types(): ('CART_CREATED' | 'ITEM_ADDED')[] {
        return ['CART_CREATED', 'ITEM_ADDED']
      }
      get filter() {
        return { cartId: { in: ['cart_1'] } }
      }
      get jsonSchema() {
        return cartSchema
      }
      async asJson() {
        const stored = await this.getEvents()
        expectTypeOf(stored[0]!.type).toEqualTypeOf<'CART_CREATED' | 'ITEM_ADDED'>()
        return (await this.getExistingState()) ?? { pieces: stored.length }
      }
    }
    expectTypeOf(await new Properties(client).asJson()).toEqualTypeOf<{ pieces: number }>()
    expectTypeOf(await new Accessors(client).getExistingState()).toEqualTypeOf<{
      pieces: number
    } | null>()
    expectTypeOf(new Accessors(client).refresh()).toEqualTypeOf<Promise<void>>()
    const item = { type: 'ITEM_ADDED', data: { cartId: '1', productId: 'p', quantity: 1 } } as const
    expectTypeOf(new Properties(client).apply(item).apply([item])).toEqualTypeOf<Properties>()
  })

  test('needs no schemas but that of the events', async () => {
    class Count extends SingleStreamProjection<Shop> {
      readonly id = 'all'
      readonly type = 'count'
      readonly types = events.types
      readonly filter = undefined
      readonly jsonSchema = cartSchema
      async asJson() {
        return { pieces: await this.reduceEvents((count) => count + 1, 0) }
      }
    }
    expectTypeOf(await new Count(client).asJson()).toEqualTypeOf<{ pieces: number }>()
    expectTypeOf(await new Count(client).getExistingState()).toEqualTypeOf<unknown>()
  })

  test('over schemas that are wider than the definitions takes a client of the definitions', () => {
    type UserEvent =
      | { type: 'CART_CREATED'; data: { cartId: string; userId: string } }
      | { type: 'ITEM_ADDED'; data: { cartId: string; productId: string; quantity: number } }
    type Json = z.infer<typeof cartSchema>
    type WideClient = EventClient<z.ZodType<UserEvent>, z.ZodType<UserEvent>>
    const toPieces = (pieces: number, event: UserEvent): number =>
      event.type === 'ITEM_ADDED' ? pieces + event.data.quantity : pieces

    class Wide extends MultiStreamProjection<
      z.ZodType<UserEvent>,
      z.ZodType<UserEvent>,
      z.ZodType<Json>
    > {
      readonly jsonSchema = cartSchema
      readonly id: string
      constructor(eventClient: WideClient, id: string, options: ProjectionOptions = {}) {
        super(eventClient, options)
        this.id = id
      }
      get type(): string {
        return 'cart'
      }
      get streamConfig() {
        return [{ types: ['ITEM_ADDED'], filter: { cartId: { eq: this.id } } }] as const
      }
      async asJson(): Promise<Json> {
        const stored = await this.getEvents()
        return { pieces: stored.reduce(toPieces, (await this.getExistingState())?.pieces ?? 0) }
      }
    }
    void new Wide(client, 'cart_1', { loadExisting: true })
  })

  test('that is wrong does not compile', () => {
    abstract class Cart extends SingleStreamProjection<Shop, undefined, typeof cartSchema> {
      readonly id = 'cart_1'
      readonly type = 'cart'
      readonly jsonSchema = cartSchema
    }
    abstract class WrongType extends Cart {
      // @ts-expect-error a misspelt type
      readonly types = ['ITEM_ADED'] as const
    }
    abstract class WrongFilter extends Cart {
      // @ts-expect-error a value of another type
      get filter() {
        return { cartId: 3 }
      }
    }
    abstract class WrongView extends Cart {
      // @ts-expect-error not what the schema says
      async asJson() {
        return { pieces: 'many' }
      }
    }
    abstract class WrongStreams extends MultiStreamProjection<Shop, undefined, typeof cartSchema> {
      // @ts-expect-error a misspelt type
      get streamConfig() {
        return [{ types: ['ITEM_ADED'], filter: { cartId: 'cart_1' } }] as const
      }
    }
    // @ts-expect-error what is shown is not said
    class Incomplete extends Cart {}
    return [WrongType, WrongFilter, WrongView, WrongStreams, Incomplete]
  })

  test('takes only events that may be saved', () => {
    abstract class Cart extends SingleStreamProjection<Shop, undefined, typeof cartSchema> {}
    const cart = {} as Cart
    // @ts-expect-error the data of another event
    cart.apply({ type: 'CART_CREATED', data: { cartId: '1', productId: 'p' } })
    // @ts-expect-error an unknown type, in a list
    cart.apply([{ type: 'CART_LOST', data: {} }])
    // @ts-expect-error what is not stored has no place in a history
    cart.fromHistory([{ type: 'CART_CREATED', data: { cartId: '1', userId: 'u' } }])
  })
})
