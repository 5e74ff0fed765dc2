import { PutObjectCommand } from '@aws-sdk/client-s3'
import { SQSClient, type SendMessageBatchCommandInput } from '@aws-sdk/client-sqs'
import { createOutboxRelay, MemoryEventStore, type OutboxMessage } from 'eventfold'
import { SqsOutboxPublisher } from 'eventfold/sqs'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startQueues, type Queues } from '../queues.fixture.ts'
import { resolveBody } from '../send/large-body.ts'

let queues: Queues
beforeAll(async () => {
  queues = await startQueues()
})
afterAll(() => queues[Symbol.asyncDispose]())

const message = (id: string, more: Partial<OutboxMessage> = {}): OutboxMessage => ({
  id,
  type: 'mail',
  data: { to: id },
  timestamp: '2026-01-02T03:04:05.678Z',
  ...more,
})

/** The client, and the requests it sent. */
function watched(): { client: SQSClient; requests: SendMessageBatchCommandInput[] } {
  const requests: SendMessageBatchCommandInput[] = []
  const client = new SQSClient({
    endpoint: queues.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  })
  client.middlewareStack.add(
    (next) => async (args) => {
      requests.push(args.input as SendMessageBatchCommandInput)
      return next(args)
    },
    { step: 'initialize' },
  )
  return { client, requests }
}

const statuses = (outcomes: readonly { readonly status: string }[]) =>
  outcomes.map(({ status }) => status)

test('the body is the message, with the event that caused it', async () => {
  const queueUrl = await queues.queue('envelopes')
  const sent = message('m1', {
    orderKey: 'cart_id=s:7',
    event: {
      id: 'e1',
      type: 'CHECKED_OUT',
      position: 42,
      metadata: { actorId: 'ada', trace: { a: [1] } },
    },
  })
  const publisher = new SqsOutboxPublisher({ queueUrl, client: queues.sqs })
  expect(await publisher.publish([sent])).toEqual([{ status: 'fulfilled' }])
  const [received] = await queues.received(queueUrl)
  expect(received).toMatchObject({ body: sent, group: undefined, deduplication: undefined })
})

test('a relay sends what waits in an outbox', async () => {
  const queueUrl = await queues.queue('relayed.fifo')
  const store = new MemoryEventStore()
  const data = { cartId: 'c1' }
  for (const type of ['first', 'second', 'third']) {
    await store.commit({ events: [{ type: 'E', data }], outbox: [{ type, data }] })
  }
  const publisher = new SqsOutboxPublisher({ queueUrl, client: queues.sqs })
  await using relay = createOutboxRelay({ store, publisher, name: 'mail' })
  expect(await relay.drain()).toEqual({ published: 3, failed: 0 })
  const received = await queues.received(queueUrl)
  expect(received.map(({ body }) => (body as OutboxMessage).type)).toEqual([
    'first',
    'second',
    'third',
  ])
})

test('a FIFO queue keeps order keys in order and drops what comes again', async () => {
  const queueUrl = await queues.queue('ordered.fifo')
  const { client, requests } = watched()
  const publisher = new SqsOutboxPublisher({ queueUrl, client })
  const long = 'ключ '.repeat(40)
  const keys = ['a', 'a', 'b', long, 'a', 'two words', long, 'sha256:x']
  const messages = [
    ...keys.map((orderKey, index) => message(`m${index}`, { orderKey })),
    message('id with spaces'),
    message('é'.repeat(200)),
  ]
  await publisher.publish(messages)
  expect(statuses(await publisher.publish(messages))).toEqual(messages.map(() => 'fulfilled'))
  const received = await queues.received(queueUrl)
  expect(received).toHaveLength(messages.length)
  for (const { group, deduplication } of received) {
    expect(group).toMatch(/^[!-~]{1,128}$/)
    expect(deduplication).toMatch(/^[!-~]{1,128}$/)
  }
  expect(new Set(received.map(({ group }) => group)).size).toBe(7)
  const idsOf = (key: string) =>
    received
      .map(({ body }) => body as OutboxMessage)
      .filter(({ orderKey }) => orderKey === key)
      .map(({ id }) => id)
  expect(idsOf('a')).toEqual(['m0', 'm1', 'm4'])
  expect(idsOf(long)).toEqual(['m3', 'm6'])
  // Of one key one in each request.
  expect(requests.slice(0, 3).map(({ Entries }) => Entries?.length)).toEqual([7, 2, 1])
})

test('requests have at most ten messages, and no more bytes than SQS takes', async () => {
  const queueUrl = await queues.queue('batches')
  const { client, requests } = watched()
  const publisher = new SqsOutboxPublisher({ queueUrl, client })
  const small = Array.from({ length: 23 }, (_, index) => message(`s${index}`))
  const large = Array.from({ length: 5 }, (_, index) =>
    message(`l${index}`, { data: 'ü'.repeat(200_000) }),
  )
  const outcomes = await publisher.publish([...small, ...large])
  expect(new Set(statuses(outcomes))).toEqual(new Set(['fulfilled']))
  expect(requests.map(({ Entries }) => Entries?.length)).toEqual([10, 10, 5, 2, 1])
  expect(await queues.received(queueUrl)).toHaveLength(28)
})

test('what SQS refuses fails by itself, and holds back the later ones of its key', async () => {
  const queueUrl = await queues.queue('small.fifo', { maxBytes: 1024 })
  const publisher = new SqsOutboxPublisher({ queueUrl, client: queues.sqs })
  const large = { data: 'x'.repeat(2000) }
  const outcomes = await publisher.publish([
    message('1', { orderKey: 'a' }),
    message('2', { orderKey: 'b', ...large }),
    message('3', { orderKey: 'b' }),
    message('4', { orderKey: 'a' }),
    message('5'),
  ])
  expect(statuses(outcomes)).toEqual([
    'fulfilled',
    'rejected',
    'rejected',
    'fulfilled',
    'fulfilled',
  ])
  expect(outcomes[1]).toMatchObject({
    reason: { code: 'STORE', message: expect.stringMatching(/refused an entry: Invalid.*1024/) },
  })
  expect(outcomes[2]).toMatchObject({ reason: { message: expect.stringContaining('order key') } })
  const ids = (await queues.received(queueUrl)).map(({ body }) => (body as OutboxMessage).id)
  expect(ids.toSorted()).toEqual(['1', '4', '5'])
})

test('a message that is too large is refused with figures', async () => {
  const queueUrl = await queues.queue('limit')
  const publisher = new SqsOutboxPublisher({ queueUrl, client: queues.sqs })
  const envelope = JSON.stringify(message('1', { data: '' })).length
  const outcomes = await publisher.publish([
    message('1', { data: 'x'.repeat(1024 * 1024 - envelope) }),
    message('1', { data: 'x'.repeat(1024 * 1024 - envelope + 1) }),
  ])
  expect(outcomes).toMatchObject([
    { status: 'fulfilled' },
    { reason: { code: 'LIMIT', limit: 1_048_576, actual: 1_048_577 } },
  ])
  expect(await queues.received(queueUrl)).toHaveLength(1)
})

test('a message that is too large goes to S3, and a pointer to the queue', async () => {
  const queueUrl = await queues.queue('pointers')
  const s3 = { client: queues.s3, bucket: await queues.bucket('large-bodies'), prefix: 'mails/' }
  const publisher = new SqsOutboxPublisher({ queueUrl, client: queues.sqs, s3, maxBytes: 1024 })
  const large = message('1', { data: '😀'.repeat(1000) })
  expect(await publisher.publish([large, message('2')])).toHaveLength(2)
  const received = await queues.received(queueUrl)
  const [pointer = { text: '', body: undefined }, small] = received
  expect(pointer.body).toEqual({
    eventfoldBody: {
      bucket: 'large-bodies',
      key: expect.stringMatching(/^mails\/[0-9a-f]{64}\.json$/),
      bytes: expect.any(Number),
    },
  })
  expect(JSON.parse(await resolveBody(pointer.text, s3))).toEqual(large)
  expect(await resolveBody(small?.text ?? '', s3)).toBe(small?.text)
})

test('characters that SQS does not take arrive all the same', async () => {
  const queueUrl = await queues.queue('characters')
  const publisher = new SqsOutboxPublisher({ queueUrl, client: queues.sqs })
  const data = { text: '😀 \uFFFE\uFFFF \u0001\u007F <&> 日本 \uD800', '🔑': 1 }
  expect(statuses(await publisher.publish([message('1', { data })]))).toEqual(['fulfilled'])
  expect(await queues.received(queueUrl)).toMatchObject([{ body: { data } }])
})

test('a missing queue, or none to talk to, is said for each message', async () => {
  const missing = new SqsOutboxPublisher({
    queueUrl: `${queues.endpoint}/000000000000/nowhere`,
    client: queues.sqs,
  })
  const [first, second] = await missing.publish([message('1'), message('2')])
  expect(first).toMatchObject({ reason: { code: 'STORE', outcome: 'none', retryable: false } })
  expect(second).toMatchObject({ reason: { message: expect.stringContaining('nowhere') } })
  const client = new SQSClient({
    endpoint: 'http://127.0.0.1:1',
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  })
  const deaf = new SqsOutboxPublisher({ queueUrl: 'http://127.0.0.1:1/1/q', client })
  expect(await deaf.publish([message('1')])).toMatchObject([
    { reason: { code: 'STORE', outcome: 'unknown', retryable: true } },
  ])
})

test('without a client it makes one, for the endpoint that the environment names', async () => {
  const queueUrl = await queues.queue('default-client')
  vi.stubEnv('AWS_ENDPOINT_URL', queues.endpoint)
  vi.stubEnv('AWS_REGION', 'us-east-1')
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test')
  try {
    // The host of the URL is not asked, the endpoint is.
    const elsewhere = queueUrl.replace(/^http:\/\/[^/]+/, 'https://sqs.us-east-1.amazonaws.com')
    const publisher = new SqsOutboxPublisher({ queueUrl: elsewhere })
    expect(await publisher.publish([message('1')])).toEqual([{ status: 'fulfilled' }])
    expect(await queues.received(queueUrl)).toHaveLength(1)
  } finally {
    vi.unstubAllEnvs()
  }
})

test.each([
  ['no URL', { queueUrl: 'arn:aws:sqs:eu-west-1:123456789012:q' }],
  ['no client', { queueUrl: 'https://q', client: {} }],
  ['no bucket', { queueUrl: 'https://q', s3: { client: { send: () => {} } } }],
  ['no limit', { queueUrl: 'https://q', maxBytes: 12 }],
  ['an unknown option', { queueUrl: 'https://q', url: 1 }],
])('%s is refused', (_, options) => {
  expect(() => new SqsOutboxPublisher(options as never)).toThrow(
    expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
  )
})

test('a pointer is read from the bucket that was given, and from no other', async () => {
  const bucket = await queues.bucket('other')
  await queues.s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'k', Body: '{"a":1}' }))
  const s3 = { client: queues.s3, bucket }
  const pointer = (to: string, key = 'k') => ({ eventfoldBody: { bucket: to, key, bytes: 7 } })
  const text = JSON.stringify(pointer(bucket))
  expect(await resolveBody(text, s3)).toBe('{"a":1}')
  const onBus = JSON.stringify({ 'detail-type': 'T', detail: pointer(bucket) })
  expect(JSON.parse(await resolveBody(onBus, s3))).toEqual({ 'detail-type': 'T', detail: { a: 1 } })
  const notice = JSON.stringify({ Type: 'Notification', Message: text })
  expect(JSON.parse(await resolveBody(notice, s3))).toMatchObject({ Message: '{"a":1}' })
  await expect(resolveBody(text)).rejects.toThrow(/bucket other.*option s3/)
  await expect(resolveBody(JSON.stringify(pointer('foreign')), s3)).rejects.toThrow('foreign')
  await expect(resolveBody(JSON.stringify(pointer(bucket, 'gone')), s3)).rejects.toMatchObject({
    code: 'STORE',
    message: expect.stringContaining('NoSuchKey'),
  })
  const unlike = '{"eventfoldBody":1,"more":2}'
  expect(await resolveBody(unlike, s3)).toBe(unlike)
  expect(await resolveBody('eventfoldBody no JSON', s3)).toBe('eventfoldBody no JSON')
})
