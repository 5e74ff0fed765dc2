import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { createEventClient } from '../client/create-client.ts'
import { defineEvents } from '../event/definition.ts'
import { withFaults } from '../testing/faults.ts'
import { createEventService, type EventService } from './event-service.ts'
import { everyStore } from '../client/every-store.fixture.ts'
import type { AppendArgs } from './types.ts'

const funded: AppendArgs = {
  aggregateType: 'wallet',
  aggregateId: 'wal_1',
  source: 'billing',
  eventType: 'Wallet.Funded',
  payload: { amount: 5000 },
}

const versionsOf = async (service: EventService, id = 'wal_1') => {
  const { data } = await service.listEvents({ aggregateType: 'wallet', aggregateId: id })
  return data.map(({ version }) => version)
}

describe.each(everyStore)('the events of aggregates on $name', ({ open }) => {
  test('have versions from 1, keys, and what was said of them', async () => {
    await using log = await open()
    const service = createEventService({ store: log.store })
    const result = await service.appendEvent({
      ...funded,
      eventId: 'evt_1',
      occurredAt: '2020-01-31T12:00:00Z',
      schemaVersion: 3,
      tenantId: 'acme',
      correlationId: 'cor_1',
      causationId: 'cmd_1',
      actorId: 'user_7',
    })
    const keys = { pk: 'AGG#wallet#wal_1', sk: 'EVT#000000001', version: 1 }
    expect(result).toEqual(keys)
    const { payload: _, ...bare } = funded
    await service.appendEvent(bare)
    const { data } = await service.listEvents({ aggregateType: 'wallet', aggregateId: 'wal_1' })
    expect(data).toEqual([
      {
        ...keys,
        ...funded,
        itemType: 'event',
        eventId: 'evt_1',
        occurredAt: '2020-01-31T12:00:00Z',
        schemaVersion: 3,
        tenantId: 'acme',
        correlationId: 'cor_1',
        causationId: 'cmd_1',
        actorId: 'user_7',
      },
      {
        ...funded,
        pk: 'AGG#wallet#wal_1',
        sk: 'EVT#000000002',
        version: 2,
        itemType: 'event',
        eventId: expect.stringMatching(/^evt-[\dA-HJKMNP-TV-Z]{26}$/),
        occurredAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        schemaVersion: 1,
        payload: null,
      },
    ])
    expect(await service.getEvent('wallet', 'wal_1', 2)).toEqual(data[1])
    expect(await service.getHead('wallet', 'wal_1')).toEqual({
      pk: 'AGG#wallet#wal_1',
      sk: 'HEAD',
      itemType: 'head',
      aggregateId: 'wal_1',
      aggregateType: 'wallet',
      currentVersion: 2,
      lastEventId: data[1]?.eventId,
      lastIdemKey: data[1]?.eventId,
      updatedAt: data[1]?.occurredAt,
    })
  })

  test('are undefined where there are none', async () => {
    await using log = await open()
    const service = createEventService({ store: log.store })
    await service.appendEvent(funded)
    expect(await service.getHead('wallet', 'wal_2')).toBeUndefined()
    expect(await service.getHead('purse', 'wal_1')).toBeUndefined()
    expect(await service.getEvent('wallet', 'wal_1', 2)).toBeUndefined()
    expect(await service.getEvent('wallet', 'wal_1', 0)).toBeUndefined()
    expect(await service.getEvent('wallet', 'wal_2', 1)).toBeUndefined()
    const none = await service.listEvents({ aggregateType: 'wallet', aggregateId: 'wal_2' })
    expect(none).toEqual({ data: [], cursor: null, hasMore: false })
  })

  test('of a type and an id with separators are their own', async () => {
    await using log = await open()
    const service = createEventService({ store: log.store })
    const names = [
      ['a#b', 'c'],
      ['a', 'b#c'],
      ['a%23b', 'c'],
    ] as const
    const results = await Promise.all(
      names.map(([aggregateType, aggregateId]) =>
        service.appendEvent({ ...funded, aggregateType, aggregateId }),
      ),
    )
    expect(results.map(({ version }) => version)).toEqual([1, 1, 1])
    expect(new Set(results.map(({ pk }) => pk)).size).toBe(3)
    expect((await service.getHead('a', 'b#c'))?.currentVersion).toBe(1)
  })

  test('come in pages, that lose and repeat nothing while others append', async () => {
    await using log = await open()
    const service = createEventService({ store: log.store })
    const args = { aggregateType: 'wallet', aggregateId: 'wal_1' }
    const append = (count: number) =>
      service.appendEvents(Array.from({ length: count }, () => funded))
    await append(7)
    const first = await service.listEvents({ ...args, limit: 3 })
    expect(first).toMatchObject({ cursor: 'EVT#000000003', hasMore: true })
    await append(1)
    const second = await service.listEvents({ ...args, limit: 3, cursor: first.cursor })
    const third = await service.listEvents({ ...args, limit: 3, cursor: second.cursor })
    expect(third).toMatchObject({ cursor: null, hasMore: false })
    const pages = [first, second, third].flatMap(({ data }) => data)
    expect(pages.map(({ version }) => version)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    // Exactly the rest is the last page.
    expect(await service.listEvents({ ...args, limit: 8 })).toMatchObject({ hasMore: false })
  })

  test('are read in ranges; one without events is an empty page', async () => {
    await using log = await open()
    const service = createEventService({ store: log.store })
    await service.appendEvents(Array.from({ length: 5 }, () => funded))
    const read = async (range: object) => {
      const page = await service.listEvents({
        aggregateType: 'wallet',
        aggregateId: 'wal_1',
        ...range,
      })
      return page.data.map(({ version }) => version)
    }
    expect(await read({ fromVersionExclusive: 2 })).toEqual([3, 4, 5])
    expect(await read({ toVersionInclusive: 2 })).toEqual([1, 2])
    expect(await read({ fromVersionExclusive: 1, toVersionInclusive: 3 })).toEqual([2, 3])
    expect(await read({ fromVersionExclusive: 3, toVersionInclusive: 3 })).toEqual([])
    expect(await read({ fromVersionExclusive: 4, toVersionInclusive: 2 })).toEqual([])
    expect(await read({ fromVersionExclusive: 5 })).toEqual([])
    expect(await read({ fromVersionExclusive: Number.MAX_SAFE_INTEGER, limit: 1 })).toEqual([])
    expect(await read({ fromVersionExclusive: 3, limit: Number.MAX_SAFE_INTEGER })).toEqual([4, 5])
    expect(await read({ fromVersionExclusive: 99, limit: 2 })).toEqual([])
    expect(await read({ cursor: 'EVT#000000001', toVersionInclusive: 3, limit: 9 })).toEqual([2, 3])
    expect(await read({ cursor: 'EVT#000000001', fromVersionExclusive: 4 })).toEqual([5])
  })

  test('are guarded by the version that was seen: of several at once one is stored', async () => {
    await using log = await open()
    const service = createEventService({ store: log.store })
    await service.appendEvent({ ...funded, expectedVersion: 0 })
    const racers = Array.from({ length: 8 }, (_, amount) =>
      service.appendEvent({ ...funded, payload: { amount }, expectedVersion: 1 }),
    )
    const settled = await Promise.allSettled(racers)
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const refused = settled.find(({ status }) => status === 'rejected')
    expect(refused).toMatchObject({
      reason: {
        code: 'CONFLICT',
        conflict: {
          reason: 'version',
          aggregate: { type: 'wallet', id: 'wal_1' },
          expected: 1,
          actual: 2,
        },
      },
    })
    expect(await versionsOf(service)).toEqual([1, 2])
  })

  test('without an expected version never conflict: thirty at once are all stored', async () => {
    await using log = await open()
    const services = [log.store, log.reopen()].map((store) => createEventService({ store }))
    const appends = Array.from({ length: 30 }, async (_, index) =>
      services[index % 2]?.appendEvent({ ...funded, payload: { index } }),
    )
    const results = await Promise.all(appends)
    const dense = Array.from({ length: 30 }, (_, index) => index + 1)
    expect(results.map((result) => result?.version).sort((a = 0, b = 0) => a - b)).toEqual(dense)
    expect(await versionsOf(services[0] as EventService)).toEqual(dense)
  })

  test('are stored once, though the answer was lost or the event never arrived', async () => {
    await using log = await open()
    const store = withFaults(log.store, ({ method, call }) => {
      if (method !== 'commit') return undefined
      return call === 1 ? 'lost' : call === 3 ? 'cut' : undefined
    })
    const service = createEventService({ store })
    expect(await service.appendEvent({ ...funded, expectedVersion: 0 })).toMatchObject({
      version: 1,
    })
    expect(await service.appendEvent(funded)).toMatchObject({ version: 2 })
    expect(await versionsOf(service)).toEqual([1, 2])
  })

  test('of one id are one event, whoever sends it again; with other content it is refused', async () => {
    await using log = await open()
    const service = createEventService({ store: log.store })
    const event = { ...funded, eventId: 'evt_1' }
    const first = await service.appendEvent(event)
    await service.appendEvent(funded)
    const later = createEventService({ store: log.reopen() })
    expect(await later.appendEvent({ ...event, occurredAt: '2020-01-31T12:00:00Z' })).toEqual(first)
    const other = { ...event, payload: { amount: 1 } }
    await expect(later.appendEvent(other)).rejects.toMatchObject({
      code: 'IDEMPOTENCY_MISMATCH',
      key: 'evt_1',
    })
    expect((await service.getEvent('wallet', 'wal_1', 1))?.payload).toEqual({ amount: 5000 })
    expect(await versionsOf(service)).toEqual([1, 2])
  })

  test('of one idempotency key are one event, also under another id and version', async () => {
    await using log = await open()
    const service = createEventService({ store: log.store })
    const command = { ...funded, idempotencyKey: 'cmd_1' }
    const first = await service.appendEvent({ ...command, eventId: 'evt_1', expectedVersion: 0 })
    expect((await service.getHead('wallet', 'wal_1'))?.lastIdemKey).toBe('cmd_1')
    await service.appendEvent({ ...funded, eventId: 'evt_2' })
    expect(await service.appendEvent(command)).toEqual(first)
    expect(await service.appendEvent({ ...command, expectedVersion: 20 })).toEqual(first)
    await expect(service.appendEvent({ ...command, payload: { amount: 1 } })).rejects.toMatchObject(
      { code: 'IDEMPOTENCY_MISMATCH' },
    )
    expect(await versionsOf(service)).toEqual([1, 2])
    // The aggregate goes on.
    expect(await service.appendEvent({ ...funded, expectedVersion: 2 })).toMatchObject({
      version: 3,
    })
  })

  test('may have the idempotency key of another aggregate, however long', async () => {
    await using log = await open()
    const service = createEventService({ store: log.store })
    const idempotencyKey = 'k'.repeat(1000)
    const results = ['wal_1', 'wal_2', 'wal_1'].map((aggregateId) =>
      service.appendEvent({ ...funded, aggregateId, idempotencyKey }),
    )
    expect((await Promise.all(results)).map(({ version }) => version)).toEqual([1, 1, 1])
  })

  test('are ordinary events: read by a stream, guarded by a condition', async () => {
    await using log = await open()
    const service = createEventService({ store: log.store })
    const wallet = z.object({ amount: z.number() })
    const events = defineEvents({ 'Wallet.Funded': wallet, 'Wallet.Closed': z.null() })
    const client = createEventClient({ store: log.store, events })
    const aggregate = { type: 'wallet', id: 'wal_1' }
    await service.appendEvent(funded)
    const { events: seen, cursor } = await client.load({ streams: [{ aggregate }] })
    expect(seen).toMatchObject([{ data: { amount: 5000 }, metadata: { source: 'billing' } }])
    await service.appendEvent(funded)
    const save = client.saveEventWithStreamValidation({
      event: { type: 'Wallet.Closed', data: null, aggregate },
      streams: [{ aggregate }],
      after: cursor,
    })
    await expect(save).rejects.toMatchObject({ code: 'CONFLICT' })
    await client.saveEvent({ type: 'Wallet.Closed', data: null, aggregate })
    const closed = await service.getEvent('wallet', 'wal_1', 3)
    expect(closed).toMatchObject({ eventType: 'Wallet.Closed', source: '', payload: null })
  })

  test('are checked and brought up to date by their definitions', async () => {
    await using log = await open()
    await createEventService({ store: log.store }).appendEvent({
      ...funded,
      payload: { cents: 5000 },
    })
    const events = defineEvents({
      'Wallet.Funded': {
        version: 2,
        schema: z.object({ amount: z.number() }),
        upcasters: { 1: ({ cents }) => ({ amount: cents }) },
      },
    })
    const service = createEventService({ store: log.store, events })
    await service.appendEvent(funded)
    const { data } = await service.listEvents({ aggregateType: 'wallet', aggregateId: 'wal_1' })
    const current = { payload: { amount: 5000 }, schemaVersion: 2 }
    expect(data).toMatchObject([current, current])
    const wrong = service.appendEvent({ ...funded, payload: { amount: 'much' } })
    await expect(wrong).rejects.toMatchObject({ code: 'INVALID_EVENT' })
    const unknown = service.appendEvent({ ...funded, eventType: 'Wallet.Lost' })
    await expect(unknown).rejects.toMatchObject({ code: 'INVALID_EVENT' })
    const old = service.appendEvent({ ...funded, schemaVersion: 1 })
    await expect(old).rejects.toThrow('schemaVersion: expected 2')
    expect(await versionsOf(service)).toEqual([1, 2])
  })
})

describe.each(everyStore)('several events in one commit on $name', ({ open }) => {
  const opened = { ...funded, eventType: 'Wallet.Opened' }

  test('are stored in order, or not at all', async () => {
    await using log = await open()
    const service = createEventService({ store: log.store })
    const other = { ...funded, aggregateId: 'wal_2' }
    const results = await service.appendEvents([
      { ...opened, expectedVersion: 0 },
      { ...funded, expectedVersion: 1 },
      { ...other, expectedVersion: 0 },
      funded,
    ])
    expect(results.map(({ version }) => version)).toEqual([1, 2, 1, 3])
    const late = service.appendEvents([funded, { ...other, expectedVersion: 0 }])
    await expect(late).rejects.toMatchObject({ code: 'CONFLICT' })
    expect(await versionsOf(service)).toEqual([1, 2, 3])
    expect(await service.appendEvents([])).toEqual([])
  })

  test('expect the versions that those before them make', async () => {
    await using log = await open()
    const service = createEventService({ store: log.store })
    const tell = async (...versions: (number | undefined)[]) =>
      service.appendEvents(versions.map((expectedVersion) => ({ ...funded, expectedVersion })))
    await expect(tell(0, 0)).rejects.toThrow('events.1.expectedVersion: expected 1: 1 before')
    await expect(tell(undefined, 0)).rejects.toThrow('events.1.expectedVersion')
    expect(await tell(undefined, 1)).toHaveLength(2)
    await expect(tell(undefined, 1)).rejects.toMatchObject({
      conflict: { expected: 0, actual: 2 },
    })
    expect(await tell(2, undefined, 4)).toHaveLength(3)
  })

  test('are safe to repeat by one key', async () => {
    await using log = await open()
    const service = createEventService({ store: log.store })
    const key = { idempotencyKey: 'cmd_1' }
    const first = await service.appendEvents([opened, funded], key)
    expect(await service.appendEvents([opened, funded], key)).toEqual(first)
    expect((await service.getHead('wallet', 'wal_1'))?.lastIdemKey).toBe('cmd_1')
    await expect(service.appendEvents([opened], key)).rejects.toMatchObject({
      code: 'IDEMPOTENCY_MISMATCH',
      key: 'cmd_1',
    })
    const own = service.appendEvents([{ ...opened, ...key }, funded])
    await expect(own).rejects.toThrow('events.0.idempotencyKey: expected none, but one for all')
    await expect(service.appendEvents([opened], { idempotencyKey: '' })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    })
    expect(await versionsOf(service)).toEqual([1, 2])
  })
})
