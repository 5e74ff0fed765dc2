import type { StreamRecord } from 'eventfold/streams'
import { describe, expect, test } from 'vitest'
import { recordOf, secret, useTargets } from './targets.fixture.ts'

const targets = useTargets()
const { handlerOf, logged, queue } = targets

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
    expect(await targets.queues.received(url)).toHaveLength(2)
  })

  test('it answers with the first record that failed, and goes on from there', async () => {
    const url = await queue('.fifo', { maxBytes: 1024 })
    const handler = handlerOf({ queueUrls: [url], busName: 'b', reportBatchItemFailures: true })
    const Records = [recordOf(1), recordOf(2, large), recordOf(3)]
    expect(await handler({ Records })).toEqual({
      batchItemFailures: [{ itemIdentifier: 'seq-wal_1-2' }],
    })
    expect(await targets.queues.received(url)).toHaveLength(1)
    expect(targets.bus.details()).toHaveLength(3)
    expect(await handler({ Records: Records.slice(1) })).toEqual({
      batchItemFailures: [{ itemIdentifier: 'seq-wal_1-2' }],
    })
    expect(await handler({ Records: Records.slice(2) })).toEqual({ batchItemFailures: [] })
  })

  test('the first of several failures is the one that counts', async () => {
    const [url, missing] = [
      await queue('', { maxBytes: 1024 }),
      `${targets.queues.endpoint}/1/missing`,
    ]
    targets.bus.refuse = ({ Detail = '' }) =>
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
    expect(await targets.queues.received(url)).toEqual([])
    const s3 = { client: targets.queues.s3, bucket: await targets.queues.bucket('events') }
    await handlerOf({ queueUrls: [url], maxBytes: 1024, s3 })({ Records })
    expect(await targets.queues.received(url)).toMatchObject([
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
    ['metadata that is no JSON', { metadata: { S: secret } }],
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
    expect(await targets.queues.received(url)).toHaveLength(2)
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
    expect(targets.bus.details()).toHaveLength(1)
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
  expect(targets.bus.requests).toEqual([])
  expect(await handler({ Records: [] })).toEqual({ batchItemFailures: [] })
})
