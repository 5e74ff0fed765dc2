import { describe, expect, test } from 'vitest'
import { withFaults } from '../testing/faults.ts'
import { dispatchEvents, type DispatchEventsOptions } from './dispatch-event.ts'
import { createEventService } from './event-service.ts'
import { everyStore, type FreshLog } from '../client/every-store.fixture.ts'

const funded = {
  aggregateType: 'wallet',
  aggregateId: 'wal_1',
  source: 'billing',
  eventType: 'Wallet.Funded',
}
const several = (count = 3) =>
  Array.from({ length: count }, (_, index) => ({ ...funded, payload: { amount: index } }))

describe.each(everyStore)('what is dispatched on $name is what was given', ({ open }) => {
  test('though it is changed before it is sent', async () => {
    await using log = await open()
    const service = createEventService({ store: log.store })
    const payload = { amount: 1, of: [{ coin: 1 }] }
    const appended = service.appendEvent({ ...funded, payload, idempotencyKey: 'cmd_1' })
    payload.amount = 2
    payload.of[0] = { coin: 2 }
    await appended
    const record = await service.getEvent('wallet', 'wal_1', 1)
    expect(record?.payload).toEqual({ amount: 1, of: [{ coin: 1 }] })
  })

  test('though it is changed before it is sent again', async () => {
    await using log = await open()
    const payload = { amount: 1 }
    const store = withFaults(log.store, ({ method, call }) => {
      if (method !== 'commit' || call > 1) return undefined
      payload.amount = 2
      return 'lost'
    })
    const service = createEventService({ store })
    const appended = service.appendEvent({ ...funded, payload })
    expect(await appended).toMatchObject({ version: 1 })
    expect((await service.getEvent('wallet', 'wal_1', 1))?.payload).toEqual({ amount: 1 })
  })

  test.each<DispatchEventsOptions & { count: number }>([
    { inOrder: true, count: 3 },
    { atomic: true, idempotencyKey: 'cmd_1', count: 3 },
    { count: 300 },
  ])('though the list is changed, %o', async ({ count, ...options }) => {
    await using log = await open()
    const service = createEventService({ store: log.store })
    const events = several(count)
    const dispatched = dispatchEvents(events, { service, ...options })
    for (const event of events) event.payload.amount = -1
    events.pop()
    events.unshift(...several(2))
    expect(await dispatched).toHaveLength(count)
    const { data } = await service.listEvents({ aggregateType: 'wallet', aggregateId: 'wal_1' })
    const amounts = data.map(({ payload }) => (payload as { amount: number }).amount)
    expect(amounts.toSorted((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, at) => at))
  })
})

test('what JSON cannot keep is refused, not left out of a copy', async () => {
  await using log = (await everyStore[0]?.open()) as FreshLog
  const service = createEventService({ store: log.store })
  const circle: unknown[] = []
  circle.push(circle)
  const wrong: readonly object[] = [
    { [Symbol('hidden')]: 1 },
    circle,
    Object.assign([1], { more: 1 }),
  ]
  for (const payload of wrong) {
    await expect(service.appendEvent({ ...funded, payload })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    })
  }
})
