import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { MemoryEventStore } from '../stores/memory/index.ts'
import { LeaseSeeker } from './lease.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

test.each([null, 'text', [], { duration: 0 }, { duration: -1 }, { duration: 1e300 }])(
  'a lease of %j, which no relay has written, is dead after the time of its successor',
  async (data) => {
    const store = new MemoryEventStore()
    await store.commit({ documents: [{ type: '$relay', id: 'mail', data }] })
    const report = vi.fn<(error: unknown) => void>()
    const seeker = new LeaseSeeker({ store, name: 'mail', duration: 3000, report })
    expect(await seeker.attempt()).toBeUndefined()
    await vi.advanceTimersByTimeAsync(2999)
    expect(await seeker.attempt()).toBeUndefined()
    await vi.advanceTimersByTimeAsync(1)
    const lease = await seeker.attempt()
    expect(lease).toBeDefined()
    await lease?.release()
    expect(report).not.toHaveBeenCalled()
  },
)
