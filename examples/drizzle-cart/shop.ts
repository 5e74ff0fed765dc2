import { sql } from 'drizzle-orm'
import { isEventfoldError } from 'eventfold'
import { Cart } from './cart-view.ts'
import { createCartClient, type CartClient } from './client.ts'
import type { Db } from './database.ts'
import { CART_EVENTS } from './events.ts'
import { orders } from './schema.ts'

/** What a customer may not do. */
export class NotAllowed extends Error {
  override readonly name = 'NotAllowed'
}

/** Everything that has ever happened to a cart: what a decision about it depends on. */
const wholeCart = (cartId: string) => [{ types: CART_EVENTS, identifier: { cartId } }]

export async function openCart(client: CartClient, cartId: string, userId: string): Promise<void> {
  // Nothing seen: of two that open the same cart at once, one is refused.
  const input = { type: 'CART_CREATED', data: { cartId, userId } } as const
  await client.saveEventWithStreamValidation(input, undefined, wholeCart(cartId))
}

/** A cart as one browser tab has it on its screen, perhaps for a while. */
export async function showCart(client: CartClient, cartId: string): Promise<Cart> {
  const cart = new Cart(client, cartId)
  await cart.asJson()
  return cart
}

/** Adds an item to the cart that is on the screen: refused where it is no longer what is shown. */
export async function addItem(
  client: CartClient,
  cart: Cart,
  item: { readonly productId: string; readonly quantity: number; readonly priceAtTime: number },
): Promise<void> {
  const { status } = await cart.asJson()
  if (status !== 'open') throw new NotAllowed(`cart ${cart.id} is ${status}`)
  await client.saveEventWithStreamValidation(
    { type: 'ITEM_ADDED', data: { cartId: cart.id, ...item } },
    await cart.cursor(),
    wholeCart(cart.id),
  )
}

export async function removeItem(
  client: CartClient,
  cart: Cart,
  item: { readonly productId: string; readonly quantity: number },
): Promise<void> {
  const { items } = await cart.asJson()
  const inCart = items.find(({ productId }) => productId === item.productId)?.quantity ?? 0
  if (inCart < item.quantity) throw new NotAllowed(`${item.productId} is not in the cart`)
  await client.saveEventWithStreamValidation(
    { type: 'ITEM_REMOVED', data: { cartId: cart.id, ...item } },
    await cart.cursor(),
    wholeCart(cart.id),
  )
}

/**
 * Checks a cart out in one transaction of Drizzle: the event, the saved view and the shop's own row are
 * there together, or none of them.
 */
export async function checkOut(
  db: Db,
  cartId: string,
  pay: (total: number) => void = () => {},
): Promise<void> {
  await db.transaction(async (tx) => {
    const client = createCartClient(db).within(tx)
    const cart = await showCart(client, cartId)
    const { status, total } = await cart.asJson()
    if (status !== 'open' || total === 0) throw new NotAllowed(`cart ${cartId} is ${status}`)
    await tx.insert(orders).values({ cartId, total, orderedAt: sql`now()` })
    await client.saveEventWithStreamValidation(
      { type: 'CART_CHECKED_OUT', data: { cartId, total } },
      await cart.cursor(),
      wholeCart(cartId),
    )
    await new Cart(client, cartId).saveProjection()
    pay(total)
  })
}

/** Decides again on what is there now, as long as somebody else was faster. */
export async function again(work: () => Promise<void>): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await work()
      return attempt
    } catch (error) {
      if (!isEventfoldError(error, 'CONFLICT') || attempt === 5) throw error
    }
  }
}
