import { beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { defineEvents } from '../../event/definition.ts'
import { MemoryEventStore } from '../../stores/memory/index.ts'
import { added, checkedOut, created, removed, streamsOf, type CartClient } from './cart.fixture.ts'
import type { EventClient } from './client.ts'
import { clientOver } from './over-store.ts'

let client: CartClient
const open = (): CartClient => clientOver(new MemoryEventStore()) as unknown as CartClient
beforeEach(() => {
  client = open()
})

test('an event has an id, its data and its times', async () => {
  const saved = await client.saveEvent(created('cart_1'))
  expect(saved).toEqual({
    id: expect.stringMatching(/^[0-9A-HJKMNP-TV-Z]{26}$/u),
    type: 'CART_CREATED',
    data: { cartId: 'cart_1', userId: 'user_1' },
    createdAt: expect.any(Date),
    updatedAt: saved.createdAt,
  })
  expect(await client.getLatestEvent('CART_CREATED')).toEqual(saved)
})

test('an id of your own is kept; a time of your own is refused, not lost', async () => {
  const saved = await client.saveEvent({ ...created('cart_1'), id: 'mine' })
  expect(saved.id).toBe('mine')
  const timed = { ...created('cart_1'), createdAt: new Date(0) }
  await expect(client.saveEvent(timed)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
})

test('nothing to save is nothing saved', async () => {
  expect(await client.saveEvents([])).toEqual([])
})

test('where nothing is found there is undefined', async () => {
  expect(await client.getLatestEvent('CART_CREATED')).toBeUndefined()
  expect(await client.getProjection({ type: 'CART', id: 'cart_1' })).toBeUndefined()
  expect(await client.queryProjections({ type: 'CART' })).toEqual([])
})

describe('several streams', () => {
  const lifecycle = {
    eventTypes: ['CART_CREATED', 'CART_CHECKED_OUT'] as const,
    options: { data: { cartId: 'cart_1' } },
  }
  const items = {
    eventTypes: ['ITEM_ADDED', 'ITEM_REMOVED'] as const,
    options: { data: { cartId: 'cart_1' } },
  }
  beforeEach(async () => {
    await client.saveEvents([
      created('cart_1'),
      added('cart_1', 'prod_1'),
      added('cart_2', 'prod_1'),
      removed('cart_1', 'prod_1'),
      checkedOut('cart_1'),
    ])
  })
  const typesOf = (events: readonly { type: string }[]) => events.map(({ type }) => type)
  const all = ['CART_CREATED', 'ITEM_ADDED', 'ITEM_REMOVED', 'CART_CHECKED_OUT']

  test('come merged, in order, each event once', async () => {
    expect(typesOf(await client.getEventStreams([items, lifecycle, items]))).toEqual(all)
  })

  test('go on where each of them was left', async () => {
    const [first] = await client.getEventStream(['CART_CREATED'])
    const after = { ...lifecycle.options, after: first!.id }
    const left = await client.getEventStreams([items, { ...lifecycle, options: after }])
    expect(typesOf(left)).toEqual(all.slice(1))
    const both = { ...items.options, after: first!.id }
    const requests = [{ ...items, options: both }, lifecycle, { ...lifecycle, options: after }]
    expect(typesOf(await client.getEventStreams(requests))).toEqual(all)
  })

  test('end where all of them have been seen', async () => {
    const [first] = await client.getEventStream(['CART_CREATED'])
    const { store } = client
    let loads = 0
    const busy = clientOver({
      ...store,
      load: async (streams, options) => {
        const loaded = await store.load(streams, options)
        // Between the two reads an item and then a checkout are stored.
        if ((loads += 1) === 1)
          await client.saveEvents([added('cart_1', 'late'), checkedOut('cart_1')])
        return loaded
      },
    }) as unknown as CartClient
    const after = { ...lifecycle.options, after: first!.id }
    const seen = await busy.getEventStreams([items, { ...lifecycle, options: after }])
    expect(typesOf(seen)).toEqual(all.slice(1))
  })

  test('none is an error, not the whole log', async () => {
    await expect(client.getEventStreams([])).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })

  test('are read in one transaction', async () => {
    const options = (tx: object) => ({ ...items.options, tx })
    const requests = [
      { ...items, options: options({ a: 1 }) },
      { ...items, options: options({ b: 1 }) },
    ]
    await expect(client.getEventStreams(requests)).rejects.toThrow('two transactions')
  })

  test('come one by one, in both directions', async () => {
    const forwards = await Array.fromAsync(client.readEvents([items, lifecycle]))
    expect(typesOf(forwards)).toEqual(all)
    const newest = client.readEvents('all', { backwards: true, limit: 2 })
    expect(typesOf(await Array.fromAsync(newest))).toEqual(['CART_CHECKED_OUT', 'ITEM_REMOVED'])
    const after = client.readEvents([items], { after: forwards[1]!.id })
    expect(typesOf(await Array.fromAsync(after))).toEqual(['ITEM_REMOVED'])
  })
})

describe('a projection is saved with the id of an event', () => {
  const save = (latestEventId: string, data: object = {}) =>
    client.saveProjection({ type: 'CART', id: 'cart_1', data, latestEventId })

  test('of any age, or with a cursor', async () => {
    const [first, second, third] = await client.saveEvents([
      created('cart_1'),
      added('cart_1', 'prod_1'),
      checkedOut('cart_1'),
    ])
    expect(await save(second!.id)).toEqual({
      status: 'created',
      type: 'CART',
      id: 'cart_1',
      data: {},
      latestEventId: second!.id,
    })
    expect(await save(first!.id)).toMatchObject({ status: 'skipped' })
    expect(await save(second!.id)).toMatchObject({ status: 'updated' })
    expect(await save(third!.id)).toMatchObject({ status: 'updated', latestEventId: third!.id })
    expect(await save(`3~${third!.id}`)).toMatchObject({ latestEventId: third!.id })
    const found = await client.getProjection({ type: 'CART', id: 'cart_1' })
    expect(found).toMatchObject({ data: {}, latestEventId: third!.id, updatedAt: expect.any(Date) })
  })

  test('and an unknown one is refused', async () => {
    await client.saveEvent(created('cart_1'))
    await expect(save('nobody')).rejects.toMatchObject({ code: expect.any(String) })
    expect(await client.queryProjections({ type: 'CART' })).toEqual([])
  })
})

test('a projection is corrected in place, or replaced by what has seen more', async () => {
  const projection = { type: 'CART', id: 'cart_1', data: { total: 1 } }
  const [first, second] = await client.saveEvents([created('cart_1'), checkedOut('cart_1')])
  const older = { ...projection, latestEventId: first!.id }
  await expect(client.forceUpdateProjection(projection)).rejects.toMatchObject({ code: 'CONFLICT' })
  await expect(client.conditionalUpdateProjection(older)).rejects.toMatchObject({
    code: 'CONFLICT',
  })
  await client.saveProjection(older)
  await client.forceUpdateProjection({ ...projection, data: { total: 2 } })
  const get = () => client.getProjection<{ total: number }>({ type: 'CART', id: 'cart_1' })
  expect(await get()).toMatchObject({ data: { total: 2 }, latestEventId: first!.id })
  await expect(client.conditionalUpdateProjection(older)).rejects.toMatchObject({
    code: 'CONFLICT',
  })
  const newer = { ...projection, data: { total: 3 }, latestEventId: second!.id }
  expect(await client.conditionalUpdateProjection(newer)).toMatchObject({ status: 'updated' })
  expect(await get()).toMatchObject({ data: { total: 3 }, latestEventId: second!.id })
})

test('a commit writes events and documents together', async () => {
  const { id } = await client.saveEvent(created('cart_1'))
  const streams = [{ filter: { cartId: 'cart_1' } }]
  const commit = () =>
    client.commit({
      events: [checkedOut('cart_1')],
      conditions: [{ streams, after: { eventId: id } }],
      documents: [{ type: 'CART', id: 'cart_1', data: { open: false } }],
    })
  const { events, documents } = await commit()
  expect(events).toMatchObject([{ type: 'CART_CHECKED_OUT', createdAt: expect.any(Date) }])
  expect(documents).toMatchObject([{ status: 'created' }])
  await expect(commit()).rejects.toMatchObject({ code: 'CONFLICT' })
})

test('definitions, where they are given, are asked before anything is saved', async () => {
  const definitions = defineEvents({ CART_CREATED: z.object({ cartId: z.string() }) })
  const checked = clientOver(new MemoryEventStore(), definitions) as unknown as EventClient
  await checked.saveEvent({ type: 'CART_CREATED', data: { cartId: 'cart_1' } })
  await expect(
    checked.saveEvent({ type: 'CART_CREATED', data: { cartId: 1 } }),
  ).rejects.toMatchObject({ code: 'INVALID_EVENT' })
  await expect(checked.saveEvent({ type: 'OTHER', data: {} })).rejects.toMatchObject({
    code: 'INVALID_EVENT',
  })
})

test('the refused event is not stored', async () => {
  await client.saveEvent(created('cart_1'))
  for (const seen of [undefined, null]) {
    const save = client.saveEventWithStreamValidation(
      added('cart_1', 'prod_1'),
      seen,
      streamsOf('cart_1'),
    )
    await expect(save).rejects.toThrow('Concurrent modification detected')
  }
  expect(await client.getEventStream(['ITEM_ADDED'])).toEqual([])
})

test('a store without transactions says so', () => {
  expect(() => client.within({})).toThrow(/no transactions/u)
})
