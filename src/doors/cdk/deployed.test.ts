import { once } from 'node:events'
import { globSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { App, Stack } from 'aws-cdk-lib'
import { Annotations, Match } from 'aws-cdk-lib/assertions'
import { Queue } from 'aws-cdk-lib/aws-sqs'
import { startFauxqs } from 'fauxqs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EventsTable, EventStreamHandler } from './index.ts'
import { buildDoor, callFunction, inserted, type BuiltDoor } from './cdk.fixture.ts'

describe('the code that is deployed', () => {
  let door: BuiltDoor
  let asset: string
  beforeAll(async () => {
    door = await buildDoor()
    const { cdk } = door
    const { app, stack } = door.newStack()
    const made = new cdk.EventStreamHandler(stack, 'Stream', {
      table: new cdk.EventsTable(stack, 'Events'),
      queues: [new Queue(stack, 'Mails')],
    })
    expect(made.deadLetterQueue).toBeInstanceOf(Queue)
    app.synth()
    const [name = ''] = globSync('asset.*', { cwd: app.outdir })
    asset = join(app.outdir, name)
  })
  afterAll(() => door[Symbol.dispose]())

  const call = (file: string, event: unknown, env: Record<string, string>) =>
    callFunction(join(asset, `dist/doors/cdk/functions/${file}.js`), event, env)

  const at = '01KA9VZ3M0ABCDEFGHJKMNPQRS'
  const timestamp = '2026-01-31T12:00:00.000Z'

  test('has what it needs, and nothing to build or to declare', () => {
    const files = globSync('**/*', { cwd: asset, withFileTypes: true })
      .filter((file) => file.isFile())
      .map((file) => join(file.parentPath, file.name).slice(asset.length + 1))
    expect(files).toContain('package.json')
    expect(files).toContain('dist/doors/cdk/functions/publish-outbox.js')
    expect(files.filter((file) => !/^(package\.json|dist\/.*\.js)$/.test(file))).toEqual([])
    expect(JSON.parse(readFileSync(join(asset, 'package.json'), 'utf8'))).toHaveProperty(
      'type',
      'module',
    )
  })

  test('sends events to its queues', async () => {
    const server = await startFauxqs({ port: 0, logger: false })
    const sqs = new SQSClient({
      endpoint: server.address,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    })
    try {
      const { QueueUrl } = await sqs.send(
        new CreateQueueCommand({ QueueName: 'mails.fifo', Attributes: { FifoQueue: 'true' } }),
      )
      const event = inserted(
        'AGG#wallet#wal_1',
        'EVT#000000001',
        {
          itemType: 'event',
          id: 'evt_1',
          type: 'Wallet.Funded',
          data: '{"amount":5}',
          at,
          timestamp,
          aggregateType: 'wallet',
          aggregateId: 'wal_1',
        },
        { version: '1' },
      )
      const env = {
        AWS_ENDPOINT_URL_SQS: server.address,
        QUEUE_URL_LIST: JSON.stringify([QueueUrl]),
      }
      const { answer, log } = await call('publish-events', { Records: [event] }, env)
      expect([answer, log]).toEqual([{ batchItemFailures: [] }, ''])
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }))
      expect(Messages.map(({ Body }) => JSON.parse(String(Body)))).toEqual([
        expect.objectContaining({ eventId: 'evt_1', aggregateId: 'wal_1', payload: { amount: 5 } }),
      ])
    } finally {
      sqs.destroy()
      await server.stop()
    }
  })

  test('puts messages of the outbox on its bus, and answers what the bus refused', async () => {
    const put: unknown[] = []
    const answers = [
      { FailedEntryCount: 0, Entries: [{ EventId: '1' }] },
      { FailedEntryCount: 1, Entries: [{ ErrorCode: 'NotAuthorized', ErrorMessage: 'no' }] },
    ]
    const bus = createServer((request, response) => {
      void text(request).then((body) => {
        put.push(...JSON.parse(body).Entries)
        response.setHeader('Content-Type', 'application/x-amz-json-1.1')
        response.end(JSON.stringify(answers[put.length - 1]))
      })
    }).listen(0, '127.0.0.1')
    await once(bus, 'listening')
    try {
      const message = inserted('OUTBOX', `${at}#000`, {
        itemType: 'outbox',
        id: 'msg_1',
        type: 'BALANCE_CHANGED',
        data: '{"balance":5}',
        timestamp,
      })
      const env = {
        AWS_ENDPOINT_URL_EVENTBRIDGE: `http://127.0.0.1:${(bus.address() as AddressInfo).port}`,
        EVENT_SOURCE: 'account-service',
        EVENT_BUS_NAME: 'arn:aws:events:us-east-1:123456789012:event-bus/domain-events',
      }
      const event = { Records: [message] }
      const taken = await call('publish-outbox', event, env)
      expect(taken).toEqual({ answer: { batchItemFailures: [] }, log: '' })
      expect(put).toEqual([
        {
          EventBusName: env.EVENT_BUS_NAME,
          Source: 'account-service',
          DetailType: 'BALANCE_CHANGED',
          Detail: expect.stringContaining('"data":{"balance":5}'),
        },
      ])
      const { answer, log } = await call('publish-outbox', event, env)
      expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: '111' }] })
      expect(log).toContain('NotAuthorized')
      expect(log).not.toContain('balance')
    } finally {
      bus.close()
    }
  })
})

test('code that was not built, or that is elsewhere, is not deployed', () => {
  const stack = new Stack(new App({ analyticsReporting: false }), 'Wallets')
  const table = new EventsTable(stack, 'Events')
  const made = new EventStreamHandler(stack, 'Stream', { table, queues: [new Queue(stack, 'Q')] })
  const errors = Annotations.fromStack(stack).findError('*', Match.anyValue())
  expect(errors.map(({ id }) => id)).toEqual([`/${made.node.path}`])
  expect(JSON.stringify(errors[0]?.entry.data)).toContain(
    'hand in a function of your own as handler',
  )
})
