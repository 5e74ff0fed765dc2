import { DeleteObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3'
import { createOutboxRelay, MemoryEventStore } from 'eventfold'
import {
  createEventListener,
  SqsOutboxPublisher,
  type EventListenerOptions,
  type ReceivedRecord,
} from 'eventfold/sqs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startQueues, type Queues } from '../queues.fixture.ts'

const bucket = 'large-bodies'

let queues: Queues
let queueUrl: string
beforeAll(async () => {
  queues = await startQueues()
  queueUrl = await queues.queue('mails.fifo')
  await queues.bucket(bucket)
})
afterAll(() => queues[Symbol.asyncDispose]())

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
  const large = { client: queues.s3, bucket, prefix: 'mails/' }
  const publisher = new SqsOutboxPublisher({ queueUrl, client: queues.sqs, s3: large })
  await using relay = createOutboxRelay({ store, name: 'mails', publisher })
  expect(await relay.drain()).toEqual({ published: 1, failed: 0 })
  const [message] = await queues.received(queueUrl)
  return message?.text ?? ''
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
  const { seen, failed } = await listen(body, { s3: { client: queues.s3, bucket } })
  expect([seen[0]?.payload, failed]).toEqual([{ text }, 0])
})

test('one whose body cannot be had fails, and says why', async () => {
  const body = await publish({ text: 'y'.repeat(1024 * 1024) })
  const without = await listen(body)
  expect([without.failed, without.seen]).toEqual([1, []])
  expect(String(without.errors)).toContain(`bucket ${bucket} of S3, and no bucket was given`)
  const elsewhere = await listen(body, { s3: { client: queues.s3, bucket: 'another' } })
  expect([elsewhere.failed, String(elsewhere.errors)]).toEqual([
    1,
    expect.stringContaining('not in another'),
  ])
  const { Contents = [] } = await queues.s3.send(new ListObjectsV2Command({ Bucket: bucket }))
  for (const { Key } of Contents)
    await queues.s3.send(new DeleteObjectCommand({ Bucket: bucket, Key }))
  const gone = await listen(body, { s3: { client: queues.s3, bucket } })
  expect([gone.failed, gone.seen]).toEqual([1, []])
  expect(gone.errors).toMatchObject([{ code: 'STORE' }])
})
