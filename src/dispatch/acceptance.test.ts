import {
  appendEventContext,
  createDispatch,
  createEventHandler,
  createEventId,
  dispatchEvent,
  dispatchEvents,
  getEventContext,
  getEventService,
  initEvents,
  resetEventContext,
  setEventContext,
  type AggregateHead,
  type AggregateId,
  type AggregatePK,
  type AggregateType,
  type DispatchEventArgs,
  type EventId,
  type EventRecord,
  type EventSK,
  type EventService,
  type PaginationResponse,
  type Source,
} from 'eventfold'
import { withFaults } from 'eventfold/testing'
import { afterEach, beforeEach, describe, expect, expectTypeOf, test } from 'vitest'
import { everyStore, type FreshLog } from '../client/every-store.fixture.ts'

test('before initEvents the service is not there, and whoever needs it says so', async () => {
  const message = 'Call initEvents({ store }) before using events'
  expect(() => getEventService()).toThrow(message)
  const args = { aggregateType: 'wallet', aggregateId: 'wal_1', source: 'billing' }
  await expect(dispatchEvent({ ...args, eventType: 'Wallet.Funded' })).rejects.toThrow(message)
})

// What the document of `@auriclabs/events` promises, in its order.
describe.each(everyStore)('dispatch on $name', ({ open }) => {
  let log: FreshLog
  let service: EventService
  beforeEach(async () => {
    log = await open()
    initEvents({ store: log.store })
    service = getEventService()
  })
  afterEach(async () => {
    resetEventContext()
    await log[Symbol.asyncDispose]()
  })

  const dispatch = createDispatch(
    {
      funded: (walletId: string, amount: number) => ({
        aggregateId: walletId,
        eventType: 'Wallet.Funded',
        payload: { amount },
      }),
      withdrawn: (walletId: string, amount: number) => ({
        aggregateId: walletId,
        eventType: 'Wallet.Withdrawn',
        payload: { amount },
      }),
    },
    { aggregateType: 'wallet', source: 'billing' },
  )
  const event: DispatchEventArgs<{ amount: number }> = {
    aggregateType: 'wallet',
    aggregateId: 'wal_123',
    source: 'billing',
    eventType: 'Wallet.Funded',
    payload: { amount: 5000 },
  }
  const wallet = { aggregateType: 'wallet', aggregateId: 'wal_123' }
  const history = async () => (await service.listEvents(wallet)).data

  describe('the event service', () => {
    test('appends under the version that is expected, and answers keys and version', async () => {
      const eventId = `evt-${createEventId()}`
      const args = { ...event, eventId, idempotencyKey: eventId, expectedVersion: 0 }
      const result = await service.appendEvent(args)
      expect(result).toEqual({ pk: 'AGG#wallet#wal_123', sk: 'EVT#000000001', version: 1 })
      const again = { ...event, eventId: `evt-${createEventId()}`, expectedVersion: 0 }
      await expect(service.appendEvent(again)).rejects.toMatchObject({ code: 'CONFLICT' })
      expect(await history()).toHaveLength(1)
    })

    test('writes once what is sent twice', async () => {
      const args = { ...event, eventId: `evt-${createEventId()}`, expectedVersion: 0 }
      const first = await service.appendEvent(args)
      expect(await service.appendEvent(args)).toEqual(first)
      expect(await history()).toHaveLength(1)
    })

    test('finds the head, an event and a page; and undefined where there is nothing', async () => {
      await dispatchEvents([event, event, event], { inOrder: true })
      expect((await service.getHead('wallet', 'wal_123'))?.currentVersion).toBe(3)
      expect((await service.getEvent('wallet', 'wal_123', 2))?.version).toBe(2)
      const page = await service.listEvents({
        ...wallet,
        fromVersionExclusive: 1,
        toVersionInclusive: 3,
        limit: 1,
      })
      expect(page).toMatchObject({ data: [{ version: 2 }], hasMore: true })
      const next = { ...wallet, toVersionInclusive: 3, limit: 1, cursor: page.cursor }
      expect(await service.listEvents(next)).toMatchObject({
        data: [{ version: 3 }],
        cursor: null,
        hasMore: false,
      })
      expect(await service.getHead('wallet', 'wal_9')).toBeUndefined()
      expect(await service.getEvent('wallet', 'wal_123', 4)).toBeUndefined()
      expectTypeOf(page).toEqualTypeOf<PaginationResponse<EventRecord>>()
    })
  })

  describe('a dispatch of its own', () => {
    test('dispatches what its functions are called with', async () => {
      await dispatch.funded('wal_123', 5000)
      await dispatch.withdrawn('wal_123', 1000)
      const shared = { aggregateType: 'wallet', source: 'billing', aggregateId: 'wal_123' }
      expect(await history()).toMatchObject([
        { ...shared, version: 1, eventType: 'Wallet.Funded', payload: { amount: 5000 } },
        { ...shared, version: 2, eventType: 'Wallet.Withdrawn', payload: { amount: 1000 } },
      ])
    })

    test('makes event ids of ULIDs, that rise', async () => {
      for (let index = 0; index < 5; index += 1) await dispatch.funded('wal_123', index)
      const ids = (await history()).map(({ eventId }) => eventId)
      expect(ids.every((id) => /^evt-[\dA-HJKMNP-TV-Z]{26}$/.test(id))).toBe(true)
      expect(ids.toSorted()).toEqual(ids)
    })

    test('keeps track of versions: of many at once each has its own', async () => {
      const at = Array.from({ length: 30 }, (_, amount) => dispatch.funded('wal_123', amount))
      const versions = (await Promise.all(at)).map(({ version }) => version)
      expect(versions.toSorted((a, b) => a - b)).toEqual(versions.map((_, index) => index + 1))
      expect(await history()).toHaveLength(30)
    })

    test('tries again by itself, and stores one event', async () => {
      const fail = withFaults(log.store, ({ method, call }) =>
        method === 'commit' && call < 3 ? (call === 1 ? 'cut' : 'lost') : undefined,
      )
      initEvents({ store: fail })
      expect(await dispatch.funded('wal_123', 5000)).toMatchObject({ version: 1 })
      expect(await history()).toHaveLength(1)
    })

    test('merges the context: correlation, causation, actor', async () => {
      const context = { correlationId: 'corr-123', causationId: 'cmd-1', actorId: 'user-456' }
      setEventContext(context)
      await dispatch.funded('wal_123', 5000)
      expect(await history()).toMatchObject([context])
    })
  })

  describe('dispatchEvent and dispatchEvents', () => {
    test('one event: its id and version are made', async () => {
      expect(await dispatchEvent(event)).toMatchObject({ version: 1 })
      expect(await dispatchEvent(event)).toMatchObject({ version: 2 })
    })

    test('several, at once or in order', async () => {
      const events = [1, 2, 3].map((amount) => ({ ...event, payload: { amount } }))
      await dispatchEvents(events)
      expect(await history()).toHaveLength(3)
      await dispatchEvents(events, { inOrder: true })
      const last = (await history()).slice(3)
      expect(last.map(({ payload }) => payload)).toEqual(events.map(({ payload }) => payload))
    })
  })

  describe('a handler of events', () => {
    test('is found by the event type, also by an alias, and sees the event', async () => {
      await dispatch.funded('wal_123', 5000)
      const [record] = await history()
      const seen: unknown[] = []
      const handle = createEventHandler({
        'Wallet.Funded': async ({ payload, aggregateId }) => {
          seen.push([payload, aggregateId])
        },
        'Wallet.Credited': 'Wallet.Funded',
      })
      await handle(record as EventRecord)
      await handle({ ...record, eventType: 'Wallet.Credited' } as EventRecord)
      expect(seen).toEqual(Array.from({ length: 2 }, () => [{ amount: 5000 }, 'wal_123']))
    })

    test('runs in the context that the event sets, also when it came as JSON', async () => {
      setEventContext({ correlationId: 'corr-123', actorId: 'user-456' })
      await dispatch.funded('wal_123', 5000)
      resetEventContext()
      const [record] = await history()
      let context: unknown
      const handle = createEventHandler({
        'Wallet.Funded': async (cause: EventRecord<{ amount: number }>) => {
          context = getEventContext()
          await dispatch.withdrawn(cause.aggregateId, cause.payload.amount)
        },
      })
      await handle(JSON.parse(JSON.stringify(record)) as EventRecord)
      const caused = {
        correlationId: 'corr-123',
        causationId: record?.eventId,
        actorId: 'user-456',
      }
      expect(context).toEqual(caused)
      expect((await history())[1]).toMatchObject({ eventType: 'Wallet.Withdrawn', ...caused })
    })
  })

  test('the context is set, read, appended to and reset', () => {
    setEventContext({ correlationId: 'corr-123', actorId: 'user-456' })
    expect(getEventContext()).toEqual({ correlationId: 'corr-123', actorId: 'user-456' })
    appendEventContext({ causationId: 'evt-789' })
    expect(getEventContext()).toEqual({
      correlationId: 'corr-123',
      actorId: 'user-456',
      causationId: 'evt-789',
    })
    resetEventContext()
    expect(getEventContext()).toEqual({})
  })

  test('a record and a head have the fields that the document lists', async () => {
    setEventContext({ correlationId: 'corr-123', causationId: 'cmd-1', actorId: 'user-456' })
    await dispatchEvent(event)
    const [record] = await history()
    expect(Object.keys(record ?? {}).toSorted()).toEqual([
      'actorId',
      'aggregateId',
      'aggregateType',
      'causationId',
      'correlationId',
      'eventId',
      'eventType',
      'itemType',
      'occurredAt',
      'payload',
      'pk',
      'schemaVersion',
      'sk',
      'source',
      'version',
    ])
    expect(record).toMatchObject({ itemType: 'event', schemaVersion: 1 })
    expect(new Date(record?.occurredAt ?? '').toISOString()).toBe(record?.occurredAt)
    expect(await service.getHead('wallet', 'wal_123')).toEqual({
      pk: 'AGG#wallet#wal_123',
      sk: 'HEAD',
      itemType: 'head',
      aggregateId: 'wal_123',
      aggregateType: 'wallet',
      currentVersion: 1,
      lastEventId: record?.eventId,
      lastIdemKey: record?.eventId,
      updatedAt: record?.occurredAt,
    })
  })

  test('events never change, and the head is theirs at every moment', async () => {
    const first = { ...event, eventId: 'evt-1' }
    await dispatchEvent(first)
    const [before] = await history()
    const other = { ...first, payload: { amount: 1 } }
    await expect(dispatchEvent(other)).rejects.toMatchObject({ code: 'IDEMPOTENCY_MISMATCH' })
    const watching = (async () => {
      for (let step = 0; step < 10; step += 1) {
        const head = await service.getHead('wallet', 'wal_123')
        const newest = await service.getEvent('wallet', 'wal_123', head?.currentVersion ?? 0)
        expect(newest?.eventId).toBe(head?.lastEventId)
      }
    })()
    await dispatchEvents(Array.from({ length: 20 }, () => event))
    await watching
    expect((await history())[0]).toEqual(before)
  })
})

test('brands tell texts apart, on results alone; inputs are plain', () => {
  expectTypeOf<EventRecord['source']>().toEqualTypeOf<Source>()
  expectTypeOf<EventRecord['aggregateId']>().toEqualTypeOf<AggregateId>()
  expectTypeOf<EventRecord['aggregateType']>().toEqualTypeOf<AggregateType>()
  expectTypeOf<EventRecord['eventId']>().toEqualTypeOf<EventId>()
  expectTypeOf<EventRecord['pk']>().toEqualTypeOf<AggregatePK>()
  expectTypeOf<EventRecord['sk']>().toEqualTypeOf<EventSK>()
  expectTypeOf<AggregateHead['sk']>().toEqualTypeOf<'HEAD'>()
  expectTypeOf<EventRecord<{ amount: number }>['payload']>().toEqualTypeOf<
    Readonly<{ amount: number }>
  >()
  expectTypeOf<Source>().not.toExtend<EventId>()
  expectTypeOf<string>().not.toExtend<Source>()
  expectTypeOf<DispatchEventArgs['source']>().toEqualTypeOf<string>()
  const source = 'billing' as Source
  expect<string>(source).toBe('billing')
})
