import { getEventListeners } from 'node:events'
import { describe, expect, test, vi } from 'vitest'
import { StoreError } from '../store/errors.ts'
import type { EventStore } from '../store/store.ts'
import { MemoryEventStore } from '../stores/memory/index.ts'
import type { TypedCommit } from './client.ts'
import { createEventClient } from './create-client.ts'
import {
  faulty,
  headOf,
  shop,
  shopClient,
  stores,
  type Fault,
  type TestLog,
} from './stores.fixture.ts'

const created = { type: 'CART_CREATED', data: { cartId: 'cart_1', userId: 'user_1' } } as const
const checkedOut = { type: 'CART_CHECKED_OUT', data: { cartId: 'cart_1' } } as const
const streams = [{ filter: { cartId: 'cart_1' } }]
const name = { type: 'cart', id: 'cart_1' }

describe.each(stores)('lost answers on $name', ({ open }) => {
  const events = ({ everything }: TestLog) => everything()

  test.each<{ faults: readonly Fault[] }>([
    { faults: ['lost after'] },
    { faults: ['lost before'] },
    { faults: ['busy', 'lost after', 'busy'] },
    { faults: ['lost after', 'lost after', 'lost before'] },
  ])('after $faults events are stored, once', async ({ faults }) => {
    await using log = await open()
    const client = shopClient(faulty(log.store, faults))
    const saved = await client.saveEvents([created, checkedOut])
    expect(await events(log)).toEqual(saved)
    expect(saved).toHaveLength(2)
  })

  test('a condition is not broken by the very events that it let pass', async () => {
    await using log = await open()
    const client = shopClient(faulty(log.store, ['lost after']))
    const event = await client.saveEventWithStreamValidation({ event: created, streams })
    expect(await events(log)).toEqual([event])
  })

  test('a commit that this very call wrote is no replay; one that was there before is', async () => {
    await using log = await open()
    const client = shopClient(faulty(log.store, ['lost after', 'none', 'lost after']))
    const commit = { events: [created], idempotency: { key: 'cmd_1' } }
    expect(await client.commit(commit)).toMatchObject({ replayed: false })
    expect(await client.commit(commit)).toMatchObject({ replayed: true })
    const named = { events: [{ ...checkedOut, id: 'event_1' }] }
    expect(await client.commit(named)).toMatchObject({ events: [{ id: 'event_1' }] })
    expect(await client.commit(named)).toMatchObject({ replayed: true })
    expect(await events(log)).toHaveLength(2)
  })

  test('documents and messages of the commit are written once as well', async () => {
    await using log = await open()
    const client = shopClient(faulty(log.store, ['lost after']))
    await client.commit({
      events: [created],
      documents: [{ ...name, data: 1 }],
      outbox: [{ type: 'cart.created', data: {} }],
    })
    expect(await client.getProjection(name)).toMatchObject({ revision: 1 })
    expect(await log.store.outbox.read()).toHaveLength(1)
  })

  test('when it is lost again and again, the error says that it may be written', async () => {
    await using log = await open()
    const lost = shopClient(faulty(log.store, ['lost after', 'busy', 'busy', 'busy']))
    const event = { ...created, id: 'event_1' }
    await expect(lost.saveEvent(event)).rejects.toMatchObject({
      code: 'STORE',
      outcome: 'unknown',
      retryable: true,
    })
    // As the error says: the same event again is stored once.
    await lost.saveEvent(event)
    expect(await events(log)).toHaveLength(1)

    const busy = shopClient(faulty(log.store, ['busy', 'busy', 'busy', 'busy']))
    await expect(busy.saveEvent(checkedOut)).rejects.toMatchObject({
      code: 'STORE',
      outcome: 'none',
    })
    expect(await events(log)).toHaveLength(1)
  })

  test('what the store says after it has looked counts', async () => {
    await using log = await open()
    const client = shopClient(faulty(log.store, ['lost before']))
    await log.store.commit({ events: [created] })
    await expect(
      client.saveEventWithStreamValidation({ event: created, streams }),
    ).rejects.toMatchObject({ code: 'CONFLICT' })
  })

  test('an abort while it waits to send again tells that it may be written', async () => {
    await using log = await open()
    const signal = AbortSignal.timeout(5)
    const client = shopClient(faulty(log.store, Array<Fault>(3).fill('lost after')))
    const given = client.saveEvent(created, { signal })
    const settled = await Promise.allSettled([given])
    expect(settled[0]).toMatchObject({ reason: { outcome: 'unknown' } })
    expect(await events(log)).toHaveLength(1)
  })

  test('a signal that did not end it keeps no listener', async () => {
    await using log = await open()
    const { signal } = new AbortController()
    const client = shopClient(faulty(log.store, ['lost after']))
    await client.saveEvent(created, { signal })
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  test.each([['saveProjection'], ['conditionalUpdateProjection']] as const)(
    '%s writes once, and says what it did',
    async (method) => {
      await using log = await open()
      const writer = shopClient(log.store)
      await writer.saveEvent(created)
      const cursor = await headOf(log, streams)
      await writer.saveProjection({ ...name, data: { items: 1 }, cursor })
      await writer.saveEvent(checkedOut)
      const newer = await headOf(log, streams)

      const client = shopClient(faulty(log.store, ['lost after']))
      const write = { ...name, data: { items: 2 }, cursor: newer }
      expect(await client[method](write)).toMatchObject({ status: 'updated', revision: 2 })
      const retried = shopClient(faulty(log.store, ['lost before', 'busy']))
      await writer.saveEvent(created)
      const newest = await headOf(log, streams)
      expect(await retried[method]({ ...write, cursor: newest })).toMatchObject({ revision: 3 })
      expect(await writer.getProjection(name)).toMatchObject({ cursor: newest, revision: 3 })
    },
  )

  test('the first save of a projection and a forced one are written once', async () => {
    await using log = await open()
    await log.store.commit({ events: [created] })
    const client = shopClient(faulty(log.store, ['lost after', 'lost after']))
    const cursor = await headOf(log, streams)
    expect(await client.saveProjection({ ...name, data: 1, cursor })).toMatchObject({
      status: 'created',
      revision: 1,
    })
    expect(await client.forceUpdateProjection({ ...name, data: 2 })).toMatchObject({
      status: 'updated',
      revision: 2,
    })
  })

  test.each([
    ['documents', { documents: [{ ...name, data: 1 }] }],
    ['messages', { outbox: [{ type: 'cart.created', data: {} }] }],
  ] satisfies [string, TypedCommit<never>][])(
    'a commit of %s alone is sent again where it has a key, and is else the caller’s to judge',
    async (_, commit) => {
      await using log = await open()
      const client = shopClient(faulty(log.store, ['lost after', 'none', 'lost after']))
      await client.commit({ ...commit, idempotency: { key: 'cmd_1' } })
      const written = async () => [
        (await client.getProjection(name))?.revision ?? 0,
        (await log.store.outbox.read()).length,
      ]
      const once = await written()
      expect(Math.max(...once)).toBe(1)
      await expect(client.commit(commit)).rejects.toMatchObject({
        code: 'STORE',
        outcome: 'unknown',
        retryable: true,
      })
      expect(await written()).toEqual(once.map((count) => count * 2))
    },
  )
})

test('a load that failed for a while is repeated', async () => {
  const store = new MemoryEventStore()
  const { load } = store
  let failures = 2
  const flaky = (...args: Parameters<typeof load>) => {
    if (failures === 0) return load(...args)
    failures -= 1
    return Promise.reject(new StoreError('busy', 'the lock is taken', { retryable: true }))
  }
  const client = createEventClient({ store: Object.assign(store, { load: flaky }), events: shop })
  await client.saveEvent({ type: 'CART_CHECKED_OUT', data: { cartId: 'cart_1' } })
  expect((await client.load({ streams: 'all' })).events).toHaveLength(1)
  expect(failures).toBe(0)
})

test('a client without a store or definitions says so at once', () => {
  const open = createEventClient as (options: unknown) => unknown
  const expected = 'createEventClient: expected { store, events }'
  expect(() => open({ events: shop })).toThrow(expected)
  expect(() => open({ store: 'shop.db', events: shop })).toThrow(expected)
  expect(() => open({ store: Promise.resolve(new MemoryEventStore()), events: shop })).toThrow(
    expected,
  )
  expect(() => open({ store: new MemoryEventStore() })).toThrow(expected)
})

test('a store that has waited long is not asked again', async () => {
  let asked = 0
  const commit: EventStore['commit'] = async () => {
    asked += 1
    vi.setSystemTime(Date.now() + 5_000)
    throw new StoreError('busy', 'the lock is taken', { retryable: true })
  }
  const store = Object.assign(new MemoryEventStore(), { commit })
  vi.useFakeTimers({ toFake: ['Date'] })
  try {
    await expect(shopClient(store).saveEvent(checkedOut)).rejects.toMatchObject({ fault: 'busy' })
  } finally {
    vi.useRealTimers()
  }
  expect(asked).toBe(1)
})
