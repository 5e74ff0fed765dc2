import { expect, test } from 'vitest'
import { openWriters } from './writers.fixture.ts'

const added = (cartId: string, more: object = {}) => ({
  type: 'ITEM_ADDED',
  data: { cartId, ...more },
})

/** The numbers of a cart's events, in their order. */
async function numbersOf(log: Awaited<ReturnType<typeof openWriters>>): Promise<unknown[]> {
  const { events } = await log.open().load([{ filter: { cartId: '1' } }])
  return events.map(({ data }) => (data as { n: number }).n)
}

test('what is sent at once to one key stays in its order, also where one transaction is full', async () => {
  await using log = await openWriters()
  const store = log.open()
  await store.commit({ events: [added('1', { n: -1 })] })
  // Now and then one that does not fit any more, followed by others that would.
  const sent = Array.from({ length: 40 }, (_, n) => {
    const filler = Array.from({ length: n % 7 === 6 ? 60 : 0 }, () => added('2'))
    return store.commit({ events: [added('1', { n }), ...filler] })
  })
  await Promise.all(sent)
  expect(await numbersOf(log)).toEqual(Array.from({ length: 41 }, (_, n) => n - 1))
})

test('decisions on one key go together, where none would have seen what the others write', async () => {
  await using log = await openWriters()
  const store = log.open()
  await store.commit({ events: [added('1', { n: -1 })] })
  const paid = [{ types: ['PAID'], filter: { cartId: '1' } }]
  const closed = [{ types: ['CLOSED'], filter: { cartId: '1' } }]
  log.sent()
  await Promise.all([
    store.commit({ events: [added('1', { n: 0 })], conditions: [{ streams: paid }] }),
    store.commit({ events: [added('1', { n: 1 })], conditions: [{ streams: closed }] }),
    store.commit({
      events: [added('1', { n: 2 })],
      conditions: [{ streams: [...paid, ...closed] }],
    }),
  ])
  expect(log.sent()).toEqual(['TransactWriteItems'])
  expect(await numbersOf(log)).toEqual([-1, 0, 1, 2])
})

test('a decision does not go with what it would have seen', async () => {
  await using log = await openWriters()
  const store = log.open()
  await store.commit({ events: [added('1', { n: -1 })] })
  const streams = [{ types: ['PAID'], filter: { cartId: '1', userId: ['x', 'y'] } }]
  const paid = (userId: string, n: number) => ({ type: 'PAID', data: { cartId: '1', userId, n } })
  const answers = await Promise.allSettled([
    store.commit({ events: [paid('z', 0)] }),
    store.commit({ events: [paid('x', 1)], conditions: [{ streams }] }),
    store.commit({ events: [paid('y', 2)], conditions: [{ streams }] }),
    store.commit({ events: [paid('z', 3)] }),
  ])
  const [, , refused] = answers
  expect(answers.map(({ status }) => status === 'fulfilled')).toEqual([true, true, false, true])
  expect(refused).toMatchObject({
    reason: { code: 'CONFLICT', conflict: { event: { type: 'PAID' } } },
  })
})

test('types whose names begin alike are told apart by their events', async () => {
  await using log = await openWriters()
  const store = log.open()
  const type = (end: string): string => `ITEM_WAS_ADDED_TO_THE_CART_${end}`
  const streams = [{ types: [type('ONE')], filter: { cartId: '1' } }]
  const { cursor } = await store.load(streams)
  for (let n = 0; n < 3; n += 1) {
    await store.commit({ events: [{ ...added('1', { n }), type: type('TWO') }] })
  }
  const { events } = await store.commit({
    events: [{ ...added('1', { n: 3 }), type: type('ONE') }],
    conditions: [{ streams, after: cursor }, { streams }],
  })
  expect(events.length).toBe(1)
  await expect(
    store.commit({ events: [added('1', { n: 4 })], conditions: [{ streams, after: cursor }] }),
  ).rejects.toMatchObject({ code: 'CONFLICT', conflict: { event: { type: type('ONE') } } })
})

test('a key of many types, and long values, are guarded as any other', async () => {
  await using log = await openWriters()
  const store = log.open()
  const cartId = 'é'.repeat(4000)
  const types = Array.from({ length: 60 }, (_, n) => `TYPE_${n}`)
  await store.commit({ events: types.slice(0, 40).map((type) => ({ ...added(cartId), type })) })
  const streams = [{ types: types.slice(30), filter: { cartId: { in: [cartId, '1'] } } }]
  const { cursor } = await store.load(streams)
  await store.commit({ events: [{ ...added(cartId), type: 'TYPE_1' }] })
  await store.commit({
    events: [{ ...added(cartId), type: 'TYPE_59' }],
    conditions: [{ streams, after: cursor }],
  })
  await expect(
    store.commit({ events: [added(cartId)], conditions: [{ streams, after: cursor }] }),
  ).rejects.toMatchObject({ code: 'CONFLICT', conflict: { event: { type: 'TYPE_59' } } })
})
