import {
  CartProjection,
  CartWithNotesProjection,
  getShopClient,
  ShopEvents,
  useDb,
  type Db,
  type ShopInput,
} from './shop.ts'

/** Uses the shop from end to end, as its users do, and tells what came out. */
export async function walkThrough(db: Db): Promise<Record<string, unknown>> {
  useDb(db)
  const client = getShopClient()
  const cartId = 'cart_1'
  await client.saveEvent({ type: ShopEvents.OPENED, data: { cartId, userId: 'user_1' } })
  await client.saveEvents([
    {
      type: ShopEvents.PUT_IN,
      data: { cartId, productId: 'prod_1', quantity: 2, priceAtTime: 1999 },
    },
    { type: ShopEvents.TAKEN_OUT, data: { cartId, productId: 'prod_1', quantity: 1 } },
  ])
  const note: ShopInput = {
    type: ShopEvents.NOTE_WRITTEN,
    data: { cartId, text: 'wrap it', by: 'user_1' },
  }
  await client.saveEvent(note)

  const streams = [
    { types: [ShopEvents.OPENED, ShopEvents.PAID], identifier: { cartId } },
    { types: [ShopEvents.PUT_IN, ShopEvents.TAKEN_OUT], identifier: { cartId } },
  ]
  const item: ShopInput = {
    type: ShopEvents.PUT_IN,
    data: { cartId, productId: 'prod_2', quantity: 1, priceAtTime: 500 },
  }
  const latestEvent = await client.getLatestEvent(ShopEvents.OPENED, { data: { cartId } })
  const literal = await client
    .saveEventWithStreamValidation(item, latestEvent.id, streams)
    .catch((error: Error) => error.message)
  const cart = new CartProjection(cartId, client)
  const before = await cart.asJson()
  const saved = await client.saveEventWithStreamValidation(item, await cart.cursor(), streams)

  const status = await new CartProjection(cartId, client).saveProjection()
  const notes = new CartWithNotesProjection(cartId, client)
  await notes.saveProjection()
  return {
    literal,
    before,
    saved: saved.type,
    status: status.status,
    after: await new CartProjection(cartId, client).asJson(),
    notes: await new CartWithNotesProjection(cartId, client).asJson(),
    found: await client.queryProjections<CartProjection>({ type: 'CART', data: { id: cartId } }),
    several: await client.queryProjections({ type: 'CART', data: { id: [cartId, 'cart_2'] } }),
  }
}
