import { randomUUID } from 'node:crypto'
import { eq } from 'drizzle-orm'
import { isEventfoldError } from 'eventfold'
import { Cart, type CartView } from './cart-view.ts'
import { createCartClient } from './client.ts'
import { openDatabase } from './database.ts'
import { addItem, again, checkOut, NotAllowed, openCart, removeItem, showCart } from './shop.ts'
import { orders } from './schema.ts'

const euros = (cents: number): string => `${(cents / 100).toFixed(2)} €`
const title = (text: string): void => console.log(`\n${text}\n${'─'.repeat(text.length)}`)
const say = (text: string): void => console.log(`  ${text}`)

function print({ userId, status, items, total }: CartView): void {
  say(`${userId}'s cart is ${status}`)
  for (const { productId, quantity, priceAtTime } of items) {
    say(
      `  ${String(quantity).padStart(2)} × ${productId.padEnd(14)}${euros(quantity * priceAtTime).padStart(10)}`,
    )
  }
  say(`       ${'total'.padEnd(14)}${euros(total).padStart(10)}`)
}

/** What became of something that may be refused, in one line. */
async function outcome(who: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
    say(`${who}: done`)
  } catch (error) {
    if (isEventfoldError(error, 'CONFLICT')) {
      say(
        `${who}: refused, ${error.conflict.event?.type ?? 'something'} came in between; nothing was stored`,
      )
    } else if (error instanceof NotAllowed || error instanceof PaymentFailed) {
      say(`${who}: refused, ${error.message}`)
    } else {
      throw error
    }
  }
}

class PaymentFailed extends Error {}

const teapot = { productId: 'teapot', quantity: 1, priceAtTime: 3900 }
const cups = { productId: 'cup', quantity: 4, priceAtTime: 850 }
const tea = { productId: 'darjeeling', quantity: 2, priceAtTime: 1250 }

await using database = await openDatabase(process.env['DATABASE_URL'])
const { db, name } = database
const client = createCartClient(db)
const cartId = `cart_${randomUUID().slice(0, 8)}`
const current = () => showCart(client, cartId)
const show = async (): Promise<void> => print(await (await current()).asJson())

console.log(`Carts in PostgreSQL (${name}), through Drizzle`)

title('A cart is what happened to it')
await openCart(client, cartId, 'anna')
for (const item of [teapot, cups, tea]) await addItem(client, await current(), item)
await removeItem(client, await current(), { productId: 'cup', quantity: 1 })
await show()
const history = await client.getEventStream(['ITEM_ADDED', 'ITEM_REMOVED'], { data: { cartId } })
say(`read from ${history.length + 1} events, the newest is ${history.at(-1)?.type}`)

title('A view is saved, and goes on from there')
const { status } = await (await current()).saveProjection()
say(`saved: ${status}`)
await addItem(client, await current(), { ...cups, quantity: 1 })
say(`the next view reads ${await new Cart(client, cartId).eventsSinceSaved()} event on top of it`)

title('Two tabs add at once: one of them is refused')
const [left, right] = await Promise.all([current(), current()])
await outcome('left tab', () => addItem(client, left, tea))
await outcome('right tab', () => addItem(client, right, { ...cups, quantity: 2 }))
const both = await Promise.all(
  [tea, cups].map((item) => again(async () => addItem(client, await current(), item))),
)
say(
  `both again, each on what is there now: stored after ${both.toSorted((a, b) => a - b).join(' and ')} attempts`,
)

title('A payment that fails takes everything back')
await outcome('check-out', () =>
  checkOut(db, cartId, () => {
    throw new PaymentFailed('the card was declined')
  }),
)
say(
  `orders of this cart: ${await ordersOf()}, the cart is ${(await (await current()).asJson()).status}`,
)

title('One tab checks out while the other adds an item')
const stale = await current()
await outcome('left tab checks out', () => checkOut(db, cartId))
await outcome('right tab adds', () => addItem(client, stale, teapot))
await outcome('right tab looks again, adds', async () => addItem(client, await current(), teapot))
await show()
say(`orders of this cart: ${await ordersOf()}`)

title('Saved views answer questions without reading an event')
const done = await client.queryProjections<Cart>({
  type: 'CART',
  data: { status: 'checked out', userId: ['anna', 'ben'] },
  order: { by: 'total', direction: 'desc' },
  limit: 3,
})
for (const { data } of done) say(`${data.cartId}  ${data.userId}  ${euros(data.total).padStart(9)}`)

async function ordersOf(): Promise<number> {
  return (await db.select().from(orders).where(eq(orders.cartId, cartId))).length
}
