import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { MemoryEventStore } from '../stores/memory/index.ts'
import type { Publisher } from './publisher.ts'
import { createOutboxRelay } from './relay.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

test('messages that failed in one call are tried again in one call', async () => {
  const store = new MemoryEventStore()
  const outbox = Array.from({ length: 100 }, (_, data) => ({
    type: 'message',
    data,
    orderKey: `key_${data}`,
  }))
  await store.commit({ outbox })
  const calls: number[] = []
  const publisher: Publisher = {
    publish: async (messages) => {
      calls.push(messages.length)
      throw new Error('down')
    },
  }
  const relay = createOutboxRelay({ store, publisher, name: 'mail', onError: () => {} })
  const running = relay.run()
  await vi.advanceTimersByTimeAsync(20_000)
  await relay.close()
  await running
  expect(calls.length).toBeGreaterThan(5)
  expect(new Set(calls)).toEqual(new Set([100]))
})
