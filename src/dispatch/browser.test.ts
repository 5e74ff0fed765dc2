import { expect, test, vi } from 'vitest'
import { MemoryEventStore } from '../stores/memory/index.ts'

test('where nothing follows an await (browsers), every event has the context of the call', async () => {
  vi.resetModules()
  const builtins = vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined)
  try {
    const { getEventContext, withEventContext } = await import('../event/context.ts')
    const { dispatchEvents } = await import('./dispatch-event.ts')
    const { createEventService } = await import('./event-service.ts')
    const service = createEventService({ store: new MemoryEventStore() })
    const wallet = { aggregateType: 'wallet', aggregateId: 'wal_1' }
    const event = { ...wallet, source: 'billing', eventType: 'Wallet.Funded' }
    const events = Array.from({ length: 300 }, () => event)
    const requests = ['anna', 'ben'].map((actorId) =>
      withEventContext({ actorId }, async () => {
        const dispatched = Promise.all([
          dispatchEvents(events, { service }),
          dispatchEvents([event, event], { service, inOrder: true }),
          dispatchEvents([{ ...event, idempotencyKey: actorId }], { service }),
          dispatchEvents([event], { service, atomic: true, idempotencyKey: actorId }),
        ])
        await dispatched
        // Otherwise this would prove nothing.
        expect(getEventContext()).toEqual({})
      }),
    )
    await Promise.all(requests)
    const { data } = await service.listEvents(wallet)
    const counted = ['anna', 'ben'].map(
      (actor) => data.filter((one) => one.actorId === actor).length,
    )
    expect(counted).toEqual([304, 304])
  } finally {
    builtins.mockRestore()
  }
})
