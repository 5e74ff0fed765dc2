import type { EventClient } from './client.ts'
import { createMultiStreamProjectionBaseClass, createProjectionBaseClass } from './projection.ts'
import type { EventRecord } from './types.ts'

interface Line {
  cartId: string
  productId: string
  quantity: number
}

/** The events of a shop. */
export type CartEvent =
  | { type: 'CART_CREATED'; data: { cartId: string; userId: string } }
  | { type: 'ITEM_ADDED'; data: Line & { priceAtTime: number } }
  | { type: 'ITEM_REMOVED'; data: Line }
  | { type: 'CART_CHECKED_OUT'; data: { cartId: string; checkoutTime: string } }

export type CartClient = EventClient<CartEvent['type'], CartEvent>

export const created = (cartId: string, userId = 'user_1') =>
  ({ type: 'CART_CREATED', data: { cartId, userId } }) as const
export const added = (cartId: string, productId: string, quantity = 1, priceAtTime = 1999) =>
  ({ type: 'ITEM_ADDED', data: { cartId, productId, quantity, priceAtTime } }) as const
export const removed = (cartId: string, productId: string, quantity = 1) =>
  ({ type: 'ITEM_REMOVED', data: { cartId, productId, quantity } }) as const
export const checkedOut = (cartId: string) =>
  ({ type: 'CART_CHECKED_OUT', data: { cartId, checkoutTime: '2026-01-01T00:00:00Z' } }) as const

/** Both streams of a cart: its lifecycle, and its items. */
export const streamsOf = (cartId: string) => [
  { types: ['CART_CREATED', 'CART_CHECKED_OUT'] as const, identifier: { cartId } },
  { types: ['ITEM_ADDED', 'ITEM_REMOVED'] as const, identifier: { cartId } },
]

export type CartView = {
  id: string
  userId: string
  items: Record<string, number>
  isCheckedOut: boolean
}

const toUserId = (userId: string, event: EventRecord<CartEvent>): string =>
  event.type === 'CART_CREATED' ? event.data.userId : userId
const toItems = (items: Record<string, number>, event: EventRecord<CartEvent>) => {
  if (event.type !== 'ITEM_ADDED' && event.type !== 'ITEM_REMOVED') return items
  const { productId, quantity } = event.data
  const sign = event.type === 'ITEM_ADDED' ? 1 : -1
  return { ...items, [productId]: (items[productId] ?? 0) + sign * quantity }
}
const toIsCheckedOut = (isCheckedOut: boolean, event: EventRecord<CartEvent>): boolean =>
  isCheckedOut || event.type === 'CART_CHECKED_OUT'

const Projection = <View extends object>() =>
  createProjectionBaseClass<CartEvent['type'], CartEvent, CartClient, View>()

/** Goes on from what is saved. */
export class Cart extends Projection<CartView>() {
  readonly id: string

  constructor(id: string, client: CartClient, loadExisting = true) {
    super(client, loadExisting)
    this.id = id
  }
  protected get eventTypes(): CartEvent['type'][] {
    return ['CART_CREATED', 'ITEM_ADDED', 'ITEM_REMOVED', 'CART_CHECKED_OUT']
  }
  protected get projectionType() {
    return 'SHOPPING_CART'
  }
  protected getEventIdentifiers() {
    return { cartId: this.id }
  }
  async asJson(): Promise<CartView> {
    const saved = await this.savedProjection
    return {
      id: this.id,
      userId: await this.reduceEvents(toUserId, saved?.data.userId ?? ''),
      items: await this.reduceEvents(toItems, saved?.data.items ?? {}),
      isCheckedOut: await this.reduceEvents(toIsCheckedOut, saved?.data.isCheckedOut ?? false),
    }
  }
  /** How many events it reduces. */
  async depth(): Promise<number> {
    return (await this.projectionEvents()).length
  }
}

const MultiStreamProjection = <View extends object>() =>
  createMultiStreamProjectionBaseClass<CartEvent['type'], CartEvent, CartClient, View>()

/** Folds from constants, over two streams. */
export class CartFromConstants extends MultiStreamProjection<CartView>() {
  readonly id: string

  constructor(id: string, client: CartClient) {
    super(client)
    this.id = id
  }
  protected get projectionType() {
    return 'CART_FROM_CONSTANTS'
  }
  protected async getStreamOptions() {
    return streamsOf(this.id).map(({ types, identifier }) => ({
      eventTypes: types,
      options: { data: identifier },
    }))
  }
  async asJson(): Promise<CartView> {
    return {
      id: this.id,
      userId: await this.reduceEvents(toUserId, ''),
      items: await this.reduceEvents(toItems, {}),
      isCheckedOut: await this.reduceEvents(toIsCheckedOut, false),
    }
  }
}
