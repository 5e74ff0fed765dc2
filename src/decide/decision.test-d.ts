import { describe, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import type { EventClient } from '../client/client.ts'
import { defineEvents } from '../event/definition.ts'
import { defineDecision } from './decision.ts'
import { reject } from './reject.ts'

const events = defineEvents({
  CART_CREATED: z.object({ cartId: z.string(), userId: z.string() }),
  ITEM_ADDED: z.object({
    cartId: z.string(),
    productId: z.string(),
    quantity: z.number().int().positive(),
  }),
  CART_CHECKED_OUT: z.object({ cartId: z.string() }),
})
interface AddItem {
  cartId: string
  productId: string
  quantity: number
}
declare const client: EventClient<typeof events>
const none = () => reject('no')

describe('a decision', () => {
  test('infers command, state, events and result', async () => {
    const addItem = defineDecision(events, {
      streams: (command: AddItem) => [
        { types: ['CART_CREATED', 'CART_CHECKED_OUT'], filter: { cartId: command.cartId } },
        { types: ['ITEM_ADDED'], filter: { productId: command.productId } },
      ],
      initialState: { open: false, owner: '', items: 0 },
      evolve: {
        CART_CREATED: (state, event) => ({ ...state, open: true, owner: event.data.userId }),
        CART_CHECKED_OUT: (state) => ({ ...state, open: false }),
        ITEM_ADDED: (state, { data }) => ({ ...state, items: state.items + data.quantity }),
      },
      decide: (command, cart) =>
        cart.open ? { type: 'ITEM_ADDED', data: command } : reject('the cart is closed'),
    })
    const result = await addItem.execute(client, { cartId: 'c', productId: 'p', quantity: 1 })
    expectTypeOf(result.state).toEqualTypeOf<{ open: boolean; owner: string; items: number }>()
    expectTypeOf(result.events[0]!.type).toEqualTypeOf<
      'CART_CREATED' | 'ITEM_ADDED' | 'CART_CHECKED_OUT'
    >()
    // @ts-expect-error a command with data of the wrong type
    void addItem.execute(client, { cartId: 'c', productId: 'p', quantity: '1' })
  })

  test('may decide several events, nothing, the whole log, and asynchronously', () => {
    defineDecision(events, {
      streams: (_cartId: string) => 'all',
      initialState: [] as string[],
      evolve: { ITEM_ADDED: (products, event) => [...products, event.data.productId] },
      decide: async (cartId, products) =>
        products.length === 0
          ? []
          : [
              { type: 'CART_CREATED', data: { cartId, userId: 'user_1' } },
              { type: 'CART_CHECKED_OUT', data: { cartId } },
            ],
    })
  })
})

test('a state of literals needs no casts', async () => {
  type Cart = { status: 'open' | 'closed'; last?: { kind: 'item' | 'none' } }
  const parts = {
    streams: (cartId: string) => [
      { types: ['CART_CREATED', 'CART_CHECKED_OUT'] as const, filter: { cartId } },
    ],
    initialState: { status: 'closed' } as Cart,
    decide: none,
  }
  const decision = defineDecision(events, {
    ...parts,
    evolve: {
      CART_CREATED: () => ({ status: 'open', last: { kind: 'none' } }),
      CART_CHECKED_OUT: (cart) => ({ ...cart, status: 'closed' }),
    },
  })
  expectTypeOf((await decision.load(client, 'cart_1')).state).toEqualTypeOf<Cart>()
  // @ts-expect-error there is no such status
  defineDecision(events, { ...parts, evolve: { CART_CREATED: () => ({ status: 'opn' }) } })
})

describe('a state that is made by a function', () => {
  test('is inferred, and knows the command', async () => {
    class Cart {
      readonly room: number
      constructor(room: number) {
        this.room = room
      }
    }
    const addItem = defineDecision(events, {
      streams: (command: AddItem) => [{ filter: { cartId: command.cartId } }],
      initialState: (command) => new Cart(command.quantity),
      evolve: { ITEM_ADDED: (cart, { data }) => new Cart(cart.room - data.quantity) },
      decide: (data, cart) => (cart.room > 0 ? { type: 'ITEM_ADDED', data } : reject('full')),
    })
    const command = { cartId: 'c', productId: 'p', quantity: 1 }
    const { signal } = new AbortController()
    expectTypeOf((await addItem.load(client, command, { signal })).state).toEqualTypeOf<Cart>()
    expectTypeOf((await addItem.execute(client, command)).state).toEqualTypeOf<Cart>()
  })
})

describe('a wrong decision does not compile', () => {
  test('streams', () => {
    defineDecision(events, {
      // @ts-expect-error a misspelt filter key, inside an arrow's return
      streams: (cartId: string) => [{ types: ['CART_CREATED'], filter: { cartId, cartld: 'x' } }],
      initialState: 0,
      evolve: {},
      decide: none,
    })
    defineDecision(events, {
      // @ts-expect-error a misspelt `filter`
      streams: (cartId: string) => [{ types: ['CART_CREATED'], filer: { cartId } }],
      initialState: 0,
      evolve: {},
      decide: none,
    })
    defineDecision(events, {
      // @ts-expect-error a misspelt type
      streams: (cartId: string) => [{ types: ['CART_CRETED'], filter: { cartId } }],
      initialState: 0,
      evolve: {},
      decide: none,
    })
    defineDecision(events, {
      // @ts-expect-error a key of another event
      streams: (productId: string) => [{ types: ['CART_CREATED'], filter: { productId } }],
      initialState: 0,
      evolve: {},
      decide: none,
    })
  })

  test('handlers and events', () => {
    defineDecision(events, {
      streams: (cartId: string) => [{ types: ['CART_CREATED'], filter: { cartId } }],
      initialState: { open: false },
      // @ts-expect-error a handler for a type that is never read
      evolve: { ITEM_ADDED: () => ({ open: true }) },
      decide: none,
    })
    defineDecision(events, {
      streams: (cartId: string) => [{ types: ['CART_CREATED'], filter: { cartId } }],
      initialState: { open: false },
      // @ts-expect-error another state
      evolve: { CART_CREATED: () => ({ opn: true }) },
      decide: none,
    })
    defineDecision(events, {
      streams: (cartId: string) => [{ types: ['CART_CREATED'], filter: { cartId } }],
      initialState: { open: false },
      evolve: {},
      // @ts-expect-error the data of another event
      decide: (cartId) => ({ type: 'CART_CREATED', data: { cartId, productId: 'p' } }),
    })
  })
})
