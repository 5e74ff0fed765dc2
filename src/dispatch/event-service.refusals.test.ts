import { describe, expect, test } from 'vitest'
import { MemoryEventStore } from '../stores/memory/index.ts'
import { initEvents } from './current-service.ts'
import { createEventService } from './event-service.ts'
import type { AppendArgs } from './types.ts'

const funded: AppendArgs = {
  aggregateType: 'wallet',
  aggregateId: 'wal_1',
  source: 'billing',
  eventType: 'Wallet.Funded',
  payload: { amount: 5000 },
}

describe('what is refused', () => {
  test.each([
    [{ aggregateType: '' }, 'event.aggregateType: expected a non-empty string'],
    [{ aggregateId: undefined }, 'event.aggregateId: expected a non-empty string'],
    [{ aggregateId: 7 }, 'event.aggregateId: expected a non-empty string'],
    [{ aggregateId: 'x'.repeat(256) }, 'event.aggregateId: expected at most 255 bytes'],
    [{ source: undefined }, 'event.source: expected a non-empty string'],
    [{ eventType: '' }, 'event.eventType: expected a non-empty string'],
    [{ expectedVersion: -1 }, 'event.expectedVersion: expected a whole number from 0, found -1'],
    [{ expectedVersion: 1.5 }, 'event.expectedVersion: expected a whole number from 0, found 1.5'],
    [{ expectedVersion: NaN }, 'event.expectedVersion'],
    [{ expectedVersion: '1' }, 'event.expectedVersion'],
    [{ schemaVersion: 0 }, 'event.schemaVersion: expected a whole number from 1'],
    [{ occurredAt: 'yesterday' }, 'event.occurredAt: expected an ISO 8601 timestamp'],
    [{ occurredAt: '2020-13-31T12:00:00Z' }, 'event.occurredAt'],
    [{ occurredAt: '2021-02-29T12:00:00Z' }, 'event.occurredAt'],
    [{ idempotencyKey: '' }, 'event.idempotencyKey'],
    [{ eventId: '' }, 'event.eventId'],
    [{ actorId: 7 }, 'event.actorId'],
    [{ tenantId: '' }, 'event.tenantId'],
    [{ expectedversion: 1 }, 'found "expectedversion"'],
    [{ payload: { at: new Date() } }, 'data.at'],
    [{ payload: () => 1 }, 'data'],
    [{ payload: 1n }, 'data'],
  ])('an event with %o', async (wrong, message) => {
    const store = new MemoryEventStore()
    const append = createEventService({ store }).appendEvent({
      ...funded,
      ...wrong,
    } as AppendArgs)
    await expect(append).rejects.toThrow(message)
    expect(await Array.fromAsync(store.read('all'))).toEqual([])
  })

  test('what is no event, no list of events, no version and no page', async () => {
    const service = createEventService({ store: new MemoryEventStore() })
    const wallet = { aggregateType: 'wallet', aggregateId: 'wal_1' }
    const wrong: readonly [Promise<unknown>, string][] = [
      [service.appendEvent(undefined as never), 'event: expected an object, found undefined'],
      [service.appendEvent([funded] as never), 'event: expected an object'],
      [service.appendEvents([funded], { idempotencyKye: 'cmd_1' } as never), '"idempotencyKye"'],
      [service.appendEvents([funded], null as never), 'appendEvents.options: expected an object'],
      [service.appendEvents('all' as never), 'appendEvents: expected a list'],
      [service.appendEvents([funded, { ...funded, source: '' }]), 'events.1.source'],
      [service.getHead('', 'wal_1'), 'getHead.aggregateType'],
      [service.getEvent('wallet', '', 1), 'getEvent.aggregateId'],
      [service.getEvent('wallet', 'wal_1', -1), 'getEvent.version'],
      [service.getEvent('wallet', 'wal_1', 0.5), 'getEvent.version'],
      [
        service.listEvents({ ...wallet, limit: 0 }),
        'listEvents.limit: expected a whole number from 1',
      ],
      [
        service.listEvents({ ...wallet, fromVersionExclusive: -1 }),
        'listEvents.fromVersionExclusive',
      ],
      [service.listEvents({ ...wallet, toVersionInclusive: 1.5 }), 'listEvents.toVersionInclusive'],
      [service.listEvents({ ...wallet, cursor: 'HEAD' }), 'listEvents.cursor: expected the cursor'],
      [service.listEvents({ ...wallet, cursor: 'EVT#1' }), 'listEvents.cursor'],
      [service.listEvents({ ...wallet, cursor: 1 as never }), 'listEvents.cursor'],
      [service.listEvents({ ...wallet, form: 3 } as never), 'found "form"'],
    ]
    for (const [call, message] of wrong) {
      await expect(call).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
        message: expect.stringContaining(message),
      })
    }
  })

  test('what is no store', () => {
    const store = new MemoryEventStore()
    const wrong = (config: unknown) => () => createEventService(config as never)
    expect(wrong({ tableName: 'events' })).toThrow('found "tableName"')
    expect(wrong({})).toThrow('createEventService.store: expected an opened store')
    expect(wrong(undefined)).toThrow('createEventService')
    expect(wrong({ store, events: {} })).toThrow('createEventService.events')
    expect(() => initEvents({ tableName: 'events' } as never)).toThrow(
      'initEvents: expected only the keys store, events, found "tableName"',
    )
  })
})
