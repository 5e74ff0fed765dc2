import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { resetEventContext, withEventContext } from '../event/context.ts'
import type { StoredEvent } from '../event/event.ts'
import {
  headOf,
  positionsIn,
  shopClient,
  stores,
  type ShopClient,
  type TestLog,
} from './stores.fixture.ts'

const created = { type: 'CART_CREATED', data: { cartId: 'cart_1', userId: 'user_1' } } as const
const added = { type: 'ITEM_ADDED', data: { cartId: 'cart_1', productId: 'prod_1' } } as const
const checkedOut = { type: 'CART_CHECKED_OUT', data: { cartId: 'cart_1' } } as const
const cart = [{ filter: { cartId: 'cart_1' } }]

describe.each(stores)('saving on $name', ({ open }) => {
  let log: TestLog
  let client: ShopClient
  beforeEach(async () => {
    log = await open()
    client = shopClient(log.store)
  })
  afterEach(() => log[Symbol.asyncDispose]())
  const everything = (): Promise<StoredEvent[]> => log.everything()

  describe('one event', () => {
    test('comes back as it is stored', async () => {
      const event = await client.saveEvent(created)
      expect(event).toMatchObject({ ...created, metadata: {} })
      expect(await positionsIn(log, [event])).toEqual([1])
      expect(event.id).toMatch(/^[0-9A-Z]{26}$/)
      expect(new Date(event.timestamp).toISOString()).toBe(event.timestamp)
      expect(await everything()).toEqual([event])
    })

    test('is stored as its schema puts it out', async () => {
      const event = await client.saveEvent(added)
      expect(event.data).toEqual({ ...added.data, quantity: 1 })
      expect(await everything()).toEqual([event])
    })

    test('keeps its own id, metadata and aggregate', async () => {
      const metadata = { correlationId: 'req_1', page: 3 }
      const aggregate = { type: 'cart', id: 'cart_1' }
      const event = await client.saveEvent({ ...created, id: 'event_1', metadata, aggregate })
      expect(event).toMatchObject({
        id: 'event_1',
        metadata,
        aggregate: { ...aggregate, version: 1 },
      })
    })

    test('carries the context of its caller, under its own metadata', async () => {
      const context = { correlationId: 'req_1', actorId: 'user_7', cache: new Map() }
      const event = await withEventContext(context, () =>
        client.saveEvent({ ...created, metadata: { actorId: 'user_8', page: 3 } }),
      )
      expect(event.metadata).toEqual({ correlationId: 'req_1', actorId: 'user_8', page: 3 })
      resetEventContext()
      expect((await client.saveEvent(created)).metadata).toEqual({})
    })

    test.each([
      ['a type that is not defined', { type: 'CART_LOST', data: {} }, /"CART_LOST" is not defined/],
      ['no type', { data: {} }, /not defined/],
      ['nothing', undefined, /not defined/],
      ['data that its schema refuses', { ...added, data: {} }, /^ITEM_ADDED: .* productId: /],
      ['no data', { type: 'CART_CREATED' }, /^CART_CREATED: /],
      [
        'a key that the schema would drop',
        { ...created, data: { ...created.data, total: 3 } },
        /total: the schema does not know this/,
      ],
    ])('is refused with %s, and nothing is written', async (_, event, message) => {
      await expect(client.saveEvent(event as never)).rejects.toMatchObject({
        code: 'INVALID_EVENT',
        message: expect.stringMatching(message),
        outcome: 'none',
      })
      await expect(client.saveEvents([created, event] as never)).rejects.toMatchObject({
        code: 'INVALID_EVENT',
      })
      expect(await everything()).toEqual([])
    })

    test('says which type was refused and what its schema found', async () => {
      const wrong = { ...added, data: { ...added.data, quantity: 0 } }
      const error = await client.saveEvent(wrong).catch((caught: unknown) => caught)
      expect(error).toMatchObject({ eventType: 'ITEM_ADDED', issues: [{ path: ['quantity'] }] })
    })
  })

  describe('several events', () => {
    test('are stored together and in order', async () => {
      const events = await client.saveEvents([created, added, checkedOut])
      expect(events.map(({ type }) => type)).toEqual([
        'CART_CREATED',
        'ITEM_ADDED',
        'CART_CHECKED_OUT',
      ])
      expect(await positionsIn(log, events)).toEqual([1, 2, 3])
      expect(events.map(({ id }) => id)).toEqual(events.map(({ id }) => id).toSorted())
      expect(await everything()).toEqual(events)
    })

    test.each([
      ['none', []],
      ['no list', created],
    ])('are refused where there are %s', async (_, events) => {
      await expect(client.saveEvents(events as never)).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
      })
    })
  })

  describe('under a condition', () => {
    test('is stored where nothing happened since the cursor', async () => {
      await client.saveEvent(created)
      const { cursor } = await client.load({ streams: cart })
      await client.saveEvent({ ...created, data: { cartId: 'cart_2', userId: 'user_1' } })
      const args = { event: added, streams: cart, after: cursor }
      const saved = await client.saveEventWithStreamValidation(args)
      expect(await positionsIn(log, [saved])).toEqual([3])
    })

    test('is refused where something happened, and is not stored', async () => {
      const { cursor } = await client.load({ streams: cart })
      const conflicting = await client.saveEvent(created)
      const error = await client
        .saveEventWithStreamValidation({ event: added, streams: cart, after: cursor })
        .catch((caught: unknown) => caught)
      expect(error).toMatchObject({
        code: 'CONFLICT',
        message: expect.stringMatching(/^Concurrent modification detected/),
        conflict: {
          reason: 'condition',
          event: { id: conflicting.id, position: conflicting.position },
        },
      })
      expect(await everything()).toEqual([conflicting])
    })

    test('takes the id of the event seen last as well', async () => {
      const first = await client.saveEvent(created)
      const args = { event: added, streams: cart, after: { eventId: first.id } }
      await client.saveEventWithStreamValidation(args)
      await expect(client.saveEventWithStreamValidation(args)).rejects.toMatchObject({
        code: 'CONFLICT',
      })
      const unknown = { ...args, after: { eventId: 'nobody' } }
      await expect(client.saveEventWithStreamValidation(unknown)).rejects.toMatchObject({
        code: 'CONFLICT',
        conflict: { reason: 'rewound' },
      })
    })

    test('without a cursor nothing may ever have happened', async () => {
      const args = { events: [created, added], streams: cart }
      expect(await client.saveEventsWithStreamValidation(args)).toHaveLength(2)
      await expect(client.saveEventsWithStreamValidation(args)).rejects.toMatchObject({
        code: 'CONFLICT',
      })
      expect(await everything()).toHaveLength(2)
    })

    test('looks at each of several streams', async () => {
      const { anyBoundary } = log.store.capabilities
      const streams = [
        // A type alone is guarded by those that guard any boundary.
        { types: ['CART_CREATED'], ...(!anyBoundary && { filter: { cartId: 'cart_1' } }) },
        { filter: { productId: 'prod_1' } },
      ] as const
      const after = await headOf(log, streams)
      await client.saveEvent(added)
      const args = { event: checkedOut, streams, after }
      await expect(client.saveEventWithStreamValidation(args)).rejects.toMatchObject({
        conflict: { event: { type: 'ITEM_ADDED' } },
      })
    })

    test.each([
      ['no streams', []],
      ['a stream that names nothing', [{}]],
      ['a list of nothing', [{ filter: { cartId: [] } }]],
      ['a key that is undefined', [{ filter: { cartId: undefined } }]],
      ['an unknown operator', [{ filter: { cartId: { like: 'c' } } }]],
      ['an unknown key', [{ filer: { cartId: 'c' } }]],
    ])('is refused with %s', async (_, streams) => {
      const args = { event: created, streams: streams as never }
      await expect(client.saveEventWithStreamValidation(args)).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
      })
      expect(await everything()).toEqual([])
    })
  })

  test('one commit takes events, a condition, an expected version, documents and messages', async () => {
    const { cursor } = await client.load({ streams: cart })
    const aggregate = { type: 'cart', id: 'cart_1' }
    const commit = {
      events: [{ ...created, aggregate }, added],
      conditions: [{ streams: cart, after: cursor }],
      expect: [{ aggregate, version: 0 }],
      documents: [{ type: 'cart', id: 'cart_1', data: { items: 1 } }],
      outbox: [{ type: 'cart.created', data: { cartId: 'cart_1' } }],
      idempotency: { key: 'cmd_1' },
    }
    const committed = await client.commit(commit)
    expect(committed).toMatchObject({
      events: [{ aggregate: { version: 1 } }, { data: { quantity: 1 } }],
      documents: [{ status: 'created', revision: 1 }],
      replayed: false,
    })
    expect(await client.getProjection({ type: 'cart', id: 'cart_1' })).toMatchObject({
      data: { items: 1 },
    })
    expect(await positionsIn(log, committed.events)).toEqual([1, 2])
    expect(await client.store.outbox.read()).toMatchObject([{ event: { type: 'CART_CREATED' } }])
    expect(await client.commit(commit)).toEqual({ ...committed, replayed: true })
    expect(await everything()).toEqual(committed.events)
  })

  describe('twice with one idempotency key', () => {
    test('is stored once, and answered the same', async () => {
      const first = await client.saveEvent(created, { idempotencyKey: 'cmd_1' })
      expect(await client.saveEvent(created, { idempotencyKey: 'cmd_1' })).toEqual(first)
      const other = shopClient(log.reopen())
      expect(await other.saveEvents([created], { idempotencyKey: 'cmd_1' })).toEqual([first])
      expect(await everything()).toEqual([first])
    })

    test('is refused with other content', async () => {
      await client.saveEvent(created, { idempotencyKey: 'cmd_1' })
      await expect(client.saveEvent(checkedOut, { idempotencyKey: 'cmd_1' })).rejects.toMatchObject(
        { code: 'IDEMPOTENCY_MISMATCH', key: 'cmd_1' },
      )
      expect(await everything()).toHaveLength(1)
    })

    test('is answered before its condition is judged', async () => {
      const args = { event: created, streams: cart, idempotencyKey: 'cmd_1' }
      const first = await client.saveEventWithStreamValidation(args)
      expect(await client.saveEventWithStreamValidation(args)).toEqual(first)
    })
  })

  test('an aborted signal writes nothing', async () => {
    const signal = AbortSignal.abort('enough')
    const aborted = { code: 'ABORTED', outcome: 'none', cause: 'enough' }
    await expect(client.saveEvent(created, { signal })).rejects.toMatchObject(aborted)
    await expect(client.saveEvents([created], { signal })).rejects.toMatchObject(aborted)
    await expect(client.commit({ events: [created] }, { signal })).rejects.toMatchObject(aborted)
    await expect(
      client.saveEventWithStreamValidation({ event: created, streams: cart, signal }),
    ).rejects.toMatchObject(aborted)
    expect(await everything()).toEqual([])
  })

  test('a closed store refuses, and says so', async () => {
    await client.close()
    const closed = { code: 'CLOSED', outcome: 'none' }
    await expect(client.saveEvent(created)).rejects.toMatchObject(closed)
    await expect(client.getEventStream({ types: ['ITEM_ADDED'] })).rejects.toMatchObject(closed)
    await expect(client.getProjection({ type: 'cart', id: '1' })).rejects.toMatchObject(closed)
  })

  test('a store that has no transactions says so', ({ skip }) => {
    if (log.store.capabilities.transactions) skip('the store has them')
    expect(() => client.within({})).toThrow(expect.objectContaining({ code: 'UNSUPPORTED' }))
  })
})
