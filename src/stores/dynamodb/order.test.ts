import { expect, test } from 'vitest'
import type { Commit } from '../../store/commit.ts'
import { faultsOf } from './table-check.fixture.ts'
import { openWriters } from './writers.fixture.ts'

const added = (cartId: string) => ({ type: 'ITEM_ADDED', data: { cartId } })
const aggregate = { type: 'wallet', id: '1' }
const orderKey = 'cartId=s:9'
const streams = [{ filter: { cartId: '9' } }]
const record = (data: number, key = orderKey) => ({ type: 'm', data, orderKey: key })
const AHEAD = { now: (): number => Date.now() + 60_000 }

/** Commits with a record of the order key: with an event there, without any, and with one elsewhere. */
const ways: [string, string, ((data: number) => Commit)[]][] = [
  [
    'key',
    orderKey,
    [
      (data) => ({ events: [added('9')], outbox: [record(data)] }),
      (data) => ({ outbox: [record(data)] }),
      (data) => ({ events: [added('8')], outbox: [record(data)] }),
    ],
  ],
  [
    'aggregate',
    JSON.stringify(['wallet', '1']),
    [
      (data) => ({
        events: [{ type: 'PAID', data: {}, aggregate }],
        outbox: [record(data, JSON.stringify(['wallet', '1']))],
      }),
      (data) => ({ outbox: [record(data, JSON.stringify(['wallet', '1']))] }),
      (data) => ({ events: [added('8')], outbox: [record(data, '["wallet","1"]')] }),
    ],
  ],
]

test.each(ways)(
  'records of the order key of one %s keep their order: %s',
  async (_, key, makers) => {
    for (const first of makers) {
      for (const second of makers) {
        await using log = await openWriters()
        const [ahead, behind] = [log.open(AHEAD), log.open()]
        await ahead.commit(first(0))
        await behind.commit(second(1))
        await ahead.commit(first(2))
        await behind.commit(first(3))
        await ahead.commit(second(4))
        await behind.commit(second(5))
        const records = await behind.outbox.read()
        expect(records.map(({ data }) => data)).toEqual([0, 1, 2, 3, 4, 5])
        expect(records.map((each) => each.orderKey)).toEqual(records.map(() => key))
        expect(faultsOf(await log.items())).toEqual([])
      }
    }
  },
)

test('a key that has only records has no events: reads and conditions say so', async () => {
  await using log = await openWriters()
  await log.open(AHEAD).commit({ outbox: [record(0), record(0, '["wallet","1"]')] })
  const store = log.open()
  const { events, cursor } = await store.load(streams)
  expect([events, JSON.parse(cursor)]).toEqual([[], { 'KEY#cartId=s:9': '' }])
  expect((await store.load([{ aggregate }])).events).toEqual([])
  expect(await Array.fromAsync(store.read(streams))).toEqual([])
  await store.commit({
    events: [added('9')],
    conditions: [{ streams }, { streams, after: cursor }, { streams: [{ aggregate }] }],
  })
  const late = log.open().commit({ events: [added('9')], conditions: [{ streams }] })
  await expect(late).rejects.toMatchObject({ conflict: { reason: 'condition' } })
  const paid = { type: 'PAID', data: {}, aggregate }
  const commit = { events: [paid], expect: [{ aggregate, version: 0 }] }
  expect((await log.open().commit(commit)).events[0]?.aggregate?.version).toBe(1)
  await expect(log.open().commit(commit)).rejects.toMatchObject({ conflict: { reason: 'version' } })
  expect(faultsOf(await log.items())).toEqual([])
})

test('a condition on an order key holds beside a record of it', async () => {
  await using log = await openWriters()
  await log.open(AHEAD).commit({ outbox: [record(0)] })
  const store = log.open()
  const { cursor } = await store.load(streams)
  await store.commit({ outbox: [record(1)], conditions: [{ streams, after: cursor }] })
  await store.commit({ events: [added('9')] })
  const late = log.open().commit({ outbox: [record(2)], conditions: [{ streams, after: cursor }] })
  await expect(late).rejects.toMatchObject({ code: 'CONFLICT' })
  const again = await store.load(streams)
  const conditions = [{ streams, after: again.cursor }]
  const { cursor: next } = await log.open().commit({ outbox: [record(3)], conditions })
  expect(next).toBe(again.cursor)
  expect(faultsOf(await log.items())).toEqual([])
})

test('the ids that the store gives order like time within a key, though the clocks differ', async () => {
  await using log = await openWriters()
  const [ahead, behind] = [log.open(AHEAD), log.open()]
  const given: string[] = []
  for (const store of [ahead, behind, behind, ahead, behind]) {
    const { events } = await store.commit({ events: [added('9'), added('9')] })
    given.push(...events.map(({ id }) => id))
  }
  expect(given).toEqual(given.toSorted())
  const read = await Array.fromAsync(log.open().read(streams))
  expect(read.map(({ id }) => id)).toEqual(given)
})
