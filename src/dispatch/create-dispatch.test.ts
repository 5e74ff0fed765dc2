import { describe, expect, test } from 'vitest'
import { withEventContext } from '../event/context.ts'
import { MemoryEventStore } from '../stores/memory/index.ts'
import { createDispatch } from './create-dispatch.ts'
import { getEventService, initEvents } from './current-service.ts'
import { createEventService } from './event-service.ts'
import type { AppendArgs } from './types.ts'

const history = async (service = getEventService(), aggregateId = 'wal_1') =>
  (await service.listEvents({ aggregateType: 'wallet', aggregateId })).data

const opened = (id: string) => ({ aggregateId: id, eventType: 'Wallet.Opened' })
const defaults = { aggregateType: 'wallet', source: 'billing' }

const dispatch = createDispatch(
  {
    opened,
    funded: (id: string, amount: number) => ({
      aggregateId: id,
      eventType: 'Wallet.Funded',
      payload: { amount },
    }),
    noted: (id: string, text: string) => (context) => ({
      aggregateId: id,
      eventType: 'Wallet.Noted',
      payload: { text, by: String(context.actorId), event: context.eventId },
    }),
    moved: (id: string) => ({
      aggregateId: id,
      eventType: 'Wallet.Moved',
      payload: (context) => ({ to: context['room'] }),
      idempotencyKey: ({ causationId }) => causationId,
    }),
  },
  defaults,
)

test('a dispatch made before initEvents says what to call, and works after it', async () => {
  await expect(dispatch.opened('wal_1')).rejects.toThrow('Call initEvents({ store }) before')
  initEvents({ store: new MemoryEventStore() })
  expect(await dispatch.opened('wal_1')).toEqual({
    pk: 'AGG#wallet#wal_1',
    sk: 'EVT#000000001',
    version: 1,
  })
  initEvents({ store: new MemoryEventStore() })
  expect(await dispatch.opened('wal_1')).toMatchObject({ version: 1 })
})

describe('a dispatch', () => {
  test('makes events of values, of the context, and of both', async () => {
    initEvents({ store: new MemoryEventStore() })
    const context = { actorId: 'user_7', causationId: 'cmd_1', room: 'attic' }
    await withEventContext(context, async () => {
      await dispatch.funded('wal_1', 5000)
      await dispatch.noted('wal_1', 'gift')
      const first = await dispatch.moved('wal_1')
      expect(await dispatch.moved('wal_1')).toEqual(first)
    })
    const [funded, noted, moved, ...others] = await history()
    expect(others).toEqual([])
    expect(funded).toMatchObject({ ...defaults, actorId: 'user_7', payload: { amount: 5000 } })
    expect(noted?.payload).toEqual({ text: 'gift', by: 'user_7', event: noted?.eventId })
    expect(moved?.payload).toEqual({ to: 'attic' })
  })

  test('makes a new id for each event, also where the context has one', async () => {
    initEvents({ store: new MemoryEventStore() })
    await withEventContext({ eventId: 'evt_of_the_context' }, async () => {
      await dispatch.noted('wal_1', 'a')
      await dispatch.noted('wal_1', 'a')
    })
    const ids = (await history()).map(({ eventId }) => eventId)
    expect(new Set([...ids, 'evt_of_the_context']).size).toBe(3)
    expect(await history()).toMatchObject(ids.map((event) => ({ payload: { event } })))
  })

  test('needs no defaults', async () => {
    initEvents({ store: new MemoryEventStore() })
    const alone = createDispatch({
      opened: (id: string) => ({ ...defaults, ...opened(id), expectedVersion: 0 }),
    })
    await alone.opened('wal_1')
    await expect(alone.opened('wal_1')).rejects.toMatchObject({ code: 'CONFLICT' })
  })

  test('takes the event before the defaults, and the defaults before the context', async () => {
    initEvents({ store: new MemoryEventStore() })
    const context = { actorId: 'of context', tenantId: 'of context', correlationId: 'of context' }
    const some = createDispatch(
      {
        own: (id: string) => ({ ...opened(id), actorId: 'own', source: 'own' }),
        none: (id: string) => ({ ...opened(id), actorId: undefined }),
      },
      { ...defaults, actorId: 'default', tenantId: ({ tenantId }) => `default, not ${tenantId}` },
    )
    await withEventContext(context, async () => {
      await some.own('wal_1')
      await some.none('wal_1')
    })
    const shared = { tenantId: 'default, not of context', correlationId: 'of context' }
    expect(await history()).toMatchObject([
      { ...shared, actorId: 'own', source: 'own' },
      { ...shared, actorId: 'default', source: 'billing' },
    ])
  })

  test('makes its defaults of the context', async () => {
    initEvents({ store: new MemoryEventStore() })
    const byContext = createDispatch({ opened }, ({ actorId, eventId }) => ({
      aggregateType: 'wallet',
      source: `${actorId}, ${eventId}`,
    }))
    await withEventContext({ actorId: 'user_7' }, () => byContext.opened('wal_1'))
    const [record] = await history()
    expect(record?.source).toBe(`user_7, ${record?.eventId}`)
  })

  test('takes a service', async () => {
    initEvents({ store: new MemoryEventStore() })
    const service = createEventService({ store: new MemoryEventStore() })
    await createDispatch({ opened }, defaults, { service }).opened('wal_1')
    expect(await history()).toEqual([])
    expect(await history(service)).toHaveLength(1)
  })

  test('never throws where it is called', async () => {
    initEvents({ store: new MemoryEventStore() })
    const bad = createDispatch(
      {
        thrown: (): AppendArgs => {
          throw new Error('no such wallet')
        },
        text: () => 'Wallet.Opened' as never,
        nothing: () => undefined as never,
        misspelt: (id: string) => ({ ...opened(id), aggregateID: id }) as never,
        promised: async () => opened('wal_1') as never,
      },
      defaults as never,
    ) as Record<string, (id?: string) => Promise<unknown>>
    const failures = Object.entries({
      thrown: 'no such wallet',
      text: 'createDispatch.text: expected fields of an event, found "Wallet.Opened"',
      nothing: 'createDispatch.nothing: expected fields of an event, found undefined',
      misspelt: 'found "aggregateID"',
      promised: 'createDispatch.promised: expected fields of an event',
    })
    for (const [name, message] of failures) {
      const pending = bad[name]?.('wal_1')
      expect(pending).toBeInstanceOf(Promise)
      await expect(pending).rejects.toThrow(message)
    }
    expect(await history()).toEqual([])
  })

  test('refuses defaults of the context that are none, or that all events would share', async () => {
    initEvents({ store: new MemoryEventStore() })
    const wrong: readonly [object | undefined, string][] = [
      [{ ...defaults, eventId: 'evt_1' }, 'found "eventId"'],
      [{ ...defaults, tenant: 'acme' }, 'createDispatch.defaults: expected only the keys'],
      [undefined, 'createDispatch.defaults: expected fields of an event, found undefined'],
    ]
    for (const [made, message] of wrong) {
      const bad = createDispatch({ opened }, (() => made) as never)
      await expect(bad.opened('wal_1')).rejects.toThrow(message)
    }
    expect(await history()).toEqual([])
  })

  test('is refused when it is made where it could not work', () => {
    const make =
      (...args: unknown[]) =>
      () =>
        createDispatch(...(args as unknown as Parameters<typeof createDispatch>))
    expect(make({ opened: 'Wallet.Opened' })).toThrow('createDispatch.opened: expected a function')
    expect(make({ opened }, { ...defaults, eventId: 'evt_1' })).toThrow('found "eventId"')
    expect(make({ opened }, { ...defaults, tenant: 'acme' })).toThrow('found "tenant"')
    expect(make({ opened }, defaults, { servce: 1 })).toThrow('found "servce"')
    expect(make({ opened }, defaults, null)).toThrow('createDispatch.settings: expected an object')
    expect(make({ opened }, defaults, { service: new MemoryEventStore() })).toThrow(
      'createDispatch.settings.service: expected an event service',
    )
    expect(make(undefined)).toThrow('createDispatch.record: expected an object')
    expect(make({ opened }, 'wallet')).toThrow('createDispatch.defaults: expected an object')
  })
})
