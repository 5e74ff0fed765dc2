import { isEventfoldError } from 'eventfold'
import type { Prices, StoreEvents } from './events.ts'
import { change, type Tag } from './prices.ts'

/** What became of an offer that a store wanted to make. */
export interface Answer {
  /** Which store has one, where that is another one. */
  readonly takenBy?: string | undefined
  /** How often somebody else was faster. */
  readonly conflicts: number
}

/** What the rule looks at: the prices of a product in all stores. */
const everywhere = (product: string) =>
  [
    {
      eventTypes: ['PRICE_LOWERED', 'PRICE_RAISED'],
      modelKey: 'product_id',
      modelId: product,
    },
  ] as const

/** Where a product is on offer: its last change there made it cheaper. */
function storesWithOffer(events: readonly StoreEvents[]): Set<string> {
  const stores = new Set<string>()
  for (const { type, data } of events) {
    if (type === 'PRICE_LOWERED') stores.add(data.store_id)
    else stores.delete(data.store_id)
  }
  return stores
}

export async function whoHasOffer(prices: Prices, product: string): Promise<string[]> {
  const { events } = await prices.load({ streams: everywhere(product) })
  return [...storesWithOffer(events)]
}

/**
 * Makes an offer, unless another store has one: a product is on offer in one store at a time. Whatever
 * happens to its prices between the look and the save, in any store, makes the save fail with `CONFLICT`;
 * then it looks again.
 */
export async function offer(prices: Prices, tag: Tag, price: number): Promise<Answer> {
  const streams = everywhere(tag.product)
  for (let conflicts = 0; ; conflicts += 1) {
    const { events, cursor } = await prices.load({ streams })
    const [takenBy] = storesWithOffer(events)
    if (takenBy !== undefined) return { takenBy, conflicts }
    try {
      const event = change(tag, price, Infinity)
      await prices.saveEventWithStreamValidation({ event, streams, after: cursor })
      return { conflicts }
    } catch (error) {
      if (!isEventfoldError(error, 'CONFLICT')) throw error
    }
  }
}

/** The same rule, and nothing that holds it: what was seen may be old when the event is saved. */
export async function offerUnguarded(prices: Prices, tag: Tag, price: number): Promise<Answer> {
  const [takenBy] = await whoHasOffer(prices, tag.product)
  if (takenBy === undefined) await prices.saveEvent(change(tag, price, Infinity))
  return { takenBy, conflicts: 0 }
}
