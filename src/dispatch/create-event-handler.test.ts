import { describe, expect, test } from 'vitest'
import { getEventContext, resetEventContext, setEventContext } from '../event/context.ts'
import { createDispatch } from './create-dispatch.ts'
import { createEventHandler } from './create-event-handler.ts'
import { createEventService } from './event-service.ts'
import { everyStore } from '../client/every-store.fixture.ts'
import type { EventRecord } from './types.ts'

const event = (eventType: string, more: object = {}): EventRecord =>
  ({ eventId: 'evt_1', eventType, payload: null, ...more }) as EventRecord

describe('an event handler', () => {
  test('calls the handler of the type, also by other names', async () => {
    const seen: string[] = []
    const handle = createEventHandler({
      'Wallet.Funded': ({ eventType }) => seen.push(eventType),
      'Wallet.Credited': 'Wallet.Funded',
      'Wallet.Topped': 'Wallet.Credited',
    })
    for (const type of ['Wallet.Funded', 'Wallet.Credited', 'Wallet.Topped']) {
      expect(await handle(event(type))).toBeUndefined()
    }
    expect(seen).toEqual(['Wallet.Funded', 'Wallet.Credited', 'Wallet.Topped'])
  })

  test('knows its own keys alone', async () => {
    const handle = createEventHandler({}, { unknown: 'refuse' })
    for (const type of ['constructor', 'toString', '__proto__']) {
      await expect(handle(event(type))).rejects.toThrow(`no handler for "${type}" evt_1`)
    }
  })

  test('ignores what it does not know, or refuses it', async () => {
    await createEventHandler({})(event('Wallet.Lost'))
    const handle = createEventHandler({ 'Wallet.Funded': () => {} }, { unknown: 'refuse' })
    await expect(handle(event('Wallet.Lost'))).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message:
        'no handler for "Wallet.Lost" evt_1: add one to createEventHandler, which has Wallet.Funded',
    })
  })

  test('is refused when it is made where a name leads nowhere or in a circle', () => {
    const make = (handlers: object) => () => createEventHandler(handlers as never)
    expect(make({ A: 'B', B: 'A' })).toThrow('createEventHandler.A: expected an alias that leads')
    expect(make({ A: 'A' })).toThrow('createEventHandler.A')
    expect(make({ C: () => {}, A: 'B' })).toThrow('createEventHandler.B: expected a handler')
    expect(make({ A: 'toString' })).toThrow('createEventHandler.toString')
    expect(make({ A: 7 })).toThrow('createEventHandler.A')
    const options = { unkown: 'refuse' } as never
    expect(() => createEventHandler({}, options)).toThrow('found "unkown"')
    expect(() => createEventHandler({}, { unknown: 'throw' as never })).toThrow(
      'createEventHandler.options.unknown: expected one of ignore, refuse, found "throw"',
    )
    expect(make(null as never)).toThrow('createEventHandler: expected an object, found null')
  })

  test('fails where its handler does, also where that throws at once', async () => {
    const handle = createEventHandler({
      thrown: () => {
        throw new Error('at once')
      },
      rejected: () => Promise.reject(new Error('later')),
    })
    await expect(handle(event('thrown'))).rejects.toThrow('at once')
    await expect(handle(event('rejected'))).rejects.toThrow('later')
    await expect(handle(undefined as never)).rejects.toThrow('event.eventType: expected a string')
    await expect(handle({} as never)).rejects.toThrow('event.eventType')
    const nameless = event('thrown', { eventId: undefined })
    await expect(handle(nameless)).rejects.toThrow('event.eventId: expected a string')
  })

  test('runs in the context of the event, and leaves the one around as it was', async () => {
    setEventContext({ correlationId: 'of the process', actorId: 'of the process' })
    let inside: unknown
    const handle = createEventHandler({
      funded: () => {
        inside = getEventContext()
        setEventContext({ correlationId: 'changed' })
      },
    })
    try {
      await handle(event('funded', { correlationId: 'cor_1', tenantId: 'acme' }))
      expect(inside).toEqual({ causationId: 'evt_1', correlationId: 'cor_1', tenantId: 'acme' })
      expect(getEventContext()).toEqual({
        correlationId: 'of the process',
        actorId: 'of the process',
      })
    } finally {
      resetEventContext()
    }
  })
})

test.each(everyStore)(
  'what a handler dispatches says what caused it, on $name',
  async ({ open }) => {
    await using log = await open()
    const service = createEventService({ store: log.store })
    const defaults = { aggregateType: 'wallet', source: 'billing' }
    const dispatch = createDispatch(
      {
        funded: (id: string) => ({ aggregateId: id, eventType: 'Wallet.Funded' }),
        thanked: (id: string) => ({ aggregateId: id, eventType: 'Wallet.Thanked' }),
      },
      defaults,
      { service },
    )
    const handle = createEventHandler({
      'Wallet.Funded': async ({ aggregateId }) => {
        await dispatch.thanked(aggregateId)
      },
    })
    const wallets = ['wal_1', 'wal_2', 'wal_3']
    const dispatched = wallets.map((id) =>
      service.appendEvent({
        ...defaults,
        aggregateId: id,
        eventType: 'Wallet.Funded',
        correlationId: `cor_${id}`,
        actorId: `user_${id}`,
        tenantId: `tenant_${id}`,
      }),
    )
    await Promise.all(dispatched)
    const causes = await Promise.all(wallets.map((id) => service.getEvent('wallet', id, 1)))
    await Promise.all(causes.map(async (cause) => cause && handle(cause)))
    for (const [index, id] of wallets.entries()) {
      expect(await service.getEvent('wallet', id, 2)).toMatchObject({
        eventType: 'Wallet.Thanked',
        causationId: causes[index]?.eventId,
        correlationId: `cor_${id}`,
        actorId: `user_${id}`,
        tenantId: `tenant_${id}`,
      })
    }
  },
)
