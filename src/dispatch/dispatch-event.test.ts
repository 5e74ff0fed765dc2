import { afterEach, describe, expect, test } from 'vitest'
import { appendEventContext, setEventContext, withEventContext } from '../event/context.ts'
import { MemoryEventStore } from '../stores/memory/index.ts'
import { withFaults } from '../testing/faults.ts'
import { getEventService, initEvents } from './current-service.ts'
import { dispatchEvent, dispatchEvents } from './dispatch-event.ts'
import { createEventService } from './event-service.ts'
import { everyStore } from '../client/every-store.fixture.ts'

const wallet = { aggregateType: 'wallet', aggregateId: 'wal_1', source: 'billing' }
const funded = { ...wallet, eventType: 'Wallet.Funded', payload: { amount: 5000 } }
const many = (count: number) =>
  Array.from({ length: count }, (_, amount) => ({ ...funded, payload: { amount } }))

const history = async (service = getEventService(), aggregateId = 'wal_1') =>
  (await service.listEvents({ aggregateType: 'wallet', aggregateId })).data

afterEach(() => setEventContext({}))

test('everything says what to call before initEvents', async () => {
  const message = 'Call initEvents({ store }) before using events'
  expect(() => getEventService()).toThrow(message)
  await expect(dispatchEvent(funded)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', message })
  await expect(dispatchEvents([funded])).rejects.toThrow(message)
  await expect(dispatchEvents([funded], { atomic: true })).rejects.toThrow(message)
})

test('a second initEvents replaces the service', async () => {
  initEvents({ store: new MemoryEventStore() })
  const first = getEventService()
  await dispatchEvent(funded)
  initEvents({ store: new MemoryEventStore() })
  expect(getEventService()).not.toBe(first)
  expect(await dispatchEvent(funded)).toMatchObject({ version: 1 })
})

test('two stores live in one process', async () => {
  initEvents({ store: new MemoryEventStore() })
  const service = createEventService({ store: new MemoryEventStore() })
  await dispatchEvent(funded, { service })
  await dispatchEvents([funded, funded], { service, atomic: true })
  await dispatchEvents([funded], { service })
  expect(await history()).toEqual([])
  expect(await history(service)).toHaveLength(4)
})

test('a service may be wrapped', async () => {
  const service = createEventService({ store: new MemoryEventStore() })
  const seen: string[] = []
  const audited = {
    ...service,
    appendEvent: (event: Parameters<typeof service.appendEvent>[0]) => {
      seen.push(event.eventType)
      return service.appendEvent(event)
    },
  }
  await dispatchEvents([funded, funded], { service: audited, inOrder: true })
  expect(seen).toEqual(['Wallet.Funded', 'Wallet.Funded'])
})

describe.each(everyStore)('dispatching on $name', ({ open }) => {
  test('thirty at once to one aggregate are all stored, and answered in their order', async () => {
    await using log = await open()
    const service = createEventService({ store: log.store })
    const results = await dispatchEvents(many(30), { service })
    const records = await history(service)
    expect(records.map(({ version }) => version)).toEqual(records.map((_, index) => index + 1))
    results.forEach(({ version }, amount) => {
      expect(records[version - 1]?.payload).toEqual({ amount })
    })
    expect(records).toHaveLength(30)
  })

  test('in order means one after the other, and stops at the first that fails', async () => {
    await using log = await open()
    const service = createEventService({ store: log.store })
    await dispatchEvents(many(5), { service, inOrder: true })
    const payloads = (await history(service)).map(({ payload }) => payload)
    expect(payloads).toEqual(many(5).map(({ payload }) => payload))
    const [first, wrong, last] = [funded, { ...funded, expectedVersion: 0 }, funded]
    const options = { service, inOrder: true }
    await expect(dispatchEvents([first, wrong, last], options)).rejects.toMatchObject({
      code: 'CONFLICT',
    })
    expect(await history(service)).toHaveLength(6)
  })

  test('at once means that all come to their end, and the first failure is thrown', async () => {
    await using log = await open()
    const service = createEventService({ store: log.store })
    const events = [{ ...funded, expectedVersion: 7 }, { ...funded, source: '' }, ...many(3)]
    await expect(dispatchEvents(events, { service })).rejects.toMatchObject({ code: 'CONFLICT' })
    expect(await history(service)).toHaveLength(3)
  })

  test('all or nothing means one commit, in order', async () => {
    await using log = await open()
    const service = createEventService({ store: log.store })
    const options = { service, atomic: true, idempotencyKey: 'cmd_1' }
    const events = [{ ...funded, expectedVersion: 0 }, ...many(2)]
    const results = await dispatchEvents(events, options)
    expect(results.map(({ version }) => version)).toEqual([1, 2, 3])
    expect(await dispatchEvents(events, options)).toEqual(results)
    const stale = [...many(2), { ...funded, aggregateId: 'wal_2', expectedVersion: 1 }]
    await expect(dispatchEvents(stale, { service, atomic: true })).rejects.toMatchObject({
      code: 'CONFLICT',
    })
    expect(await history(service)).toHaveLength(3)
  })

  test('no events are no work', async () => {
    await using log = await open()
    const service = createEventService({ store: log.store })
    for (const options of [{}, { inOrder: true }, { atomic: true }]) {
      expect(await dispatchEvents([], { service, ...options })).toEqual([])
    }
  })

  test('on a bad connection stores each event once', async () => {
    await using log = await open()
    const store = withFaults(log.store, ({ method, call }) =>
      method === 'commit' && call % 3 === 0 ? (call % 2 === 0 ? 'lost' : 'cut') : undefined,
    )
    const service = createEventService({ store })
    await dispatchEvents(many(12), { service, inOrder: true })
    expect((await history(service)).map(({ payload }) => payload)).toEqual(
      many(12).map(({ payload }) => payload),
    )
  })

  test('what flows in the context is in the event; what the event says goes before it', async () => {
    await using log = await open()
    const service = createEventService({ store: log.store })
    const context = {
      correlationId: 'cor_1',
      causationId: 'cmd_1',
      actorId: 'user_7',
      tenantId: 'acme',
      source: 'web',
      eventId: 'evt_of_the_context',
      aggregateId: 'wal_of_the_context',
    }
    await withEventContext(context, async () => {
      await dispatchEvent({ ...funded, actorId: 'user_8', tenantId: undefined }, { service })
      await dispatchEvents([funded], { service, atomic: true })
      appendEventContext({ causationId: 'cmd_2' })
      await dispatchEvents([funded], { service, inOrder: true })
    })
    const flowing = { correlationId: 'cor_1', tenantId: 'acme', source: 'billing' }
    const [first, ...others] = await history(service)
    expect(first).toMatchObject({ ...flowing, causationId: 'cmd_1', actorId: 'user_8' })
    expect(others).toMatchObject([
      { ...flowing, causationId: 'cmd_1', actorId: 'user_7' },
      { ...flowing, causationId: 'cmd_2', actorId: 'user_7' },
    ])
  })

  test('requests at once never mix their contexts', async () => {
    await using log = await open()
    const service = createEventService({ store: log.store })
    const request = (number: number) =>
      withEventContext({ correlationId: `cor_${number}`, actorId: `user_${number}` }, async () => {
        for (let step = 0; step < 3; step += 1) {
          await dispatchEvent({ ...funded, payload: { number } }, { service })
          appendEventContext({ causationId: `step_${number}_${step}` })
        }
      })
    await Promise.all(Array.from({ length: 8 }, (_, number) => request(number)))
    const records = await history(service)
    expect(records).toHaveLength(24)
    const seen = Array.from({ length: 8 }, (_, number) => number).map((number) =>
      records.filter(({ actorId }) => actorId === `user_${number}`),
    )
    seen.forEach((own, number) => {
      const same = { correlationId: `cor_${number}`, payload: { number } }
      expect(own).toMatchObject([
        same,
        { ...same, causationId: `step_${number}_0` },
        { ...same, causationId: `step_${number}_1` },
      ])
    })
  })
})

test('more events than go at once all go, each in the context of the call', async () => {
  const service = createEventService({ store: new MemoryEventStore() })
  await withEventContext({ actorId: 'user_7' }, () => dispatchEvents(many(600), { service }))
  const records = await history(service)
  expect(records).toHaveLength(600)
  expect(records.every(({ actorId }) => actorId === 'user_7')).toBe(true)
})

test('names that are not known are refused', async () => {
  const service = createEventService({ store: new MemoryEventStore() })
  const wrong: readonly [Promise<unknown>, string][] = [
    [dispatchEvent(funded, { servce: service } as never), 'found "servce"'],
    [dispatchEvents([funded], { service, ordered: true } as never), 'found "ordered"'],
    [dispatchEvents([funded], { service, idempotencyKey: 'cmd_1' }), 'atomic: true beside it'],
    [dispatchEvents(funded as never, { service }), 'dispatchEvents: expected a list'],
    [dispatchEvent({ ...funded, aggregateID: 'wal_1' } as never, { service }), '"aggregateID"'],
    [dispatchEvent(funded, { service: {} as never }), 'expected an event service, found {}'],
    [dispatchEvent(funded, null as never), 'dispatchEvent.settings: expected an object'],
    [dispatchEvents([funded], null as never), 'dispatchEvents.options: expected an object'],
    [
      dispatchEvents([funded], { service, inOrder: 'no' as never }),
      'inOrder: expected one of true, false',
    ],
    [dispatchEvents([{ ...funded, source: '' }], { service }), 'events.0.source: expected'],
  ]
  for (const [call, message] of wrong) {
    await expect(call).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining(message),
    })
  }
  expect(await history(service)).toEqual([])
})
