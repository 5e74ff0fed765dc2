import {
  defineDecision,
  defineEvents,
  defineProjection,
  isEventfoldError,
  type ConcurrencyError,
  type Cursor,
  type EventClient,
  type EventfoldError,
  type RejectedError,
} from 'eventfold'
import { EventClientProvider, useDecision, useEventClient, useProjection } from 'eventfold/react'
import { createElement } from 'react'
import { describe, expectTypeOf, test } from 'vitest'
import { z } from 'zod'

const events = defineEvents({
  ITEM_ADDED: z.object({ cartId: z.string(), quantity: z.number().default(1) }),
})
const others = defineEvents({ SEAT_TAKEN: z.object({ tableId: z.string() }) })
declare const client: EventClient<typeof events>
declare const other: EventClient<typeof others>

interface Cart {
  readonly items: number
}
const cartView = defineProjection(events, {
  type: 'cart',
  streams: (cartId) => [{ types: ['ITEM_ADDED'], filter: { cartId } }],
  initialState: (): Cart => ({ items: 0 }),
  evolve: { ITEM_ADDED: ({ items }, { data }) => ({ items: items + data.quantity }) },
})
interface AddItem {
  readonly cartId: string
  readonly quantity?: number
}
const addItem = defineDecision(events, {
  streams: ({ cartId }: AddItem) => [{ types: ['ITEM_ADDED'], filter: { cartId } }],
  initialState: 0,
  evolve: { ITEM_ADDED: (count) => count + 1 },
  decide: ({ cartId, quantity = 1 }) => ({ type: 'ITEM_ADDED', data: { cartId, quantity } }),
})

describe('useProjection', () => {
  test('knows the state from the projection', () => {
    const shown = useProjection(cartView, 'cart_1')
    expectTypeOf(shown.state).toEqualTypeOf<Cart>()
    expectTypeOf(shown.cursor).toEqualTypeOf<Cursor>()
    // @ts-expect-error nobody changes what is shown
    shown.state = { items: 1 }
    // @ts-expect-error no such key
    void shown.state.size
  })

  test('takes an id, and a client of the same events', () => {
    void useProjection(cartView, 'cart_1', { client })
    // @ts-expect-error its events are others
    void useProjection(cartView, 'cart_1', { client: other })
    // @ts-expect-error an id is a string
    void useProjection(cartView, 1)
    // @ts-expect-error no id
    void useProjection(cartView)
    // @ts-expect-error a decision is no projection
    void useProjection(addItem, 'cart_1')
    // @ts-expect-error a misspelt option
    void useProjection(cartView, 'cart_1', { clint: client })
  })
})

describe('useDecision', () => {
  test('knows the command and the result from the decision', async () => {
    const add = useDecision(addItem)
    const result = await add.execute({ cartId: 'cart_1' }, { idempotencyKey: 'once', attempts: 3 })
    expectTypeOf(result.state).toEqualTypeOf<number>()
    expectTypeOf(result.events[0]!.data).toEqualTypeOf<{ cartId: string; quantity: number }>()
    expectTypeOf(add.pending).toEqualTypeOf<boolean>()
    expectTypeOf(add.reset).toEqualTypeOf<() => void>()
    // @ts-expect-error another command
    void add.execute({ tableId: 'table_1' })
    // @ts-expect-error a value of another type
    void add.execute({ cartId: 'cart_1', quantity: 'many' })
    // @ts-expect-error a misspelt key
    void add.execute({ cartId: 'cart_1', quantty: 1 })
    // @ts-expect-error no command
    void add.execute()
    // @ts-expect-error a misspelt option
    void add.execute({ cartId: 'cart_1' }, { attempt: 1 })
  })

  test('tells errors apart', () => {
    const { error } = useDecision(addItem)
    expectTypeOf(error).toEqualTypeOf<EventfoldError | undefined>()
    if (isEventfoldError(error, 'REJECTED')) expectTypeOf(error).toExtend<RejectedError>()
    if (isEventfoldError(error, 'CONFLICT')) expectTypeOf(error).toExtend<ConcurrencyError>()
  })

  test('takes a client of the same events', () => {
    void useDecision(addItem, { client })
    // @ts-expect-error its events are others
    void useDecision(addItem, { client: other })
    // @ts-expect-error a projection is no decision
    void useDecision(cartView)
  })
})

test('the provider takes any client, and nothing else', () => {
  void createElement(EventClientProvider<{ type: 'x'; data: object }, never>, {
    client: {} as never,
  })
  void EventClientProvider({ client })
  void EventClientProvider({ client: other, children: 'text' })
  // @ts-expect-error no client
  void EventClientProvider({})
  // @ts-expect-error a store is no client
  void EventClientProvider({ client: client.store })
  expectTypeOf(useEventClient(client)).toEqualTypeOf(client)
})
