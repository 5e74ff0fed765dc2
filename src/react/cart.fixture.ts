import {
  createEventClient,
  defineDecision,
  defineEvents,
  defineProjection,
  reject,
} from 'eventfold'
import type { Client, Decision, EventStore, EventsOf, InputsOf, Projection } from 'eventfold'
import { z } from 'zod'

const definitions = {
  ITEM_ADDED: z.object({ cartId: z.string(), productId: z.string() }),
  CART_EMPTIED: z.object({ cartId: z.string() }),
}
export const events: ReturnType<typeof defineEvents<typeof definitions>> = defineEvents(definitions)
type Event = EventsOf<typeof events>
type Input = InputsOf<typeof events, undefined>
export type CartClient = Client<Event, Input>

export const cartClient = (store: EventStore): CartClient => createEventClient({ store, events })

export interface Cart {
  readonly products: readonly string[]
}

/** Counts what it folds, so that nobody folds a whole stream again unseen. */
export interface CountedView {
  readonly view: Projection<Event, Input, Cart>
  readonly folded: () => number
}

let views = 0

/** A projection of its own, that nobody has on display yet. */
export function countedView(): CountedView {
  let folded = 0
  const view = defineProjection(events, {
    type: `cart-${(views += 1)}`,
    streams: (cartId) => [{ filter: { cartId } }],
    initialState: (): Cart => ({ products: [] }),
    evolve: {
      ITEM_ADDED: ({ products }, { data }) => {
        folded += 1
        return { products: [...products, data.productId] }
      },
      CART_EMPTIED: () => ({ products: [] }),
    },
  })
  return { view, folded: () => folded }
}

export interface AddItem {
  readonly cartId: string
  readonly productId: string
}

/** Three products are enough. */
export const addItem: Decision<Event, Input, AddItem, number> = defineDecision(events, {
  streams: ({ cartId }: AddItem) => [{ filter: { cartId } }],
  initialState: 0,
  evolve: { ITEM_ADDED: (count) => count + 1, CART_EMPTIED: () => 0 },
  decide: (command, count) => {
    if (command.productId === 'mistake') throw new TypeError('a mistake in decide')
    if (count >= 3) return reject('the cart is full', { count })
    return { type: 'ITEM_ADDED', data: command }
  },
})
