import type { OutboxMessage } from 'eventfold'
import { createDynamoDBStreamToEventBridgeHandler, type StreamLog } from 'eventfold/eventbridge'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { startBus, type Bus } from '../../aws/bus.fixture.ts'
import { messageOf } from '../../outbox/publisher.ts'
import { freshTable, testClient } from '../../stores/dynamodb/engine.fixture.ts'
import { DynamoEventStore } from '../../stores/dynamodb/index.ts'
import { consume, streamOf } from '../streams/table-stream.fixture.ts'

let bus: Bus
beforeEach(async () => {
  bus = await startBus()
})
afterEach(() => bus[Symbol.asyncDispose]())

const handlerOf = (more: object = {}) =>
  createDynamoDBStreamToEventBridgeHandler({
    source: 'account-service',
    eventBusName: 'domain-events',
    client: bus.client(),
    log: () => {},
    ...more,
  })

test('contract test: the outbox of a table comes to the bus, message by message', async () => {
  await using table = await freshTable()
  const { tableName } = table
  await using store = new DynamoEventStore({ client: testClient(), tableName, outboxExpiry: 60 })
  const account = { type: 'account', id: 'acc_1' }
  for (const amount of [1, 2, 3, 4]) {
    await store.commit({
      events: [
        {
          type: 'BALANCE_CHANGED',
          data: { amount },
          aggregate: account,
          metadata: { actorId: 'ada', note: { amount } },
        },
      ],
      outbox: [1, 2, 3].map((part) => ({ type: 'notice', data: { amount, part, text: 'é😀' } })),
    })
  }
  const waiting = await store.outbox.read()
  await store.outbox.remove(waiting.slice(0, 2).map(({ id }) => id))
  const records = await streamOf(tableName)
  expect(await handlerOf()({ Records: records })).toEqual({ batchItemFailures: [] })
  expect(bus.requests).toEqual([10, 2])
  expect(bus.entries[0]).toMatchObject({
    EventBusName: 'domain-events',
    Source: 'account-service',
    DetailType: 'notice',
  })
  const messages = waiting.map(messageOf)
  expect(bus.details()).toEqual(expect.arrayContaining(messages))
  expect(messages[0]).toMatchObject({
    event: { position: expect.any(Number), metadata: { note: { amount: 1 } } },
  })

  bus.entries.length = 0
  let asked = 0
  bus.refuse = () =>
    (asked += 1) % 5 === 0 ? { code: 'ThrottlingException', message: 'Slow down.' } : undefined
  await expect(handlerOf()({ Records: records })).rejects.toThrow(/failed entries.*Slow down/)
  expect(await consume(records, handlerOf({ reportBatchItemFailures: true }))).toBeGreaterThan(1)
  expect(new Set(bus.details().map((detail) => (detail as OutboxMessage).id)).size).toBe(12)
})

const secret = 'the secret of the message'
const record = (more: object = {}) => {
  const Keys = { pk: { S: 'OUTBOX' }, sk: { S: '01JGFJJZ000010000000000000#000' } }
  const image = {
    ...Keys,
    itemType: { S: 'outbox' },
    id: { S: 'm1' },
    type: { S: 'notice' },
    data: { S: JSON.stringify({ secret }) },
    timestamp: { S: '2026-01-02T03:04:05.678Z' },
  }
  const NewImage = { ...image, ...more }
  return { eventName: 'INSERT', dynamodb: { Keys, NewImage, SequenceNumber: '17' } }
}

test('a message without an event and without an order key is one, too', async () => {
  await handlerOf()({ Records: [record()] })
  expect(bus.details()).toEqual([
    { id: 'm1', type: 'notice', data: { secret }, timestamp: '2026-01-02T03:04:05.678Z' },
  ])
})

test.each<[string, object]>([
  ['data that is no JSON', { data: { S: secret } }],
  ['half an event', { eventId: { S: 'e1' } }],
  ['an event in no place', { eventId: { S: 'e' }, eventType: { S: 'E' }, eventAt: { S: 'x' } }],
  ['another type of item', { itemType: { S: 'thing' } }],
])('%s is a failure, of which the payload is no part', async (_, more) => {
  const log = vi.fn<StreamLog>()
  const error: unknown = await handlerOf({ log })({ Records: [record(more)] }).catch(
    (reason: unknown) => reason,
  )
  expect(String(error)).toMatch(/stream record 17/)
  expect(`${String(error)}${JSON.stringify(log.mock.calls)}`).not.toContain(secret)
  expect(bus.requests).toEqual([])
})
