import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { StoredEvent } from '../event/event.ts'
import {
  headOf,
  positionsIn,
  shopClient,
  stores,
  wholeLog,
  type ShopClient,
  type TestLog,
} from './stores.fixture.ts'

const cart = (cartId: string, userId = 'user_1') =>
  ({ type: 'CART_CREATED', data: { cartId, userId } }) as const
const item = (cartId: string, productId: string, quantity = 1) =>
  ({ type: 'ITEM_ADDED', data: { cartId, productId, quantity } }) as const
const codeOf = ({ code }: { code: string }) => code
const checkout = (cartId: string) => ({ type: 'CART_CHECKED_OUT', data: { cartId } }) as const

describe.each(stores)('reading on $name', ({ open }) => {
  let log: TestLog
  let client: ShopClient
  beforeEach(async () => {
    log = await open()
    client = shopClient(log.store)
    await client.saveEvents([
      cart('cart_1'), // 1
      cart('cart_2', 'user_2'), // 2
      item('cart_1', 'prod_1', 5), // 3
      item('cart_2', 'prod_1', 10), // 4
      item('cart_1', 'prod_2', 15), // 5
      checkout('cart_1'), // 6
    ])
  })
  afterEach(() => log[Symbol.asyncDispose]())
  const totalOrder = () => log.store.capabilities.totalOrder
  const whole = () => wholeLog(log, [{ filter: { cartId: ['cart_1', 'cart_2'] } }]) as 'all'
  const positions = (events: Parameters<typeof positionsIn>[1]) => positionsIn(log, events)

  describe('the latest event', () => {
    test('is the newest one', async () => {
      const latest = await client.getLatestEvent({ type: 'ITEM_ADDED' })
      expect(await positions([latest!])).toEqual([5])
    })

    test('is that of the filter', async () => {
      const filter = { cartId: 'cart_2' }
      const latest = await client.getLatestEvent({ type: 'ITEM_ADDED', filter })
      expect(latest).toMatchObject({ data: { productId: 'prod_1' } })
      expect(await positions([latest!])).toEqual([4])
      const small = { quantity: { lt: 10 } }
      const smallest = await client.getLatestEvent({ type: 'ITEM_ADDED', filter: small })
      expect(await positions([smallest!])).toEqual([3])
    })

    test('is undefined where there is none, or none that is newer', async () => {
      const nobody = { type: 'ITEM_ADDED', filter: { cartId: 'nobody' } } as const
      expect(await client.getLatestEvent(nobody)).toBeUndefined()
      const filter = { cartId: 'cart_1' }
      const after = await headOf(log, [{ filter }])
      expect(await client.getLatestEvent({ type: 'ITEM_ADDED', filter, after })).toBeUndefined()
      // A cursor of DynamoDB speaks of the partitions that were read, and a type is none.
      const ofType = await client.getLatestEvent({ type: 'ITEM_ADDED', after }).catch(codeOf)
      expect(ofType).toBe(totalOrder() ? undefined : 'UNSUPPORTED')
    })

    test('may belong to an aggregate', async () => {
      const aggregate = { type: 'cart', id: 'cart_3' }
      const first = await client.saveEvent({ ...cart('cart_3'), aggregate })
      await client.saveEvent(cart('cart_4'))
      expect(await client.getLatestEvent({ type: 'CART_CREATED', aggregate })).toEqual(first)
    })
  })

  test('the latest events are all of a type, oldest first', async () => {
    const cursor = await headOf(log, [{ filter: { cartId: 'cart_2' } }])
    await client.saveEvent(item('cart_2', 'prod_3'))
    expect(await positions(await client.getLatestEvents({ type: 'ITEM_ADDED' }))).toEqual([
      3, 4, 5, 7,
    ])
    const newer = { type: 'ITEM_ADDED', filter: { cartId: 'cart_2' }, after: cursor } as const
    expect(await positions(await client.getLatestEvents(newer))).toEqual([7])
  })

  describe('a stream', () => {
    test('has the events of its types and its filter, in order', async () => {
      const created = { types: ['CART_CREATED'] } as const
      expect(await positions(await client.getEventStream(created))).toEqual([1, 2])
      const several = { types: ['CART_CHECKED_OUT', 'ITEM_ADDED'] } as const
      expect(await positions(await client.getEventStream(several))).toEqual([3, 4, 5, 6])
      const one = { filter: { cartId: 'cart_1' } }
      expect(await positions(await client.getEventStream(one))).toEqual([1, 3, 5, 6])
      expect(await positions(await client.getEventStream({ ...several, ...one }))).toEqual([
        3, 5, 6,
      ])
      expect(await client.getEventStream({ types: [] })).toEqual([])
    })

    test.each([
      [{ quantity: { eq: 10 } }, [4]],
      [{ quantity: { neq: 10 } }, [3, 5]],
      [{ quantity: { in: [5, 15] } }, [3, 5]],
      [{ quantity: { nin: [5, 15] } }, [4]],
      [{ quantity: { gt: 10 } }, [5]],
      [{ quantity: { gte: 10 } }, [4, 5]],
      [{ quantity: { lt: 10 } }, [3]],
      [{ quantity: { lte: 10 } }, [3, 4]],
      [{ quantity: [5, 10] }, [3, 4]],
      [{ productId: { gte: 'prod_2' } }, [5]],
      [{ productId: 'prod_1', cartId: { neq: 'cart_1' } }, [4]],
      [{ gift: true }, []],
      [{ gift: { neq: true } }, [3, 4, 5]],
    ])('takes the filter %j', async (filter, expected) => {
      const found = await client.getEventStream({ types: ['ITEM_ADDED'], filter })
      expect(await positions(found)).toEqual(expected)
    })

    test('goes on after a cursor or an event, and stops at its limit', async () => {
      const stream = { filter: { cartId: 'cart_1' } }
      const [first, second] = await client.getEventStream({ ...stream, limit: 2 })
      expect(await positions([first!, second!])).toEqual([1, 3])
      const after = { eventId: second!.id }
      expect(await positions(await client.getEventStream({ ...stream, after }))).toEqual([5, 6])
      expect(await positions(await client.getEventStream({ ...stream, after, limit: 1 }))).toEqual([
        5,
      ])
      expect(await client.getEventStream({ ...stream, limit: 0 })).toEqual([])
      const { cursor } = await client.load({ streams: [stream] })
      await client.saveEvents([item('cart_2', 'prod_9'), item('cart_1', 'prod_9')])
      expect(await positions(await client.getEventStream({ ...stream, after: cursor }))).toEqual([
        8,
      ])
    })

    test.each([
      ['nothing named', {}],
      ['a key that no stream has', { types: ['ITEM_ADDED'], filer: { cartId: 'cart_1' } }],
      ['an operator that does not exist', { filter: { cartId: { like: 'c' } } }],
      ['a filter that is none', { types: ['ITEM_ADDED'], filter: null }],
      ['a limit that is none', { types: ['ITEM_ADDED'], limit: -1 }],
      ['a cursor that is none', { types: ['ITEM_ADDED'], after: 'yesterday' }],
    ])('is refused with %s', async (_, query) => {
      await expect(client.getEventStream(query as never)).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
      })
    })

    test('is refused after an event that the log does not hold', async () => {
      const query = { types: ['ITEM_ADDED'], after: { eventId: 'nobody' } } as const
      await expect(client.getEventStream(query)).rejects.toMatchObject({
        code: 'CONFLICT',
        conflict: { reason: 'rewound' },
      })
    })
  })

  describe('several streams', () => {
    const streams = [
      { types: ['ITEM_ADDED'], filter: { productId: 'prod_1' } },
      { types: ['ITEM_ADDED', 'CART_CHECKED_OUT'], filter: { cartId: 'cart_1' } },
    ] as const

    test('are merged in order, and an event of two of them comes once', async () => {
      expect(await positions(await client.getEventStreams({ streams }))).toEqual([3, 4, 5, 6])
    })

    test('take a cursor, an event and a limit', async () => {
      const [first] = await client.getEventStreams({ streams, limit: 1 })
      const after = { eventId: first!.id }
      expect(await positions(await client.getEventStreams({ streams, after }))).toEqual([4, 5, 6])
      expect(await positions(await client.getEventStreams({ streams, after, limit: 2 }))).toEqual([
        4, 5,
      ])
    })

    test('pages after the event seen last, or a cursor, lose and repeat nothing', async () => {
      const other = shopClient(log.reopen())
      for (const cartId of ['cart_1', 'cart_2', 'cart_3']) {
        await other.saveEvents([item(cartId, 'prod_1'), item(cartId, 'prod_2')])
        await client.saveEvents([item(cartId, 'prod_3'), checkout(cartId)])
      }
      const expected = await client.getEventStreams({ streams })
      const byHand = (await log.everything()).filter(({ type, data }) => {
        const { cartId, productId } = data as { cartId: string; productId?: string }
        return productId === 'prod_1' || (type !== 'CART_CREATED' && cartId === 'cart_1')
      })
      expect(expected).toEqual(byHand)
      const { cursor } = await client.load({ streams })
      for (const limit of [1, 2, 5]) {
        const found = [...(await client.getEventStreams({ streams, limit }))]
        let page: readonly StoredEvent[] = found
        while (page.length === limit) {
          page = await client.getEventStreams({
            streams,
            limit,
            after: { eventId: found.at(-1)!.id },
          })
          found.push(...(page as typeof found))
        }
        expect(found).toEqual(expected)
      }
      expect(await client.getEventStreams({ streams, after: cursor })).toEqual([])
      const newer = await other.saveEvents([item('cart_4', 'prod_1'), item('cart_1', 'prod_4')])
      expect(await client.getEventStreams({ streams, after: cursor })).toEqual(newer)
    })

    test('are refused where there are none; the whole log is asked for by name', async () => {
      await expect(client.getEventStreams({ streams: [] })).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
      })
      const all = client.getEventStreams({ streams: 'all' })
      const found = await all.then(({ length }) => length, codeOf)
      expect(found).toBe(totalOrder() ? 6 : 'UNSUPPORTED')
    })
  })

  describe('event by event', () => {
    test('goes forwards and backwards, from a cursor, to a limit', async () => {
      const read = async (query: Parameters<typeof client.readEvents>[0]) =>
        await positions(await Array.fromAsync(client.readEvents(query)))
      const [, second] = await client.getEventStream({ types: ['CART_CREATED'] })
      const after = { eventId: second!.id }
      expect(await read({ streams: whole(), after })).toEqual([3, 4, 5, 6])
      expect(await read({ streams: whole(), after, backwards: true, limit: 2 })).toEqual([6, 5])
    })

    test('yields 10,001 events, each once and in order', async () => {
      const { commitEvents } = log.store.capabilities.limits
      // DynamoDB takes few at once, and its local engine slows down with the size of a partition.
      const count = commitEvents < 10_001 ? 201 : 10_001
      const many = Array.from({ length: count }, (_, index) => item('cart_9', 'prod_9', index + 1))
      for (let at = 0; at < count; at += commitEvents / 4) {
        await client.saveEvents(many.slice(at, at + commitEvents / 4))
      }
      const streams = [{ filter: { cartId: 'cart_9' } }]
      let seen = 0
      for await (const event of client.readEvents({ streams })) {
        seen += 1
        const { quantity } = event.data as { quantity: number }
        if (quantity !== seen) throw new Error(`found ${quantity} as no. ${seen}`)
        const position = totalOrder() ? 6 + seen : event.position
        if (event.position !== position) throw new Error(`no. ${seen} is at ${event.position}`)
      }
      expect(seen).toBe(count)
      expect(await client.getEventStreams({ streams })).toHaveLength(count)
    })

    test('may be left early, and ended by a signal', async () => {
      for await (const event of client.readEvents({ streams: whole() })) {
        expect(await positions([event])).toEqual([1])
        break
      }
      const ending = new AbortController()
      const seen: unknown[] = []
      const reading = async (): Promise<void> => {
        for await (const event of client.readEvents({
          streams: whole(),
          signal: ending.signal,
        })) {
          seen.push(event.data)
          ending.abort()
        }
      }
      await expect(reading()).rejects.toMatchObject({ code: 'ABORTED' })
      expect(seen).toEqual([cart('cart_1').data])
    })
  })

  test('a load gives the cursor for a condition, and the answer of a key', async () => {
    const key = { idempotencyKey: 'cmd_1' }
    const saved = await client.saveEvent(checkout('cart_2'), key)
    const idempotency = { key: 'cmd_1' }
    const loaded = await client.load({ streams: [{ types: ['CART_CREATED'] }], idempotency })
    expect(await positions(loaded.events)).toEqual([1, 2])
    expect(loaded.replayed?.events).toEqual([saved])
    const streams = [{ filter: { cartId: 'nobody' } }]
    expect(await client.load({ streams })).toEqual({
      events: [],
      cursor: await headOf(log, streams),
    })
  })

  test('what was read is the caller’s own', async () => {
    const [event] = await client.getEventStream({ types: ['CART_CREATED'] })
    const data = event!.data as { userId: string }
    data.userId = 'changed'
    const [again] = await client.getEventStream({ types: ['CART_CREATED'] })
    expect(again!.data.userId).toBe('user_1')
  })

  test('within a transaction the store’s other self is used', async () => {
    const inside = await open()
    const transactional = { ...log.store, within: () => inside.store }
    await shopClient(transactional).within('tx').saveEvent(cart('cart_7'))
    expect(await inside.everything()).toHaveLength(1)
    expect(await log.everything()).toHaveLength(6)
    await inside[Symbol.asyncDispose]()
  })
})
