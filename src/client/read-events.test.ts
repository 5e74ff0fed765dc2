import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { defineEvents } from '../event/definition.ts'
import { createEventClient } from './create-client.ts'
import type { ReadRules } from './read-events.ts'
import { positionsIn, shop, stores, wholeLog } from './stores.fixture.ts'

const before = defineEvents({
  CART_CREATED: z.object({ cartId: z.string(), owner: z.string() }),
  COUPON_USED: z.object({ cartId: z.string() }),
})
const after = defineEvents({
  CART_CREATED: {
    version: 3,
    schema: z.object({ cartId: z.string(), userId: z.string(), currency: z.string() }),
    upcasters: {
      1: ({ owner, ...data }) => ({ ...data, userId: owner }),
      2: (data) => {
        if (data['userId'] === 'nobody') throw new Error('nobody has no currency')
        return { ...data, currency: 'EUR' }
      },
    },
  },
})
const old = { type: 'CART_CREATED', data: { cartId: 'cart_1', owner: 'user_1' } } as const
const streams = [{ types: ['CART_CREATED'] }] as const

describe.each(stores)('reading old events on $name', ({ open }) => {
  test('upcasters bring them to the version of the definition, wherever they are read', async () => {
    await using log = await open()
    const first = await createEventClient({ store: log.store, events: before }).saveEvent(old, {
      idempotencyKey: 'cmd_1',
    })
    const client = createEventClient({ store: log.store, events: after, validateOnRead: true })
    const data = { cartId: 'cart_1', userId: 'user_1', currency: 'EUR' }
    const current = { ...first, data, metadata: { schemaVersion: 3 } }
    expect(await client.getLatestEvent({ type: 'CART_CREATED' })).toEqual(current)
    expect(await client.getEventStreams({ streams })).toEqual([current])
    expect(await client.getEventStreams({ streams, limit: 1 })).toEqual([current])
    expect(await Array.fromAsync(client.readEvents({ streams }))).toEqual([current])
    const loaded = await client.load({ streams, idempotency: { key: 'cmd_1' } })
    expect(loaded.events).toEqual([current])
    expect(loaded.replayed?.events).toEqual([current])
  })

  test('a new event carries the version that its data was checked against, whatever is said', async () => {
    await using log = await open()
    const client = createEventClient({ store: log.store, events: after })
    const data = { cartId: 'cart_2', userId: 'user_2', currency: 'USD' }
    const copied = { type: 'CART_CREATED', data, metadata: { schemaVersion: 1 } } as const
    const event = await client.saveEvent(copied)
    expect(event.metadata).toEqual({ schemaVersion: 3 })
    expect(await client.getEventStreams({ streams })).toEqual([event])
    const plain = createEventClient({ store: log.store, events: before })
    const again = await plain.saveEvent({ ...old, metadata: { schemaVersion: 3 } })
    expect(again.metadata).toEqual({})
  })

  test.each([
    ['whose upcaster fails', { owner: 'nobody' }, 1, /nobody has no currency/],
    ['that a newer application wrote', { owner: 'user_1' }, 4, /schema version 4/],
    ['that its schema refuses', { owner: 7 }, 1, /its schema refuses it: userId/],
  ])('one %s names itself, and nothing is decided without it', async (_, data, version, reason) => {
    await using log = await open()
    const metadata = { schemaVersion: version }
    const { events } = await log.store.commit({
      events: [
        { ...old, id: 'first' },
        { type: 'CART_CREATED', id: 'second', data: { cartId: 'cart_2', ...data }, metadata },
      ],
    })
    expect(events).toHaveLength(2)
    const { position } = events[1]!
    const client = createEventClient({ store: log.store, events: after, validateOnRead: true })
    await expect(client.getEventStreams({ streams })).rejects.toMatchObject({
      code: 'INVALID_EVENT',
      message: expect.stringContaining(`cannot read CART_CREATED second at position ${position}: `),
      eventType: 'CART_CREATED',
      eventId: 'second',
      position,
    })
    await expect(client.getEventStreams({ streams })).rejects.toThrow(reason)
    expect(await client.getEventStreams({ streams, limit: 1 })).toMatchObject([{ id: 'first' }])
  })

  test('a stored event is not checked again, unless that is asked for', async () => {
    await using log = await open()
    await log.store.commit({ events: [{ type: 'CART_CHECKED_OUT', data: { cartId: 7 } }] })
    const query = { types: ['CART_CHECKED_OUT'] } as const
    const read = (rules: ReadRules) =>
      createEventClient({ store: log.store, events: shop, ...rules }).getEventStream(query)
    expect(await read({})).toMatchObject([{ data: { cartId: 7 } }])
    await expect(read({ validateOnRead: true })).rejects.toMatchObject({
      code: 'INVALID_EVENT',
      issues: [{ path: ['cartId'] }],
    })
  })

  test('a schema that throws names the event as well', async () => {
    await using log = await open()
    const events = defineEvents({
      CART_CREATED: z.object({ cartId: z.string() }).refine(({ cartId }) => {
        if (cartId === 'bad') throw new Error('out of order')
        return true
      }),
    })
    const bad = { type: 'CART_CREATED', data: { cartId: 'bad' } }
    const {
      events: [stored],
    } = await log.store.commit({ events: [bad] })
    const client = createEventClient({ store: log.store, events, validateOnRead: true })
    await expect(client.getEventStream({ types: ['CART_CREATED'] })).rejects.toMatchObject({
      code: 'INVALID_EVENT',
      message: expect.stringMatching(`at position ${stored!.position}: .*out of order`),
    })
  })

  test('an event of a type that is not defined is refused, or skipped where that is asked for', async () => {
    await using log = await open()
    const writer = createEventClient({ store: log.store, events: before })
    const cart = (cartId: string) =>
      ({ type: 'CART_CREATED', data: { cartId, owner: 'user_1' } }) as const
    const coupon = { type: 'COUPON_USED', data: { cartId: 'cart_1' } } as const
    const saved = await writer.saveEvents([cart('1'), coupon, coupon, cart('2'), coupon, cart('3')])
    const whole = wholeLog(log, [{ filter: { cartId: ['cart_1', '1', '2', '3'] } }]) as 'all'

    const strict = createEventClient({ store: log.store, events: after })
    await expect(strict.getEventStreams({ streams: whole })).rejects.toMatchObject({
      code: 'INVALID_EVENT',
      eventType: 'COUPON_USED',
      position: saved[1]!.position,
      message: expect.stringMatching(/unknownEvents/),
    })

    const lenient = createEventClient({ store: log.store, events: after, unknownEvents: 'skip' })
    const positions = async (limit?: number, backwards?: boolean) => {
      return positionsIn(
        log,
        await Array.fromAsync(lenient.readEvents({ streams: whole, limit, backwards })),
      )
    }
    expect(await positions()).toEqual([1, 4, 6])
    expect(await positions(2)).toEqual([1, 4])
    expect(await positions(2, true)).toEqual([6, 4])
    expect(await positions(0)).toEqual([])
    await expect(positions(-1)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    const { events, cursor } = await lenient.load({ streams: whole })
    expect(await positionsIn(log, events)).toEqual([1, 4, 6])
    await writer.saveEvent(coupon)
    expect(await lenient.getEventStreams({ streams: whole, after: cursor })).toEqual([])
  })
})
