import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
} from '@aws-sdk/client-sqs'
import { createEventListener, type SqsEvent, type SqsRecord } from 'eventfold/sqs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startQueues, type Queues } from '../queues.fixture.ts'

let queues: Queues
let sqs: Queues['sqs']
beforeAll(async () => {
  queues = await startQueues()
  sqs = queues.sqs
})
afterAll(() => queues[Symbol.asyncDispose]())

async function createQueue(name: string, attributes: Record<string, string> = {}): Promise<string> {
  const all = { ...attributes, ...(name.endsWith('.fifo') && { FifoQueue: 'true' }) }
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: all }))
  return String(QueueUrl)
}

interface Deed {
  readonly wallet: string
  readonly number: number
}

async function send(queue: string, deeds: readonly Deed[]): Promise<void> {
  const isFifo = queue.endsWith('.fifo')
  const Entries = deeds.map(({ wallet, number }, index) => ({
    Id: String(index),
    MessageBody: JSON.stringify({
      eventId: `${wallet}-${number}`,
      eventType: 'Wallet.Funded',
      aggregateType: 'wallet',
      aggregateId: wallet,
      version: number,
      occurredAt: new Date().toISOString(),
      payload: { number },
    }),
    ...(isFifo && { MessageGroupId: wallet, MessageDeduplicationId: `${wallet}-${number}` }),
  }))
  const { Failed } = await sqs.send(new SendMessageBatchCommand({ QueueUrl: queue, Entries }))
  expect(Failed ?? []).toEqual([])
}

/** What Lambda does with a queue: hands a batch over, and deletes what is not answered as failed. */
async function deliver(
  queue: string,
  handler: (event: SqsEvent) => Promise<{ batchItemFailures: { itemIdentifier: string }[] }>,
): Promise<{ received: number; failed: number }> {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: queue,
      MaxNumberOfMessages: 10,
      MessageSystemAttributeNames: ['All'],
      VisibilityTimeout: 1,
      WaitTimeSeconds: 2,
    }),
  )
  const Records = Messages.map(({ MessageId, Body, Attributes }): SqsRecord => ({
    messageId: String(MessageId),
    body: String(Body),
    attributes: { MessageGroupId: Attributes?.MessageGroupId },
  }))
  const { batchItemFailures } = await handler({ Records })
  const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier))
  for (const { MessageId, ReceiptHandle } of Messages) {
    if (failed.has(String(MessageId))) continue
    await sqs.send(new DeleteMessageCommand({ QueueUrl: queue, ReceiptHandle }))
  }
  return { received: Messages.length, failed: failed.size }
}

async function left(queue: string): Promise<number> {
  const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queue, AttributeNames: [...names] }),
  )
  return names.reduce((sum, name) => sum + Number(Attributes?.[name]), 0)
}

/** A listener whose handler fails so many times for a deed, and what it handled. */
function listener(failures: Map<string, number>) {
  const handled: string[] = []
  const handler = createEventListener(
    {
      'Wallet.Funded': ({ eventId }) => {
        const remaining = failures.get(eventId) ?? 0
        failures.set(eventId, remaining - 1)
        if (remaining > 0) throw new Error(`not now: ${eventId}`)
        handled.push(eventId)
      },
    },
    { log: { debug: () => {}, info: () => {}, error: () => {} } },
  )
  return { handler, handled }
}

test('a FIFO queue delivers what failed again, and each group stays in order', async () => {
  const queue = await createQueue('wallets.fifo')
  const deeds = [1, 2, 3].flatMap((number) => ['a', 'b', 'c'].map((wallet) => ({ wallet, number })))
  await send(queue, deeds)
  const { handler, handled } = listener(
    new Map([
      ['a-1', 2],
      ['b-2', 1],
    ]),
  )
  // This queue gives out one message of a group at a time.
  expect(await deliver(queue, handler)).toEqual({ received: 3, failed: 1 })
  expect(handled).toEqual(['b-1', 'c-1'])
  while ((await left(queue)) > 0) await deliver(queue, handler)
  expect(handled).toHaveLength(9)
  for (const wallet of ['a', 'b', 'c']) {
    expect(handled.filter((id) => id.startsWith(wallet))).toEqual([
      `${wallet}-1`,
      `${wallet}-2`,
      `${wallet}-3`,
    ])
  }
})

test('a standard queue delivers what failed again, and that alone', async () => {
  const queue = await createQueue('wallets')
  await send(queue, [
    { wallet: 'a', number: 1 },
    { wallet: 'a', number: 2 },
    { wallet: 'a', number: 3 },
  ])
  const { handler, handled } = listener(new Map([['a-1', 1]]))
  while ((await left(queue)) > 0) await deliver(queue, handler)
  expect(handled.toSorted()).toEqual(['a-1', 'a-2', 'a-3'])
})

test('what cannot be read ends in the dead-letter queue, not nowhere', async () => {
  const dead = await createQueue('dead')
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: dead, AttributeNames: ['QueueArn'] }),
  )
  const redrive = { deadLetterTargetArn: Attributes?.QueueArn, maxReceiveCount: 2 }
  const queue = await createQueue('redriven', { RedrivePolicy: JSON.stringify(redrive) })
  const Entries = [{ Id: '1', MessageBody: 'hello' }]
  await sqs.send(new SendMessageBatchCommand({ QueueUrl: queue, Entries }))
  const { handler, handled } = listener(new Map())
  while ((await left(queue)) > 0) await deliver(queue, handler)
  expect([handled, await left(dead)]).toEqual([[], 1])
})
