import { PutEventsCommand } from '@aws-sdk/client-eventbridge'
import type { OutboxMessage } from 'eventfold'
import { EventBridgeOutboxPublisher } from 'eventfold/eventbridge'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { startBus, type Bus } from '../bus.fixture.ts'
import { startQueues } from '../queues.fixture.ts'

let bus: Bus
beforeEach(async () => {
  bus = await startBus()
})
afterEach(() => bus[Symbol.asyncDispose]())

const message = (id: string, more: Partial<OutboxMessage> = {}): OutboxMessage => ({
  id,
  type: 'balance-changed',
  data: { id, text: 'é😀' },
  timestamp: '2026-01-02T03:04:05.678Z',
  ...more,
})

const publisher = (more: object = {}) =>
  new EventBridgeOutboxPublisher({
    eventBusName: 'domain-events',
    source: 'account-service',
    client: bus.client(),
    ...more,
  })

describe('contract test, without the service', () => {
  test('the stand-in knows a wrong signature, an unknown member and a detail that is no object', async () => {
    const entry = { Source: 's', DetailType: 't', Detail: '{}', EventBusName: 'b' }
    const put = (Entries: object[], credentials?: object) =>
      bus.client(credentials as never).send(new PutEventsCommand({ Entries }))
    const wrong = { credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wrong' } }
    await expect(put([entry], wrong)).rejects.toThrow('signature')
    await expect(put([])).rejects.toThrow('0 entries')
    await expect(put(Array.from({ length: 11 }, () => entry))).rejects.toThrow('11 entries')
    expect(await put([entry, { ...entry, Detail: '[]' }])).toMatchObject({
      FailedEntryCount: 1,
      Entries: [{ EventId: expect.any(String) }, { ErrorCode: 'MalformedDetail' }],
    })
  })

  test('an entry has bus, source and type, and the message as its detail', async () => {
    const sent = message('m1', {
      orderKey: 'account#1',
      event: { id: 'e1', type: 'CHANGED', position: 7, metadata: { tenantId: 't' } },
    })
    expect(await publisher().publish([sent])).toEqual([{ status: 'fulfilled' }])
    expect(bus.entries).toEqual([
      {
        EventBusName: 'domain-events',
        Source: 'account-service',
        DetailType: 'balance-changed',
        Detail: JSON.stringify(sent),
      },
    ])
  })

  test('requests have at most ten entries, fewer bytes than 1 MB, and one of each order key', async () => {
    const small = Array.from({ length: 12 }, (_, index) => message(`s${index}`))
    const large = Array.from({ length: 3 }, (_, index) =>
      message(`l${index}`, { data: 'ü'.repeat(240_000) }),
    )
    const ofOneKey = ['1', '2'].map((id) => message(id, { orderKey: 'k' }))
    const outcomes = await publisher().publish([...small, ...large, ...ofOneKey])
    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['fulfilled']))
    expect(bus.requests).toEqual([10, 4, 2, 1])
  })

  test('what the bus refuses fails by itself, and holds back the later ones of its key', async () => {
    bus.refuse = ({ Detail = '' }) =>
      (JSON.parse(Detail) as OutboxMessage).id === '2'
        ? { code: 'ThrottlingException', message: 'Slow down.' }
        : undefined
    const keys = ['a', 'b', 'b', 'a', undefined]
    const outcomes = await publisher().publish(
      keys.map((orderKey, index) =>
        message(String(index + 1), orderKey === undefined ? {} : { orderKey }),
      ),
    )
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'rejected',
      'fulfilled',
      'fulfilled',
    ])
    expect(outcomes[1]).toMatchObject({
      reason: { code: 'STORE', retryable: true, message: expect.stringContaining('Slow down.') },
    })
    expect(bus.details()).toMatchObject([{ id: '1' }, { id: '5' }, { id: '4' }])
  })

  test('what is too large is refused with figures, or goes to S3', async () => {
    const large = message('1', { data: 'x'.repeat(1_000_000) })
    const long = message('2', { type: 'x'.repeat(129) })
    expect(await publisher().publish([large, long, message('3')])).toMatchObject([
      { reason: { code: 'LIMIT', limit: 999_999 - 30, actual: expect.any(Number) } },
      { reason: { code: 'LIMIT', limit: 128, actual: 129 } },
      { status: 'fulfilled' },
    ])
    await using queues = await startQueues()
    const s3 = { client: queues.s3, bucket: await queues.bucket('large') }
    expect(await publisher({ s3 }).publish([large])).toEqual([{ status: 'fulfilled' }])
    expect(bus.details()[1]).toMatchObject({ eventfoldBody: { bucket: 'large' } })
  })

  test('a request that is refused as a whole has failed for each message', async () => {
    const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wrong' }
    const outcomes = await publisher({ client: bus.client({ credentials }) }).publish([
      message('1'),
      message('2'),
    ])
    expect(outcomes).toMatchObject([
      { reason: { code: 'STORE', outcome: 'none', cause: { name: 'InvalidSignatureException' } } },
      { status: 'rejected' },
    ])
  })

  test('without a client it makes one, for the endpoint that the environment names', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL', bus.endpoint)
    vi.stubEnv('AWS_REGION', 'eu-west-1')
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret')
    try {
      await publisher({ client: undefined }).publish([message('1')])
      expect(bus.details()).toMatchObject([{ id: '1' }])
    } finally {
      vi.unstubAllEnvs()
    }
  })
})

test.each([
  ['no bus', { eventBusName: '' }],
  ['no source', { source: undefined }],
  ['an unknown option', { bus: 'b' }],
])('%s is refused', (_, more) => {
  const options = { eventBusName: 'b', source: 's', ...more }
  expect(() => new EventBridgeOutboxPublisher(options as never)).toThrow(
    expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
  )
})
