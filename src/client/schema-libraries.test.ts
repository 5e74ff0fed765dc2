import { defineDecision, defineProjection, reject } from 'eventfold'
import { describe, expect, test } from 'vitest'
import { defineEvents, type EventDefinitions, type EventUnion } from '../event/definition.ts'
import { createEventClient } from './create-client.ts'
import { arktype, valibot, zod3, zod4 } from './schema-libraries.fixture.ts'
import { stores } from './stores.fixture.ts'

type Cart = EventUnion<typeof zod4>
interface Item {
  readonly cartId: string
  readonly productId: string
}
const libraries: readonly { name: string; events: EventDefinitions<Cart> }[] = [
  { name: 'zod 4', events: defineEvents(zod4) as never },
  { name: 'zod 3', events: defineEvents(zod3) as never },
  { name: 'valibot', events: defineEvents(valibot) as never },
  { name: 'arktype', events: defineEvents(arktype) as never },
]
const created = { type: 'CART_CREATED', data: { cartId: 'cart_1', userId: 'user_1' } } as const
const streams = [{ filter: { cartId: 'cart_1' } }]
const item: Item = { cartId: 'cart_1', productId: 'prod_1' }

describe.each(stores)('on $name', ({ open }) => {
  test.each(libraries)('schemas of $name check, fill in and refuse', async ({ events }) => {
    await using log = await open()
    const client = createEventClient({ store: log.store, events, validateOnRead: true })
    const saved = await client.saveEvents([created, { type: 'ITEM_ADDED', data: item as never }])
    expect(saved[1]?.data).toEqual({ ...item, quantity: 1 })
    expect(await client.getEventStreams({ streams })).toEqual(saved)
    for (const [key, data] of [
      ['quantity', { ...item, quantity: 0 }],
      ['productId', { cartId: 'cart_1' }],
    ] as const) {
      const saving = client.saveEvent({ type: 'ITEM_ADDED', data: data as never })
      await expect(saving).rejects.toMatchObject({
        code: 'INVALID_EVENT',
        message: expect.stringMatching(new RegExp(`^ITEM_ADDED: .*: ${key}: .+`)),
        eventType: 'ITEM_ADDED',
      })
    }
    expect(await client.getEventStreams({ streams })).toHaveLength(2)
  })

  test.each(libraries)('schemas of $name serve decisions and projections', async ({ events }) => {
    await using log = await open()
    const client = createEventClient({ store: log.store, events })
    const addItem = defineDecision(events, {
      streams: ({ cartId }: Item) => [{ filter: { cartId } }],
      initialState: { open: false, pieces: 0 },
      evolve: {
        CART_CREATED: (cart) => ({ ...cart, open: true }),
        ITEM_ADDED: (cart, { data }) => ({ ...cart, pieces: cart.pieces + data.quantity }),
      },
      decide: (data, cart) =>
        cart.open ? { type: 'ITEM_ADDED', data: data as never } : reject('closed'),
    })
    await expect(addItem.execute(client, item)).rejects.toThrow('closed')
    await client.saveEvent(created)
    expect((await addItem.execute(client, item)).state).toEqual({ open: true, pieces: 1 })
    const pieces = defineProjection(events, {
      type: 'pieces',
      streams: (cartId) => [{ types: ['ITEM_ADDED'], filter: { cartId } }],
      initialState: 0,
      evolve: { ITEM_ADDED: (sum, { data }) => sum + data.quantity },
    })
    expect((await pieces.save(client, 'cart_1')).state).toBe(1)
  })
})
