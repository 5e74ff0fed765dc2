import { array, assert, asyncProperty, boolean } from 'fast-check'
import { createEventService, dateCodec, type EventRecord } from 'eventfold'
import { createStreamHandler, handler as readyHandler } from 'eventfold/streams'
import { expect, test, vi } from 'vitest'
import { freshTable, testClient } from '../../stores/dynamodb/engine.fixture.ts'
import { DynamoEventStore } from '../../stores/dynamodb/index.ts'
import { consume, streamOf } from './table-stream.fixture.ts'
import { count, recordOf, secret, useTargets } from './targets.fixture.ts'

const targets = useTargets()
const { handlerOf, logged, queue } = targets

test('each new event of a table comes once to each queue and to the bus', async () => {
  await using table = await freshTable()
  const { tableName } = table
  await using store = new DynamoEventStore({ client: testClient(), tableName, codec: dateCodec })
  const wallet = { type: 'Billing.Wallet', id: 'wal#1' }
  const metadata = { source: 'billing', correlationId: 'c1', actorId: 'ada', tenantId: 't1' }
  await store.commit({
    events: [
      { type: 'OPENED', data: { user_id: 'u1', at: new Date(0) }, aggregate: wallet, metadata },
      { type: 'FUNDED', data: { user_id: 'u1', amount: 5 }, aggregate: wallet },
    ],
    documents: [{ type: 'view', id: 'v', data: { secret }, if: 'any', otherwise: 'refuse' }],
    outbox: [{ type: 'mail', data: { secret } }],
    idempotency: { key: 'k1' },
  })
  await store.commit({
    events: [
      { id: 'given', type: 'PRICED', data: { item_id: 'i1', store_id: 's1', text: 'é😀' } },
      { id: 'lonely', type: 'STARTED', data: {} },
    ],
  })
  const queueUrls = [await queue('.fifo'), await queue()]
  const handler = handlerOf({ queueUrls, busName: 'events', codec: dateCodec })
  const records = await streamOf(tableName)
  expect(records.length).toBeGreaterThan(10)
  expect(await handler({ Records: records })).toEqual({ batchItemFailures: [] })

  const [fifo, standard] = [
    await targets.queues.received(queueUrls[0]!),
    await targets.queues.received(queueUrls[1]!),
  ]
  expect(fifo).toHaveLength(4)
  const ofWallet = fifo.filter(({ group }) => group === 'AGG#Billing.Wallet#wal%231')
  const service = createEventService({ store })
  const stored = [1, 2].map((version) => service.getEvent(wallet.type, wallet.id, version))
  expect(ofWallet.map(({ body }) => body)).toEqual(
    JSON.parse(JSON.stringify(await Promise.all(stored))),
  )
  expect(ofWallet[0]?.body).toMatchObject({
    eventType: 'OPENED',
    version: 1,
    source: 'billing',
    correlationId: 'c1',
    actorId: 'ada',
    tenantId: 't1',
    payload: { user_id: 'u1', at: '1970-01-01T00:00:00.000Z' },
  })
  for (const { body, deduplication } of fifo) {
    expect(deduplication).toBe((body as EventRecord).eventId)
  }
  const bodyOf = (id: string) => fifo.find(({ deduplication }) => deduplication === id)
  expect(bodyOf('given')).toEqual(
    expect.objectContaining({
      group: 'KEY#item_id=s:i1',
      body: {
        pk: 'KEY#item_id=s:i1',
        sk: expect.stringMatching(/^[0-9A-Z]{26}$/),
        itemType: 'event',
        source: '',
        eventId: 'given',
        eventType: 'PRICED',
        schemaVersion: 1,
        occurredAt: expect.any(String),
        position: expect.any(Number),
        payload: { item_id: 'i1', store_id: 's1', text: 'é😀' },
      },
    }),
  )
  expect(bodyOf('lonely')).toMatchObject({ group: 'ID#lonely' })
  const ids = (bodies: readonly unknown[]) =>
    bodies.map((body) => (body as EventRecord).eventId).toSorted()
  expect(ids(standard.map(({ body }) => body))).toEqual(ids(fifo.map(({ body }) => body)))
  expect(standard.every(({ group, deduplication }) => !group && !deduplication)).toBe(true)
  expect(ids(targets.bus.details())).toEqual(ids(fifo.map(({ body }) => body)))
  expect(
    targets.bus.entries.map(({ Source, DetailType }) => `${Source} ${DetailType}`).toSorted(),
  ).toEqual(['billing FUNDED', 'billing OPENED', 'eventfold PRICED', 'eventfold STARTED'])
})

test('with failures on the way every event is handled, in order per aggregate', async () => {
  await using table = await freshTable({ keyNames: { pk: 'pk', sk: 'sk' } })
  const { tableName } = table
  await using store = new DynamoEventStore({
    client: testClient(),
    tableName,
    keyNames: { pk: 'pk', sk: 'sk' },
  })
  for (const number of count(12)) {
    const events = ['a', 'b', 'c'].map((id) => {
      return { type: 'MOVED', data: { number }, aggregate: { type: 'wallet', id } }
    })
    await store.commit({ events: number % 2 ? events : [...events, ...events] })
  }
  const records = await streamOf(tableName)
  const url = await queue('.fifo')
  let asked = 0
  targets.bus.refuse = () =>
    (asked += 1) % 7 === 0 ? { code: 'InternalFailure', message: 'Try again.' } : undefined
  const handler = handlerOf({ queueUrls: [url], busName: 'b', reportBatchItemFailures: true })
  const calls = await consume(records, handler, { size: 25 })
  expect(calls).toBeGreaterThan(records.length / 25)
  expect(logged).toHaveBeenCalledWith('1 failed entries for the bus b', {
    sequenceNumber: expect.any(String),
    error: expect.stringContaining('InternalFailure'),
  })
  const onQueue = (await targets.queues.received(url)).map(({ body }) => body as EventRecord)
  expect(onQueue).toHaveLength(54)
  for (const id of ['a', 'b', 'c']) {
    const versions = onQueue.filter((one) => one.aggregateId === id).map((one) => one.version)
    expect(versions).toEqual(count(18))
  }
  const onBus = new Set(targets.bus.details().map((detail) => (detail as EventRecord).eventId))
  expect(onBus.size).toBe(54)
})

test('a batch is ten events to a queue without order and to the bus', async () => {
  const [url, ordered] = [await queue(), await queue('.fifo')]
  const handler = handlerOf({ queueUrls: [url, ordered], busName: 'b' })
  await handler({ Records: count(12).map((number) => recordOf(number)) })
  expect(targets.bus.requests).toEqual([10, 2])
  expect(await targets.queues.received(url)).toHaveLength(12)
  const versions = (await targets.queues.received(ordered)).map(
    ({ body }) => (body as EventRecord).version,
  )
  expect(versions).toEqual(count(12))
})

test('events of one transaction are put in their order, wherever their records stand', async () => {
  const url = await queue('.fifo')
  const numbers = [1, 3, 2, 4]
  const records = numbers.flatMap((number) => [recordOf(number), recordOf(number, {}, 'wal_2')])
  await handlerOf({ queueUrls: [url] })({ Records: records })
  const received = (await targets.queues.received(url)).map(({ body }) => body as EventRecord)
  for (const id of ['wal_1', 'wal_2']) {
    const versions = received.filter((one) => one.aggregateId === id).map((one) => one.version)
    expect(versions).toEqual([1, 2, 3, 4])
  }
})

test('nothing is lost and nothing overtakes, wherever the bus fails', async () => {
  const wallets = ['a', 'b', 'c', 'd']
  const Records = count(6).flatMap((number) => wallets.map((id) => recordOf(number, {}, id)))
  await assert(
    asyncProperty(array(boolean(), { maxLength: 40 }), async (fates) => {
      targets.bus.entries.length = 0
      const left = [...fates]
      targets.bus.refuse = () =>
        left.shift() ? { code: 'InternalFailure', message: '' } : undefined
      await consume(Records, handlerOf({ busName: 'b', reportBatchItemFailures: true }))
      const seen = targets.bus.details() as EventRecord[]
      expect(new Set(seen.map(({ eventId }) => eventId)).size).toBe(Records.length)
    }),
    { numRuns: 30 },
  )
})

test.each([
  ['Order.Item', 'order'],
  ['OrderLine', 'order-line'],
  ['order_line', 'order-line'],
  ['HTTPRequest2', 'http-request-2'],
  ['Заказ', 'заказ'],
  ['注文', '注文'],
  ['!', 'eventfold'],
])('without a source, an event of %s comes from %s', async (type, source) => {
  await handlerOf({ busName: 'b' })({ Records: [recordOf(1, { aggregateType: { S: type } })] })
  expect(targets.bus.entries).toMatchObject([{ Source: source }])
})

test('the ready handler reads its targets from the environment', async () => {
  const url = await queue()
  vi.stubEnv('QUEUE_URL_LIST', 'no JSON')
  await expect(readyHandler({ Records: [] })).rejects.toThrow('QUEUE_URL_LIST')
  vi.stubEnv('QUEUE_URL_LIST', JSON.stringify([url]))
  vi.stubEnv('EVENT_BUS_NAME', '')
  vi.stubEnv('KEY_NAMES', '{"pk":"pk","sk":"sk"}')
  vi.stubEnv('REPORT_BATCH_ITEM_FAILURES', 'true')
  vi.stubEnv('AWS_ENDPOINT_URL', targets.queues.endpoint)
  vi.stubEnv('AWS_REGION', 'us-east-1')
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test')
  const errors = vi.spyOn(console, 'error').mockImplementation(() => {})
  try {
    const Records = [recordOf(1), recordOf(2, { data: undefined })]
    expect((await readyHandler({ Records })).batchItemFailures).toHaveLength(1)
    expect(await targets.queues.received(url)).toHaveLength(1)
    expect(errors).toHaveBeenCalledOnce()
  } finally {
    vi.unstubAllEnvs()
    errors.mockRestore()
  }
})

test.each([
  ['nothing to send to', { queueUrls: [] }],
  ['an empty bus and no queue', { queueUrls: [], busName: '' }],
  ['no list of queues', {}],
  ['what is no URL', { queueUrls: ['q'] }],
  ['no client', { queueUrls: [], busName: 'b', clients: { sqs: 1 } }],
  ['an unknown option', { queueUrls: [], busName: 'b', client: {} }],
])('%s is refused', (_, options) => {
  expect(() => createStreamHandler(options as never)).toThrow(
    expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
  )
})
