import { describe, expect, test } from 'vitest'
import type { EventStore } from '../store/store.ts'
import { MemoryEventStore } from '../stores/memory/index.ts'
import { randomFaults, withFaults } from '../testing/faults.ts'
import { Aggregate } from './aggregate.ts'
import { createEvent } from './create-event.ts'
import { everyStore } from '../client/every-store.fixture.ts'
import { Processor } from './processor.ts'

type Event = { type: 'COUNTED'; data: { by: number } }

let runs = 0
const processor = new Processor<{ sum: number }, Event, { type: 'SUM'; data: number }>(
  {
    COUNTED: ({ state, current, publish }) => {
      runs += 1
      publish('SUM', state.sum + current.by)
      return { sum: state.sum + current.by }
    },
  },
  () => ({ sum: 0 }),
)
const countersOn = (store: EventStore, attempts?: number) =>
  new Aggregate<{ sum: number }, Event, { type: 'SUM'; data: number }>({
    type: 'counter',
    store,
    processor,
    attempts,
    indexes: { bySum: ({ ref, state }) => `${ref.id} ${state.sum}` },
  })
const counted = (by: number) => createEvent('COUNTED', { by })

/** A store on which somebody else appends just before each commit, so many times. */
function busy(store: EventStore, times: number): EventStore {
  let left = times
  return {
    ...withFaults(store),
    commit: async (commit, options) => {
      if (left-- > 0) await countersOn(store).append('a', counted(100))
      return store.commit(commit, options)
    },
  }
}

test('an append runs the rules again as often as it is told, and then says what is in the way', async () => {
  const store = new MemoryEventStore()
  runs = 0
  const { state, sequence } = await countersOn(busy(store, 3)).append('a', counted(1))
  expect([state.sum, sequence]).toEqual([301, 4])
  // Four times its own, and three times the others.
  expect(runs).toBe(7)
  const conflict = { code: 'CONFLICT', conflict: { reason: 'version' } }
  await expect(countersOn(busy(store, 99), 3).append('a', counted(1))).rejects.toMatchObject(
    conflict,
  )
  const before = await countersOn(store).get('a')
  expect(before?.state.sum).toBe(701)
  runs = 0
  const once = countersOn(busy(store, 1)).appendTo('a', { sum: 701 }, 8, counted(1))
  await expect(once).rejects.toMatchObject(conflict)
  expect(runs).toBe(2)
})

describe.each(everyStore)('on $name', ({ open }) => {
  test('however bad the connection, each append is stored once', async () => {
    await using log = await open()
    for (const seed of [1, 2, 3]) {
      const faults = randomFaults({ seed, cut: 0.15, lost: 0.15, delayed: 0.1, maxDelay: 2 })
      const id = `a${seed}`
      const one = countersOn(withFaults(log.store, faults), 100)
      const other = countersOn(withFaults(log.store, faults), 100)
      const appended = await Promise.allSettled(
        Array.from({ length: 16 }, (_, n) =>
          (n % 2 ? one : other).append(id, counted(10 ** (n % 2))),
        ),
      )
      const events = await Array.fromAsync(log.store.read([{ aggregate: { type: 'counter', id } }]))
      expect(events.map(({ aggregate }) => aggregate?.version)).toEqual(
        events.map((_, at) => at + 1),
      )
      // One that gave up does not know whether it is there; one that was answered is.
      const answered = appended.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
      const ids = answered.map((each) => each?.events[0]?.id)
      expect(new Set(ids).size).toBe(ids.length)
      expect(events.map((event) => event.id)).toEqual(expect.arrayContaining(ids))
      expect(answered.length).toBeGreaterThan(4)
      const now = await countersOn(log.store).get(id)
      expect(await countersOn(log.store).recalculate(id)).toMatchObject({ ...now })
      const messages = await log.store.outbox.read({ limit: 999 })
      expect(messages).toHaveLength(events.length)
      expect(messages.at(-1)?.data).toBe(now?.state.sum)
      await log.store.outbox.remove(messages.map((message) => message.id))
      expect(await countersOn(log.store).query('bySum', `${id} ${now?.state.sum}`)).toEqual([now])
    }
  })
})
