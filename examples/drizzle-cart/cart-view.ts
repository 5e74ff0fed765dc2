import { createProjectionBaseClass, type EventRecord } from 'eventfold/drizzle'
import type { CartClient } from './client.ts'
import { CART_EVENTS, type CartEvent } from './events.ts'

export interface CartItem {
  readonly productId: string
  readonly quantity: number
  readonly priceAtTime: number
}

export type CartView = {
  cartId: string
  userId: string
  status: 'none' | 'open' | 'checked out'
  items: readonly CartItem[]
  total: number
}

type Recorded = EventRecord<CartEvent>

const toUserId = (userId: string, event: Recorded): string =>
  event.type === 'CART_CREATED' ? event.data.userId : userId

const toStatus = (status: CartView['status'], event: Recorded): CartView['status'] => {
  if (event.type === 'CART_CREATED') return 'open'
  return event.type === 'CART_CHECKED_OUT' ? 'checked out' : status
}

const change = (items: readonly CartItem[], productId: string, by: number): CartItem[] =>
  items
    .map((item) =>
      item.productId === productId ? { ...item, quantity: item.quantity + by } : item,
    )
    .filter(({ quantity }) => quantity > 0)

const toItems = (items: readonly CartItem[], event: Recorded): readonly CartItem[] => {
  switch (event.type) {
    case 'ITEM_ADDED': {
      const { productId, quantity, priceAtTime } = event.data
      const isKnown = items.some((item) => item.productId === productId)
      return isKnown
        ? change(items, productId, quantity)
        : [...items, { productId, quantity, priceAtTime }]
    }
    case 'ITEM_REMOVED':
      return change(items, event.data.productId, -event.data.quantity)
    default:
      return items
  }
}

const Projection = createProjectionBaseClass<CartEvent['type'], CartEvent, CartClient, CartView>()

/** A cart as it is now: what was saved of it, and what happened since. */
export class Cart extends Projection {
  readonly id: string

  constructor(client: CartClient, cartId: string) {
    super(client)
    this.id = cartId
  }

  protected get projectionType() {
    return 'CART'
  }

  protected get eventTypes() {
    return CART_EVENTS
  }

  protected getEventIdentifiers() {
    return { cartId: this.id }
  }

  async asJson(): Promise<CartView> {
    const saved = (await this.savedProjection)?.data
    const items = await this.reduceEvents(toItems, saved?.items ?? [])
    return {
      cartId: this.id,
      userId: await this.reduceEvents(toUserId, saved?.userId ?? ''),
      status: await this.reduceEvents(toStatus, saved?.status ?? 'none'),
      items,
      total: items.reduce((sum, { quantity, priceAtTime }) => sum + quantity * priceAtTime, 0),
    }
  }

  /** How many events are read on top of what was saved. */
  async eventsSinceSaved(): Promise<number> {
    await this.savedProjection
    return (await this.projectionEvents()).length
  }
}
