import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { EventClient } from '../client/client.ts'
import { shop, shopClient, stores } from '../client/stores.fixture.ts'
import { defineProjection } from './define-projection.ts'
import { MultiStreamProjection } from './projection.ts'

type Shop = typeof shop

const item = (cartId: string, productId: string, quantity = 1) =>
  ({ type: 'ITEM_ADDED', data: { cartId, productId, quantity } }) as const
const checkedOut = (cartId: string) => ({ type: 'CART_CHECKED_OUT', data: { cartId } }) as const

/** One cart, and one product in all carts. */
const streamsOf = (id: string) =>
  [{ filter: { cartId: id } }, { types: ['ITEM_ADDED'], filter: { productId: 'prod_1' } }] as const

const story = z.object({ told: z.array(z.string()), pieces: z.number() })

class Story extends MultiStreamProjection<Shop, undefined, typeof story> {
  readonly type = 'story'
  readonly jsonSchema = story
  readonly id: string

  constructor(client: EventClient<Shop>, id = 'cart_1') {
    super(client, { loadExisting: true })
    this.id = id
  }
  get streamConfig() {
    return streamsOf(this.id)
  }
  async asJson() {
    const before = (await this.getExistingState()) ?? { told: [], pieces: 0 }
    return {
      told: await this.reduceEvents((told, { id }) => [...told, id], before.told),
      pieces: await this.reduceEvents(
        (sum, event) => (event.type === 'ITEM_ADDED' ? sum + event.data.quantity : sum),
        before.pieces,
      ),
    }
  }
}

const defined = defineProjection(shop, {
  type: 'defined story',
  streams: streamsOf,
  initialState: { told: [] as string[] },
  evolve: {
    ITEM_ADDED: ({ told }, { id }) => ({ told: [...told, id] }),
    CART_CHECKED_OUT: ({ told }, { id }) => ({ told: [...told, id] }),
  },
})

describe.each(stores)('a projection over several keys on $name', ({ open }) => {
  test('goes on from what was saved in each of them, and counts what is in both once', async () => {
    await using log = await open()
    const client = shopClient(log.store)
    const told: string[] = []
    for (const events of [
      [item('cart_1', 'prod_1', 2), item('cart_2', 'prod_1'), item('cart_2', 'prod_2')],
      [item('cart_3', 'prod_1')],
      [checkedOut('cart_1')],
      [],
      [checkedOut('cart_3'), item('cart_1', 'prod_1'), item('cart_1', 'prod_3')],
    ]) {
      const saved = events.length > 0 ? await client.saveEvents(events) : []
      const isMine = ({ data }: (typeof saved)[number]) =>
        data.cartId === 'cart_1' || ('productId' in data && data.productId === 'prod_1')
      told.push(...saved.filter(isMine).map(({ id }) => id))
      const view = new Story(client)
      expect((await view.asJson()).told).toEqual(told)
      await view.save()
      expect((await defined.save(client, 'cart_1')).state).toEqual({ told })
    }
    expect(await new Story(client).asJson()).toMatchObject({ pieces: 6 })
    const { revision } = (await client.getProjection({ type: 'story', id: 'cart_1' }))!
    expect(revision).toBe(5)
  })

  test('whoever saves it, while others write: nothing is lost, nothing counts twice', async () => {
    await using log = await open()
    const clients = [shopClient(log.store), shopClient(log.reopen()), shopClient(log.reopen())]
    await clients[0]!.saveEvent(item('cart_1', 'prod_1'))
    const seen: number[] = []
    const write = async (client: (typeof clients)[number], number: number) => {
      for (let round = 0; round < 8; round += 1) {
        await client.saveEvent(item(round % 2 ? 'cart_1' : `cart_${number + 2}`, 'prod_1'))
        await client.saveEvent(checkedOut('cart_1'))
      }
    }
    const save = async (client: (typeof clients)[number]) => {
      for (let round = 0; round < 8; round += 1) {
        await new Story(client).save()
        await defined.save(client, 'cart_1')
        const document = await client.getProjection<z.infer<typeof story>>({
          type: 'story',
          id: 'cart_1',
        })
        const { told } = document!.data
        expect(new Set(told).size).toBe(told.length)
        seen.push(told.length)
      }
    }
    await Promise.all([...clients.map(write), ...clients.map(save)])
    const all = (await log.everything()).map(({ id }) => id).toSorted()
    expect(Math.max(...seen)).toBeLessThanOrEqual(all.length)
    for (const client of clients) {
      expect((await new Story(client).asJson()).told.toSorted()).toEqual(all)
      await new Story(client).save()
      expect((await defined.save(client, 'cart_1')).state.told.toSorted()).toEqual(all)
    }
    const { data } = (await clients[0]!.getProjection<z.infer<typeof story>>({
      type: 'story',
      id: 'cart_1',
    }))!
    expect(data.told.toSorted()).toEqual(all)
    expect(data.pieces).toBe(1 + 3 * 8)
  })

  test('with two identifiers in its filter it never stops being saved', async () => {
    await using log = await open()
    const client = shopClient(log.store)
    const streams = [{ filter: { cartId: 'cart_1', productId: 'prod_1' } }]
    const view = { type: 'pieces', id: '1' }
    const save = async (update: 'saveProjection' | 'conditionalUpdateProjection') => {
      const { events, cursor } = await client.load({ streams })
      return client[update]({ ...view, data: events.length, cursor })
    }
    // Now the cart has fewer events, then the product: stores may look into the smaller one.
    await client.saveEvents([item('cart_1', 'prod_1'), item('cart_2', 'prod_1')])
    expect(await save('saveProjection')).toMatchObject({ status: 'created' })
    const old = (await client.load({ streams })).cursor
    await client.saveEvents([
      ...Array.from({ length: 5 }, () => item('cart_1', 'prod_2')),
      item('cart_1', 'prod_1'),
    ])
    expect(await save('saveProjection')).toMatchObject({ status: 'updated' })
    expect(await client.saveProjection({ ...view, data: 'old', cursor: old })).toMatchObject({
      status: 'skipped',
    })
    // And the cart again.
    await client.saveEvents([
      ...Array.from({ length: 9 }, () => item('cart_2', 'prod_1')),
      item('cart_1', 'prod_1'),
    ])
    expect(await save('conditionalUpdateProjection')).toMatchObject({ status: 'updated' })
    expect(await client.getProjection(view)).toMatchObject({ data: 3, revision: 3 })
    await expect(save('conditionalUpdateProjection')).rejects.toMatchObject({ code: 'CONFLICT' })
  })
})
