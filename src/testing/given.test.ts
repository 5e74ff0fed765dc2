import { expect, test } from 'vitest'
import { z } from 'zod'
import { defineAggregate } from '../aggregate/define-aggregate.ts'
import { defineDecision } from '../decide/decision.ts'
import { reject } from '../decide/reject.ts'
import { defineEvents } from '../event/definition.ts'
import { defineProjection } from '../project/define-projection.ts'
import { given } from './given.ts'

const events = defineEvents({
  CART_CREATED: z.object({ cartId: z.string() }),
  ITEM_ADDED: z.object({ cartId: z.string(), productId: z.string() }),
})
const addItem = defineDecision(events, {
  streams: (command: { cartId: string; productId: string }) => [
    { types: ['CART_CREATED'], filter: { cartId: command.cartId } },
  ],
  initialState: { open: false },
  evolve: { CART_CREATED: () => ({ open: true }) },
  decide: (command, cart) =>
    cart.open ? { type: 'ITEM_ADDED', data: command } : reject('there is no cart'),
})
const cartView = defineProjection(events, {
  type: 'cart',
  streams: (cartId) => [{ filter: { cartId } }],
  initialState: { items: 0 },
  evolve: { ITEM_ADDED: ({ items }) => ({ items: items + 1 }) },
})
const created = { type: 'CART_CREATED', data: { cartId: 'cart_1' } } as const
const item = { cartId: 'cart_1', productId: 'prod_1' }

test('a decision that stores what was expected passes', async () => {
  await given(events, [created])
    .when(addItem, item)
    .then([{ type: 'ITEM_ADDED', data: item }])
  await given(events, []).when(addItem, item).thenRejected('there is no cart')
  await given(events, []).when(addItem, item).thenRejected()
})

const cart = defineAggregate(events, {
  type: 'cart',
  initialState: { open: false, items: 0 },
  evolve: {
    CART_CREATED: (state) => ({ ...state, open: true }),
    ITEM_ADDED: (state) => ({ ...state, items: state.items + 1 }),
  },
  decide: (command: { cartId: string; productId: string }, state) => {
    if (!state.open) return reject('there is no cart')
    return state.items < 2 ? { type: 'ITEM_ADDED', data: command } : []
  },
})

test('a command of an aggregate is executed upon its history', async () => {
  const added = { type: 'ITEM_ADDED', data: item } as const
  await given(events, [created]).when(cart, 'cart_1', item).then([added])
  await given(events, [created, added, added]).when(cart, 'cart_1', item).then([])
  await given(events, []).when(cart, 'cart_1', item).thenRejected('there is no cart')
  const wrong = given(events, [created]).when(cart, 'cart_1', item).then([])
  await expect(wrong).rejects.toMatchObject({ name: 'AssertionError', actual: [added] })
  await expect(given(events, []).when(cart, '', item).then([])).rejects.toThrow('cart.id')
})

test('history of another aggregate is not seen', async () => {
  const elsewhere = { ...created, aggregate: { type: 'cart', id: 'cart_2' } }
  await given(events, [elsewhere]).when(cart, 'cart_1', item).thenRejected('there is no cart')
  await given(events, [elsewhere])
    .when(cart, 'cart_2', item)
    .then([{ type: 'ITEM_ADDED', data: item }])
})

test('history outside of the decision’s streams is not seen', async () => {
  const other = { type: 'CART_CREATED', data: { cartId: 'cart_2' } } as const
  await given(events, [other]).when(addItem, item).thenRejected('there is no cart')
})

test('a difference is an AssertionError with both sides', async () => {
  const wrong = given(events, [created]).when(addItem, item).then([])
  await expect(wrong).rejects.toMatchObject({
    name: 'AssertionError',
    actual: [{ type: 'ITEM_ADDED', data: item }],
    expected: [],
  })
  await expect(given(events, [created]).when(addItem, item).thenRejected()).rejects.toThrow(
    'expected rejection',
  )
  await expect(given(events, []).when(addItem, item).thenRejected('sold out')).rejects.toThrow(
    'there is no cart',
  )
})

test('a projection shows the state that was expected', async () => {
  const history = [created, { type: 'ITEM_ADDED', data: item } as const]
  await given(events, history).project(cartView, 'cart_1').then({ items: 1 })
  await expect(
    given(events, history).project(cartView, 'cart_1').then({ items: 2 }),
  ).rejects.toThrow('expected state {"items":2}, found {"items":1}')
})

test('a specification that is awaited too early says so', async () => {
  await expect(
    (async () => given(events, [created]).when(addItem, item) as unknown)(),
  ).rejects.toThrow('ends with .then(expected)')
})
