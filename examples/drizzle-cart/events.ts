/** What can happen to a cart. Prices are in cents. */
export type CartEvent =
  | { type: 'CART_CREATED'; data: { cartId: string; userId: string } }
  | {
      type: 'ITEM_ADDED'
      data: { cartId: string; productId: string; quantity: number; priceAtTime: number }
    }
  | { type: 'ITEM_REMOVED'; data: { cartId: string; productId: string; quantity: number } }
  | { type: 'CART_CHECKED_OUT'; data: { cartId: string; total: number } }

export const CART_EVENTS: readonly CartEvent['type'][] = [
  'CART_CREATED',
  'ITEM_ADDED',
  'ITEM_REMOVED',
  'CART_CHECKED_OUT',
]
