import type { Prices, StoreEvents } from './events.ts'

/** A price tag: a product in a store. */
export interface Tag {
  readonly store: string
  readonly product: string
}

/** All that has happened to a price. */
const changesOf = ({ store, product }: Tag) =>
  ({
    eventTypes: ['PRICE_LOWERED', 'PRICE_RAISED'],
    partitionId: store,
    modelKey: 'product_id',
    modelId: product,
  }) as const

/** The event for a new price, given the one before. */
export function change(
  { store, product }: Tag,
  price: number,
  before: number,
  alert_id?: string,
): Pick<StoreEvents, 'type' | 'data'> & ({ type: 'PRICE_LOWERED' } | { type: 'PRICE_RAISED' }) {
  const data = { store_id: store, product_id: product, price }
  return price < before
    ? { type: 'PRICE_LOWERED', data }
    : { type: 'PRICE_RAISED', data: { ...data, ...(alert_id && { alert_id }) } }
}

export const historyOf = (prices: Prices, tag: Tag): Promise<StoreEvents[]> =>
  prices.getEventStream(changesOf(tag))

/** The newest change, whichever way it went: one read of one event, however long the history is. */
export async function latestOf(prices: Prices, tag: Tag): Promise<StoreEvents | undefined> {
  const newestFirst = { streams: [changesOf(tag)], backwards: true, limit: 1 } as const
  const [newest] = await Array.fromAsync(prices.readEvents(newestFirst))
  return newest
}
