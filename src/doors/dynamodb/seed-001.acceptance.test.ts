import {
  appendEventContext,
  dispatchEvent,
  dispatchEvents,
  getEventContext,
  getEventService,
  resetEventContext,
  setEventContext,
  type AggregateHead,
  type EventRecord,
} from 'eventfold'
import { initEvents } from 'eventfold/dynamodb'
import { createEventListener } from 'eventfold/sqs'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { useTargets } from '../streams/targets.fixture.ts'
import { streamOf } from '../streams/table-stream.fixture.ts'
import { hasTable } from './todo.fixture.ts'
import { funded, openWallets, wallet, wallets, type Wallets } from './wallet.fixture.ts'

test('before initEvents nobody has a service', () => {
  expect(() => getEventService()).toThrow('before using events')
})

/** What the document of @auriclabs/events promises of its table, in its order. */
describe.runIf(hasTable)('seed 001 on a table', () => {
  const targets = useTargets()
  let log: Wallets
  beforeEach(async () => {
    log = await openWallets()
    onTestFinished(() => log[Symbol.asyncDispose]())
  })
  afterEach(resetEventContext)
  const history = async () => (await log.service.listEvents(wallet)).data

  test('initEvents takes the name of a resource, and once is enough', async () => {
    // As SST links a table: its name is some text.
    const Resource: { readonly EventStoreTable: { readonly name: string } } = {
      EventStoreTable: { name: log.tableName },
    }
    initEvents({ tableName: Resource.EventStoreTable.name, client: log.client })
    expect(await dispatchEvent(funded)).toMatchObject({ version: 1 })
    expect(await getEventService().getHead('wallet', 'wal_123')).toMatchObject({
      currentVersion: 1,
    })
  })

  describe('the event service', () => {
    test('appends under the version that is expected, and answers keys and version', async () => {
      const first = await log.service.appendEvent({ ...funded, expectedVersion: 0 })
      expect(first).toEqual({ pk: 'AGG#wallet#wal_123', sk: 'EVT#000000001', version: 1 })
      const second = await log.service.appendEvent({ ...funded, expectedVersion: 1 })
      expect(second).toEqual({ pk: 'AGG#wallet#wal_123', sk: 'EVT#000000002', version: 2 })
      await expect(
        log.service.appendEvent({ ...funded, expectedVersion: 1 }),
      ).rejects.toMatchObject({
        code: 'CONFLICT',
        conflict: { reason: 'version', expected: 1, actual: 2 },
      })
      expect(await history()).toHaveLength(2)
    })

    test('writes once what is sent twice, under one id or one key', async () => {
      const named = { ...funded, eventId: 'evt-mine', expectedVersion: 0 }
      expect(await log.service.appendEvent(named)).toEqual(await log.service.appendEvent(named))
      const keyed = { ...funded, idempotencyKey: 'command-1' }
      const first = await log.service.appendEvent(keyed)
      expect(await log.elsewhere().appendEvent(keyed)).toEqual(first)
      expect(await history()).toHaveLength(2)
    })

    test('finds the head, one event, and events between two versions', async () => {
      for (let amount = 1; amount <= 12; amount += 1) await wallets.funded('wal_123', amount)
      const { service } = log
      expect(await service.getHead('wallet', 'wal_123')).toMatchObject({ currentVersion: 12 })
      expect(await service.getEvent('wallet', 'wal_123', 10)).toMatchObject({
        sk: 'EVT#000000010',
        payload: { amount: 10 },
      })
      const range = { ...wallet, fromVersionExclusive: 8, toVersionInclusive: 11 }
      const page = await service.listEvents({ ...range, limit: 2 })
      expect(page.data.map(({ version }) => version)).toEqual([9, 10])
      expect(page).toMatchObject({ hasMore: true, cursor: 'EVT#000000010' })
      const rest = await service.listEvents({ ...range, cursor: page.cursor })
      expect(rest.data.map(({ version }) => version)).toEqual([11])
      expect(rest).toMatchObject({ hasMore: false, cursor: null })
    })

    test('gives undefined, and empty pages, where there is nothing', async () => {
      expect(await log.service.getHead('wallet', 'wal_9')).toBeUndefined()
      expect(await log.service.getEvent('wallet', 'wal_9', 1)).toBeUndefined()
      const none = { data: [], cursor: null, hasMore: false }
      expect(await log.service.listEvents({ ...wallet, aggregateId: 'wal_9' })).toEqual(none)
    })
  })

  describe('a dispatch of its own', () => {
    test('makes ids, keeps track of versions, and stores what its functions are called with', async () => {
      await wallets.funded('wal_123', 5000)
      await wallets.withdrawn('wal_123', 1000)
      const shared = { ...wallet, source: 'billing', itemType: 'event' }
      expect(await history()).toMatchObject([
        { ...shared, version: 1, eventType: 'Wallet.Funded', payload: { amount: 5000 } },
        { ...shared, version: 2, eventType: 'Wallet.Withdrawn', payload: { amount: 1000 } },
      ])
      for (const { eventId } of await history()) expect(eventId).toMatch(/^evt-[0-9A-Z]{26}$/u)
    })
  })

  describe('dispatchEvent and dispatchEvents', () => {
    test('one event', async () => {
      expect(await dispatchEvent(funded)).toEqual({
        pk: 'AGG#wallet#wal_123',
        sk: 'EVT#000000001',
        version: 1,
      })
    })

    test('several at once, and in order', async () => {
      const amounts = [1, 2, 3, 4, 5]
      const events = amounts.map((amount) => ({ ...funded, payload: { amount } }))
      await dispatchEvents(events.map((event, id) => ({ ...event, aggregateId: `wal_${id}` })))
      for (const id of amounts.keys()) {
        expect(await log.service.getHead('wallet', `wal_${id}`)).toMatchObject({
          currentVersion: 1,
        })
      }
      await dispatchEvents(events, { inOrder: true })
      const payloads = (await history()).map(({ payload }) => payload)
      expect(payloads).toEqual(amounts.map((amount) => ({ amount })))
    })
  })

  describe('a stream handler, queues and a listener', () => {
    test('what is dispatched comes to the bus and to every queue, and from there to its handler', async () => {
      const urls = [await targets.queue('.fifo'), await targets.queue()]
      setEventContext({ correlationId: 'corr-123', actorId: 'user-456' })
      await wallets.funded('wal_123', 5000)
      await wallets.withdrawn('wal_123', 1000)
      resetEventContext()
      const handler = targets.handlerOf({ queueUrls: urls, busName: 'events' })
      await handler({ Records: await streamOf(log.tableName) })
      const expected = await history()
      expect(targets.bus.details()).toEqual(expected)
      expect(targets.bus.entries[0]).toMatchObject({
        Source: 'billing',
        DetailType: 'Wallet.Funded',
      })
      const fifo = await targets.queues.received(urls[0] as string)
      const standard = await targets.queues.received(urls[1] as string)
      expect(fifo.map(({ body }) => body)).toEqual(expected)
      expect(new Set(fifo.map(({ group }) => group)).size).toBe(1)
      expect(fifo.map(({ deduplication }) => deduplication)).toEqual(
        expected.map(({ eventId }) => eventId),
      )
      expect(standard.map(({ group }) => group)).toEqual([undefined, undefined])

      const seen: unknown[] = []
      const see = (event: EventRecord) => {
        const { correlationId, causationId, actorId } = getEventContext()
        seen.push([event.eventType, { correlationId, causationId, actorId }])
        if (event.eventType === 'Wallet.Withdrawn') throw new Error('not today')
      }
      const listen = createEventListener(
        { 'Wallet.Funded': see, 'Wallet.Withdrawn': 'Wallet.Funded' },
        { log: { debug: () => {}, info: () => {}, error: () => {} } },
      )
      const answer = await listen({
        Records: fifo.map(({ text, group }, index) => ({
          messageId: `m${index}`,
          body: text,
          attributes: { MessageGroupId: group ?? '' },
        })),
      })
      const context = { correlationId: 'corr-123', actorId: 'user-456' }
      expect(seen).toEqual(
        expected.map(({ eventType, eventId }) => [eventType, { ...context, causationId: eventId }]),
      )
      expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'm1' }] })
    })
  })

  test('the context is merged into what is dispatched, and stored with it', async () => {
    setEventContext({ correlationId: 'corr-123', actorId: 'user-456' })
    appendEventContext({ causationId: 'evt-789' })
    expect(getEventContext()).toMatchObject({ causationId: 'evt-789', actorId: 'user-456' })
    await wallets.funded('wal_123', 1)
    resetEventContext()
    await wallets.funded('wal_123', 2)
    const [first, second] = await history()
    expect(first).toMatchObject({
      correlationId: 'corr-123',
      causationId: 'evt-789',
      actorId: 'user-456',
    })
    expect(second).not.toHaveProperty('correlationId')
  })

  describe('the documented types', () => {
    test('an event has all of its fields', async () => {
      const occurredAt = '2026-01-02T03:04:05.678Z'
      await dispatchEvent({ ...funded, eventId: 'evt-1', occurredAt, schemaVersion: 2 })
      const record = {
        pk: 'AGG#wallet#wal_123',
        sk: 'EVT#000000001',
        itemType: 'event',
        source: 'billing',
        ...wallet,
        version: 1,
        eventId: 'evt-1',
        eventType: 'Wallet.Funded',
        schemaVersion: 2,
        occurredAt,
        payload: { amount: 5000 },
      }
      expect(await history()).toEqual([record])
    })

    test('a head has all of its fields', async () => {
      await dispatchEvent({ ...funded, eventId: 'evt-1' })
      const head: AggregateHead | undefined = await log.service.getHead('wallet', 'wal_123')
      expect(head).toEqual({
        pk: 'AGG#wallet#wal_123',
        sk: 'HEAD',
        itemType: 'head',
        ...wallet,
        currentVersion: 1,
        lastEventId: 'evt-1',
        lastIdemKey: 'evt-1',
        updatedAt: expect.stringMatching(/^\d{4}-.+Z$/u),
      })
    })
  })

  describe('the table', () => {
    test('has the keys that the document shows', async () => {
      for (let amount = 1; amount <= 3; amount += 1) {
        await wallets.funded('wal_123', amount)
      }
      const items = await log.items('AGG#wallet#wal_123')
      expect(items.map(({ sk, itemType }) => [sk, itemType])).toEqual([
        ['EVT#000000001', 'event'],
        ['EVT#000000002', 'event'],
        ['EVT#000000003', 'event'],
        ['HEAD', 'head'],
      ])
      expect(items.at(-1)).toMatchObject({
        aggregateType: 'wallet',
        aggregateId: 'wal_123',
        currentVersion: 3,
        lastEventId: items[2]?.['id'],
      })
      expect(await log.item('AGG#wallet#wal_123', 'EVT#000000042')).toBeUndefined()
    })

    test('gets each event once, by an insert, and its head in the same transaction', async () => {
      await wallets.funded('wal_123', 1)
      await wallets.funded('wal_123', 2)
      const of = (await streamOf(log.tableName)).filter(
        ({ dynamodb }) => dynamodb?.Keys?.['pk']?.S === 'AGG#wallet#wal_123',
      )
      const told = of.map(({ eventName, dynamodb }) => [dynamodb?.Keys?.['sk']?.S, eventName])
      expect(told.filter(([sk]) => sk !== 'HEAD')).toEqual([
        ['EVT#000000001', 'INSERT'],
        ['EVT#000000002', 'INSERT'],
      ])
      expect(told.filter(([sk]) => sk === 'HEAD')).toEqual([
        ['HEAD', 'INSERT'],
        ['HEAD', 'MODIFY'],
      ])
    })
  })
})
