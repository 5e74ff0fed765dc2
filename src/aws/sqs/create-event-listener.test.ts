import { setTimeout as sleep } from 'node:timers/promises'
import {
  appendEventContext,
  getEventContext,
  MemoryEventStore,
  type OutboxMessage,
} from 'eventfold'
import { createEventListener, type ReceivedRecord, type SqsBatchResponse } from 'eventfold/sqs'
import { describe, expect, test } from 'vitest'

const event = {
  pk: 'AGG#wallet#wal_1',
  sk: 'EVT#000000001',
  itemType: 'event',
  source: 'billing',
  aggregateType: 'wallet',
  aggregateId: 'wal_1',
  version: 1,
  eventId: 'evt_1',
  eventType: 'Wallet.Funded',
  occurredAt: '2026-01-31T12:00:00.000Z',
  payload: { amount: 5 },
}

const silent = { debug: () => {}, info: () => {}, error: () => {} }

/** What the handler of `type` gets for a body, and what is answered. */
async function receive(
  body: unknown,
  type = 'Wallet.Funded',
): Promise<{ seen: ReceivedRecord[]; answer: SqsBatchResponse; errors: unknown[] }> {
  const seen: ReceivedRecord[] = []
  const errors: unknown[] = []
  const error = (_: string, fields: Readonly<Record<string, unknown>>) =>
    errors.push(fields['error'])
  const handler = createEventListener(
    { [type]: (received: ReceivedRecord) => seen.push(received) },
    { log: { ...silent, error } },
  )
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return { answer: await handler({ Records: [{ messageId: 'm', body: text }] }), seen, errors }
}

const inEventBridge = (detail: unknown) => ({
  version: '0',
  id: '6a7e8feb-b491-4cf7-a9f1-bf3703467718',
  'detail-type': 'Wallet.Funded',
  source: 'billing',
  account: '111122223333',
  time: '2026-01-31T12:00:01Z',
  region: 'eu-central-1',
  resources: [],
  detail,
})
const inSns = (message: unknown) => ({
  Type: 'Notification',
  MessageId: 'dc1e94d9-56c5-5e96-808d-cc7f68faa162',
  TopicArn: 'arn:aws:sns:eu-central-1:111122223333:wallets',
  Message: JSON.stringify(message),
  Timestamp: '2026-01-31T12:00:01.000Z',
})

async function messagesOfOutbox(): Promise<OutboxMessage[]> {
  const store = new MemoryEventStore()
  await store.commit({
    events: [
      {
        type: 'Wallet.Funded',
        data: { walletId: 'wal_1', amount: 5 },
        metadata: {
          correlationId: 'cor_1',
          actorId: 'user_1',
          tenantId: 'acme',
          source: 'billing',
        },
        aggregate: { type: 'wallet', id: 'wal_1' },
      },
      { type: 'Wallet.Seen', data: { walletId: 'wal_1' } },
    ],
    outbox: [
      { type: 'Send.Mail', data: { to: 'a@example.com' } },
      { type: 'Send.Mail', data: null, event: 1 },
      { type: 'Send.Mail', data: [], orderKey: 'mails' },
    ],
  })
  await store.commit({ outbox: [{ type: 'Send.Mail', data: 1 }] })
  const records = await store.outbox.read()
  return records.map(({ cursor: _cursor, ...message }) => message)
}

describe('a body is', () => {
  test.each([
    ['an event record', event],
    ['one that a bus hands on', inEventBridge(event)],
    ['one that a topic hands on', inSns(event)],
    ['one that a bus and a topic hand on', inSns(inEventBridge(event))],
  ])('%s', async (_, body) => {
    expect(await receive(body)).toEqual({
      seen: [event],
      answer: { batchItemFailures: [] },
      errors: [],
    })
  })

  test('an event without an aggregate, which says so', async () => {
    const { aggregateType, aggregateId, version, ...keyless } = event
    const body = { ...keyless, pk: 'KEY#walletId=s:wal_1', position: 42 }
    expect((await receive(body)).seen).toEqual([
      { ...body, aggregateType: '', aggregateId: '', version: 42 },
    ])
    expect([aggregateType, aggregateId, version]).toEqual(['wallet', 'wal_1', 1])
    expect((await receive(keyless)).seen).toEqual([keyless])
  })

  test('a message of an outbox, which comes as an event', async () => {
    const [ofAggregate, ofKey, ofOrder, ofNothing] = await messagesOfOutbox()
    const { seen } = await receive(ofAggregate, 'Send.Mail')
    expect(seen).toEqual([
      {
        pk: '',
        sk: '',
        itemType: 'event',
        source: 'billing',
        aggregateType: 'wallet',
        aggregateId: 'wal_1',
        version: ofAggregate?.event?.position,
        eventId: ofAggregate?.id,
        eventType: 'Send.Mail',
        occurredAt: ofAggregate?.timestamp,
        causationId: ofAggregate?.event?.id,
        correlationId: 'cor_1',
        actorId: 'user_1',
        tenantId: 'acme',
        payload: { to: 'a@example.com' },
        outbox: ofAggregate,
      },
    ])
    for (const body of [ofKey, inEventBridge(ofKey), inSns(ofKey)]) {
      const [keyed] = (await receive(body, 'Send.Mail')).seen
      expect(keyed).toMatchObject({
        aggregateType: '',
        aggregateId: ofKey?.orderKey,
        payload: null,
      })
    }
    const [ordered] = (await receive(ofOrder, 'Send.Mail')).seen
    expect(ordered).toMatchObject({ aggregateType: '', aggregateId: 'mails', payload: [] })
    const [causeless] = (await receive(ofNothing, 'Send.Mail')).seen
    expect(causeless).toMatchObject({ aggregateType: '', aggregateId: '', version: 0, source: '' })
    expect(causeless).not.toHaveProperty('causationId')
  })

  test.each([
    ['no JSON', '{ "secret": '],
    ['empty', ''],
    ['a text', '"secret"'],
    ['null', 'null'],
    ['a list', [event]],
    ['an object of something else', { secret: 1 }],
    ['an event without an id', { ...event, eventId: undefined, payload: 'secret' }],
    ['an event with an empty type', { ...event, eventType: '' }],
    ['an event whose id is a number', { ...event, eventId: 7 }],
    ['a message without data', { id: '1', type: 'secret', timestamp: 'now' }],
    ['what somebody else put on the bus', inEventBridge({ bucket: 'secret' })],
    ['a notice that is no JSON', { ...inSns(event), Message: 'secret' }],
  ])('refused, and not quoted, where it is %s', async (_, body) => {
    const { seen, answer, errors } = await receive(body)
    expect(seen).toEqual([])
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'm' }] })
    expect(errors).toEqual([
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        message: expect.stringContaining('the body of the message is'),
      }),
    ])
    expect(JSON.stringify(errors) + String(errors)).not.toContain('secret')
  })

  test('not trusted in what it says of its way', async () => {
    for (const meta of ['text', null, [], 1]) {
      expect((await receive({ ...event, meta })).seen).toEqual([event])
    }
    const body = `{"eventType":"Wallet.Funded","eventId":"1","__proto__":{"meta":{"replay":true}}}`
    const { seen } = await receive(body)
    expect(seen[0]?.meta).toBeUndefined()
  })
})

test('an unreadable message holds its group back, too', async () => {
  const seen: unknown[] = []
  const handler = createEventListener(
    { 'Wallet.Funded': ({ eventId }) => seen.push(eventId) },
    { log: silent },
  )
  const attributes = { MessageGroupId: 'wal_1' }
  const Records = [
    { messageId: '1', body: '?', attributes },
    { messageId: '2', body: JSON.stringify(event), attributes },
    { messageId: '3', body: JSON.stringify(event), attributes: { MessageGroupId: 'wal_2' } },
  ]
  const { batchItemFailures } = await handler({ Records })
  expect(batchItemFailures).toEqual([{ itemIdentifier: '1' }, { itemIdentifier: '2' }])
  expect(seen).toEqual(['evt_1'])
})

test('an event without a handler fails where that is asked for', async () => {
  const body = JSON.stringify({ ...event, eventType: 'constructor' })
  const Records = [{ messageId: '1', body }]
  expect((await createEventListener({})({ Records })).batchItemFailures).toEqual([])
  const handler = createEventListener({}, { unknown: 'refuse', log: silent })
  expect((await handler({ Records })).batchItemFailures).toEqual([{ itemIdentifier: '1' }])
})

test('batches that are handled at the same time have contexts of their own', async () => {
  const seen: unknown[] = []
  const handler = createEventListener({
    'Wallet.Funded': async ({ eventId }) => {
      await sleep(eventId === 'evt_1' ? 20 : 5)
      appendEventContext({ from: eventId })
      await sleep(eventId === 'evt_1' ? 5 : 20)
      seen.push(getEventContext())
    },
  })
  const run = (eventId: string) =>
    handler({
      Records: [
        {
          messageId: eventId,
          body: JSON.stringify({ ...event, eventId, tenantId: `of ${eventId}` }),
        },
      ],
    })
  await Promise.all([run('evt_1'), run('evt_2')])
  expect(seen).toHaveLength(2)
  for (const id of ['evt_1', 'evt_2']) {
    expect(seen).toContainEqual({ causationId: id, tenantId: `of ${id}`, from: id })
  }
})

describe('what cannot be meant is refused when the listener is made', () => {
  const make = (handlers: object, options?: object) => () =>
    createEventListener(handlers as never, options as never)

  test.each([
    ['a circle of names', { A: 'B', B: 'A' }, {}, 'createEventHandler.A'],
    ['a name of nothing', { A: 'B' }, {}, 'createEventHandler.B'],
    ['an unknown option', {}, { debgu: true }, 'found "debgu"'],
    ['a debug that is no flag', {}, { debug: 'yes' }, 'options.debug'],
    ['a log that is none', {}, { log: { error: () => {} } }, 'options.log'],
    ['a policy without a way', {}, { staleness: { maxAgeMs: 1 } }, 'staleness.onStale'],
    [
      'a policy that no age meets',
      {},
      { staleness: { maxAgeMs: Number.NaN, onStale: 'skip' } },
      'maxAgeMs',
    ],
    ['an age below zero', {}, { staleness: { maxAgeMs: -1, onStale: 'skip' } }, 'maxAgeMs'],
    ['a policy of a type', {}, { stalenessByEventType: { A: 'skip' } }, 'stalenessByEventType.A'],
    ['a way that there is not', {}, { unknown: 'throw' }, 'options.unknown'],
  ])('%s', (_, handlers, options, message) => {
    expect(make(handlers, options)).toThrow(message)
  })
})

test.each([
  undefined,
  null,
  {},
  { Records: {} },
  { Records: [{ body: '{}' }] },
  { Records: [null] },
])('what is no batch of a queue is refused as a whole: %j', async (batch) => {
  await expect(createEventListener({})(batch as never)).rejects.toThrow('event.Records')
})
