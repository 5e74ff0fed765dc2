import { array, assert, asyncProperty, boolean } from 'fast-check'
import { createEventService, dateCodec, type EventRecord } from 'eventfold'
import {
  createStreamHandler,
  handler as readyHandler,
  type StreamHandlerOptions,
  type StreamRecord,
} from 'eventfold/streams'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { startBus, type Bus } from '../../aws/bus.fixture.ts'
import { startQueues, type Queues } from '../../aws/queues.fixture.ts'
import { freshTable, testClient } from '../../stores/dynamodb/engine.fixture.ts'
import { DynamoEventStore } from '../../stores/dynamodb/index.ts'
import { consume, streamOf } from './table-stream.fixture.ts'

let queues: Queues
let bus: Bus
beforeAll(async () => {
  queues = await startQueues()
})
afterAll(() => queues[Symbol.asyncDispose]())
beforeEach(async () => {
  bus = await startBus()
})
afterEach(() => bus[Symbol.asyncDispose]())

let made = 0
const queue = (suffix = '', options = {}) => queues.queue(`q${(made += 1)}${suffix}`, options)

const logged = vi.fn()
beforeEach(() => logged.mockReset())

const handlerOf = (options: Partial<StreamHandlerOptions>) =>
  createStreamHandler({
    queueUrls: [],
    clients: { sqs: queues.sqs, eventBridge: bus.client() },
    log: logged,
    ...options,
  })

const secret = 'the secret of the payload'

/** A record of a stream as a store makes it, without an engine. */
function recordOf(number: number, more: object = {}, wallet = 'wal_1'): StreamRecord {
  const Keys = {
    pk: { S: `AGG#wallet#${wallet}` },
    sk: { S: `EVT#${String(number).padStart(9, '0')}` },
  }
  const texts = {
    id: `${wallet}-${number}`,
    type: 'WALLET_FUNDED',
    data: JSON.stringify({ number, secret }),
    at: `01JGFJJZ0${String(number).padStart(4, '0')}0000000000000`,
    timestamp: '2026-01-02T03:04:05.678Z',
    aggregateType: 'wallet',
    aggregateId: wallet,
    itemType: 'event',
  }
  const attributes = Object.entries(texts).map(([name, S]) => [name, { S }] as const)
  return {
    eventName: 'INSERT',
    dynamodb: {
      Keys,
      NewImage: {
        ...Keys,
        ...Object.fromEntries(attributes),
        version: { N: String(number) },
        ...more,
      },
      SequenceNumber: `seq-${wallet}-${number}`,
    },
  }
}

const count = (length: number) => Array.from({ length }, (_, index) => index + 1)

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
    await queues.received(queueUrls[0]!),
    await queues.received(queueUrls[1]!),
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
  expect(ids(bus.details())).toEqual(ids(fifo.map(({ body }) => body)))
  expect(bus.entries.map(({ Source, DetailType }) => `${Source} ${DetailType}`).toSorted()).toEqual(
    ['billing FUNDED', 'billing OPENED', 'eventfold PRICED', 'eventfold STARTED'],
  )
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
  bus.refuse = () =>
    (asked += 1) % 7 === 0 ? { code: 'InternalFailure', message: 'Try again.' } : undefined
  const handler = handlerOf({ queueUrls: [url], busName: 'b', reportBatchItemFailures: true })
  const calls = await consume(records, handler, { size: 25 })
  expect(calls).toBeGreaterThan(records.length / 25)
  expect(logged).toHaveBeenCalledWith('1 failed entries for the bus b', {
    sequenceNumber: expect.any(String),
    error: expect.stringContaining('InternalFailure'),
  })
  const onQueue = (await queues.received(url)).map(({ body }) => body as EventRecord)
  expect(onQueue).toHaveLength(54)
  for (const id of ['a', 'b', 'c']) {
    const versions = onQueue.filter((one) => one.aggregateId === id).map((one) => one.version)
    expect(versions).toEqual(count(18))
  }
  const onBus = new Set(bus.details().map((detail) => (detail as EventRecord).eventId))
  expect(onBus.size).toBe(54)
})

test('a batch is ten events to a queue without order and to the bus', async () => {
  const [url, ordered] = [await queue(), await queue('.fifo')]
  const handler = handlerOf({ queueUrls: [url, ordered], busName: 'b' })
  await handler({ Records: count(12).map((number) => recordOf(number)) })
  expect(bus.requests).toEqual([10, 2])
  expect(await queues.received(url)).toHaveLength(12)
  const versions = (await queues.received(ordered)).map(({ body }) => (body as EventRecord).version)
  expect(versions).toEqual(count(12))
})

test('events of one transaction are put in their order, wherever their records stand', async () => {
  const url = await queue('.fifo')
  const numbers = [1, 3, 2, 4]
  const records = numbers.flatMap((number) => [recordOf(number), recordOf(number, {}, 'wal_2')])
  await handlerOf({ queueUrls: [url] })({ Records: records })
  const received = (await queues.received(url)).map(({ body }) => body as EventRecord)
  for (const id of ['wal_1', 'wal_2']) {
    const versions = received.filter((one) => one.aggregateId === id).map((one) => one.version)
    expect(versions).toEqual([1, 2, 3, 4])
  }
})

describe('where something fails', () => {
  const large = { data: { S: JSON.stringify({ secret: secret.repeat(100) }) } }

  test('it throws, and says what failed without what is in it', async () => {
    const url = await queue('', { maxBytes: 1024 })
    const handler = handlerOf({ queueUrls: [url] })
    const Records = [recordOf(1), recordOf(2, large), recordOf(3)]
    const error: unknown = await handler({ Records }).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'STORE', retryable: true })
    const { message } = error as Error
    expect(message).toMatch(/1 failed entries for the queue .* from the stream record seq-wal_1-2/)
    expect(`${message}${JSON.stringify(logged.mock.calls)}`).not.toContain(secret)
    // SQS itself took the third of the three.
    expect(await queues.received(url)).toHaveLength(2)
  })

  test('it answers with the first record that failed, and goes on from there', async () => {
    const url = await queue('.fifo', { maxBytes: 1024 })
    const handler = handlerOf({ queueUrls: [url], busName: 'b', reportBatchItemFailures: true })
    const Records = [recordOf(1), recordOf(2, large), recordOf(3)]
    expect(await handler({ Records })).toEqual({
      batchItemFailures: [{ itemIdentifier: 'seq-wal_1-2' }],
    })
    expect(await queues.received(url)).toHaveLength(1)
    expect(bus.details()).toHaveLength(3)
    expect(await handler({ Records: Records.slice(1) })).toEqual({
      batchItemFailures: [{ itemIdentifier: 'seq-wal_1-2' }],
    })
    expect(await handler({ Records: Records.slice(2) })).toEqual({ batchItemFailures: [] })
  })

  test('the first of several failures is the one that counts', async () => {
    const [url, missing] = [await queue('', { maxBytes: 1024 }), `${queues.endpoint}/1/missing`]
    bus.refuse = ({ Detail = '' }) =>
      Detail.includes('"wal_1-4"') ? { code: 'InternalFailure', message: '' } : undefined
    const Records = [1, 2, 3, 4, 5].map((number) => recordOf(number, number === 3 ? large : {}))
    const handle = (queueUrls: string[]) =>
      handlerOf({ queueUrls, busName: 'b', reportBatchItemFailures: true })({ Records })
    const from = (number: number) => ({
      batchItemFailures: [{ itemIdentifier: `seq-wal_1-${number}` }],
    })
    expect(await handle([])).toEqual(from(4))
    expect(await handle([url])).toEqual(from(3))
    expect(await handle([url, missing])).toEqual(from(1))
  })

  test('an event that is too large is refused with figures, or goes to S3', async () => {
    const url = await queue('.fifo')
    const Records = [recordOf(1, large), recordOf(2)]
    await expect(handlerOf({ queueUrls: [url], maxBytes: 1024 })({ Records })).rejects.toThrow(
      /WALLET_FUNDED wal_1-1 .*expected at most 1024 bytes, found \d+/,
    )
    expect(await queues.received(url)).toEqual([])
    const s3 = { client: queues.s3, bucket: await queues.bucket('events') }
    await handlerOf({ queueUrls: [url], maxBytes: 1024, s3 })({ Records })
    expect(await queues.received(url)).toMatchObject([
      { body: { eventfoldBody: { bucket: 'events' } }, deduplication: 'wal_1-1' },
      { body: { eventId: 'wal_1-2' } },
    ])
  })

  test.each<[string, object]>([
    ['data that is no JSON', { data: { S: `{"secret":"${secret}` } }],
    ['no data', { data: undefined }],
    ['data of another kind', { data: { N: '1' } }],
    ['a version that is no number', { version: { S: 'x' } }],
    ['no place', { at: { S: 'yesterday' } }],
    ['metadata that is no JSON', { metadata: { S: `${secret}` } }],
    ['no type of item', { itemType: undefined }],
    ['another type of item', { itemType: { S: 'thing' } }],
  ])('%s is a failure: no event is passed over', async (_, more) => {
    const url = await queue()
    const Records = [recordOf(1), recordOf(2, more), recordOf(3)]
    const failing = handlerOf({ queueUrls: [url] })({ Records })
    const error = (await failing.catch((reason: unknown) => reason)) as Error
    expect(error.message).toMatch(/seq-wal_1-2.*AGG#wallet#wal_1.*EVT#000000002/)
    expect(`${error.message}${JSON.stringify(logged.mock.calls)}`).not.toContain(secret)
    expect(error).toMatchObject({ cause: { code: 'INVALID_EVENT' } })
    expect((error.cause as Error).cause).toBeUndefined()
    const reporting = handlerOf({ queueUrls: [url], reportBatchItemFailures: true })
    expect(await reporting({ Records })).toEqual({
      batchItemFailures: [{ itemIdentifier: 'seq-wal_1-2' }],
    })
    // What came before it was sent, by each of the two.
    expect(await queues.received(url)).toHaveLength(2)
  })

  test('a stream without images, or a table with other keys, is a failure that says what to do', async () => {
    const handler = handlerOf({ busName: 'b' })
    const { dynamodb, ...rest } = recordOf(1)
    const without = { ...rest, dynamodb: { ...dynamodb, NewImage: undefined } }
    await expect(handler({ Records: [without] })).rejects.toThrow('NEW_IMAGE')
    const { pk, sk } = dynamodb?.Keys ?? {}
    const other = { ...rest, dynamodb: { ...dynamodb, Keys: { a: pk!, b: sk! } } }
    await expect(handler({ Records: [other] })).rejects.toThrow(/are a, b.*keyNames/)
    const named = handlerOf({ busName: 'b', keyNames: { pk: 'a', sk: 'b' } })
    await named({ Records: [other] })
    expect(bus.details()).toHaveLength(1)
    await expect(handler({ Records: [{ eventName: 'INSERT' }] })).rejects.toThrow('missing')
  })

  test('a record without a sequence number is that of the whole batch', async () => {
    const handler = handlerOf({ busName: 'b', reportBatchItemFailures: true })
    const broken = recordOf(1, { data: undefined })
    const { SequenceNumber: _, ...dynamodb } = broken.dynamodb ?? {}
    expect(await handler({ Records: [{ ...broken, dynamodb }] })).toEqual({
      batchItemFailures: [{ itemIdentifier: '' }],
    })
  })
})

test('items of other applications, copies and changes are passed over', async () => {
  const foreign = (pk: string, sk: string, itemType = 'event'): StreamRecord => {
    const Keys = { pk: { S: pk }, sk: { S: sk } }
    return {
      eventName: 'INSERT',
      dynamodb: { Keys, NewImage: { ...Keys, itemType: { S: itemType } } },
    }
  }
  const copy = recordOf(1, { itemType: { S: 'copy' } })
  const handler = handlerOf({ busName: 'b' })
  const Records = [
    foreign('ORDER#1', 'LINE#1'),
    foreign('KEY#1', 'not a place'),
    foreign('AGG#wallet#1', 'HEAD', 'head'),
    foreign('ID#e1', 'ID', 'id'),
    foreign('OUTBOX', 'x', 'outbox'),
    copy,
    { ...recordOf(2), eventName: 'MODIFY' },
    { ...recordOf(3), eventName: 'REMOVE' },
  ]
  expect(await handler({ Records })).toEqual({ batchItemFailures: [] })
  expect(bus.requests).toEqual([])
  expect(await handler({ Records: [] })).toEqual({ batchItemFailures: [] })
})

test('nothing is lost and nothing overtakes, wherever the bus fails', async () => {
  const wallets = ['a', 'b', 'c', 'd']
  const Records = count(6).flatMap((number) => wallets.map((id) => recordOf(number, {}, id)))
  await assert(
    asyncProperty(array(boolean(), { maxLength: 40 }), async (fates) => {
      bus.entries.length = 0
      const left = [...fates]
      bus.refuse = () => (left.shift() ? { code: 'InternalFailure', message: '' } : undefined)
      await consume(Records, handlerOf({ busName: 'b', reportBatchItemFailures: true }))
      const seen = bus.details() as EventRecord[]
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
  expect(bus.entries).toMatchObject([{ Source: source }])
})

test('the ready handler reads its targets from the environment', async () => {
  const url = await queue()
  vi.stubEnv('QUEUE_URL_LIST', 'no JSON')
  await expect(readyHandler({ Records: [] })).rejects.toThrow('QUEUE_URL_LIST')
  vi.stubEnv('QUEUE_URL_LIST', JSON.stringify([url]))
  vi.stubEnv('EVENT_BUS_NAME', '')
  vi.stubEnv('KEY_NAMES', '{"pk":"pk","sk":"sk"}')
  vi.stubEnv('REPORT_BATCH_ITEM_FAILURES', 'true')
  vi.stubEnv('AWS_ENDPOINT_URL', queues.endpoint)
  vi.stubEnv('AWS_REGION', 'us-east-1')
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test')
  const errors = vi.spyOn(console, 'error').mockImplementation(() => {})
  try {
    const Records = [recordOf(1), recordOf(2, { data: undefined })]
    expect((await readyHandler({ Records })).batchItemFailures).toHaveLength(1)
    expect(await queues.received(url)).toHaveLength(1)
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
