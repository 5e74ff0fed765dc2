import {
  CreateBucketCommand,
  DeleteObjectCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3'
import {
  CreateQueueCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { createOutboxRelay, MemoryEventStore } from 'eventfold'
import {
  createEventListener,
  SqsOutboxPublisher,
  type EventListenerOptions,
  type ReceivedRecord,
} from 'eventfold/sqs'
import { startFauxqs } from 'fauxqs'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'

const bucket = 'large-bodies'
const region = 'us-east-1'
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }

let server: Awaited<ReturnType<typeof startFauxqs>>
let sqs: SQSClient
let s3: S3Client
let queueUrl: string
beforeAll(async () => {
  server = await startFauxqs({ port: 0, logger: false })
  sqs = new SQSClient({ endpoint: server.address, region, credentials })
  s3 = new S3Client({ endpoint: server.address, region, credentials, forcePathStyle: true })
  await s3.send(new CreateBucketCommand({ Bucket: bucket }))
  const Attributes = { FifoQueue: 'true' }
  const made = await sqs.send(new CreateQueueCommand({ QueueName: 'mails.fifo', Attributes }))
  queueUrl = String(made.QueueUrl)
})
beforeEach(async () => {
  await sqs.send(new PurgeQueueCommand({ QueueUrl: queueUrl }))
})
afterAll(async () => {
  sqs.destroy()
  s3.destroy()
  await server.stop()
})

/** Writes a message with its event, publishes it, and takes it off the queue as Lambda would. */
async function publish(data: unknown): Promise<string> {
  const store = new MemoryEventStore()
  await store.commit({
    events: [
      {
        type: 'Wallet.Funded',
        data: { walletId: 'wal_1' },
        aggregate: { type: 'wallet', id: 'wal_1' },
        metadata: { correlationId: 'cor_1' },
      },
    ],
    outbox: [{ type: 'Send.Mail', data }],
  })
  const large = { client: s3, bucket, prefix: 'mails/' }
  const publisher = new SqsOutboxPublisher({ queueUrl, client: sqs, s3: large })
  await using relay = createOutboxRelay({ store, name: 'mails', publisher })
  expect(await relay.drain()).toEqual({ published: 1, failed: 0 })
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl: queueUrl, WaitTimeSeconds: 2 }),
  )
  return String(Messages[0]?.Body)
}

async function listen(body: string, options: EventListenerOptions = {}) {
  const seen: ReceivedRecord[] = []
  const errors: unknown[] = []
  const log = {
    debug: () => {},
    info: () => {},
    error: (_: string, { error }: Readonly<Record<string, unknown>>) => errors.push(error),
  }
  const handler = createEventListener(
    { 'Send.Mail': (message) => seen.push(message) },
    { log, ...options },
  )
  const { batchItemFailures } = await handler({ Records: [{ messageId: 'm', body }] })
  return { seen, errors, failed: batchItemFailures.length }
}

test('a message that a relay publishes to a queue reaches its handler', async () => {
  const { seen } = await listen(await publish({ to: 'ä🦀@example.com' }))
  expect(seen).toEqual([
    expect.objectContaining({
      eventType: 'Send.Mail',
      aggregateType: 'wallet',
      aggregateId: 'wal_1',
      correlationId: 'cor_1',
      payload: { to: 'ä🦀@example.com' },
    }),
  ])
})

test('one that is too large for the queue comes out of S3', async () => {
  const text = 'x'.repeat(1024 * 1024)
  const body = await publish({ text })
  expect(body.length).toBeLessThan(1000)
  const { seen, failed } = await listen(body, { s3: { client: s3, bucket } })
  expect([seen[0]?.payload, failed]).toEqual([{ text }, 0])
})

test('one whose body cannot be had fails, and says why', async () => {
  const body = await publish({ text: 'y'.repeat(1024 * 1024) })
  const without = await listen(body)
  expect([without.failed, without.seen]).toEqual([1, []])
  expect(String(without.errors)).toContain(`bucket ${bucket} of S3, and no bucket was given`)
  const elsewhere = await listen(body, { s3: { client: s3, bucket: 'another' } })
  expect([elsewhere.failed, String(elsewhere.errors)]).toEqual([
    1,
    expect.stringContaining('not in another'),
  ])
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket }))
  for (const { Key } of Contents) await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key }))
  const gone = await listen(body, { s3: { client: s3, bucket } })
  expect([gone.failed, gone.seen]).toEqual([1, []])
  expect(gone.errors).toMatchObject([{ code: 'STORE' }])
})
