import { expect, test } from 'vitest'
import type { EventStore } from '../store/store.ts'
import { MemoryEventStore } from '../stores/memory/index.ts'
import { withFaults } from '../testing/faults.ts'
import { Aggregate, type AggregateOptions } from './aggregate.ts'
import { createEvent } from './create-event.ts'
import { Processor, type ProcessorOptions } from './processor.ts'
import type { StateUpdaterInput } from './rules.ts'

interface Counted {
  n: number
}
type Input = StateUpdaterInput<Counted, Counted, unknown, Counted>
const counting = (
  rule: (input: Input) => Counted,
  options?: ProcessorOptions<Counted, Counted>,
): Processor<Counted, Counted> => new Processor({ COUNTED: rule }, () => ({ n: 0 }), options)
const counted = createEvent('COUNTED', { n: 1 })

test('any number of messages is counted in a recalculation', async () => {
  const store = new MemoryEventStore()
  const processor = counting(({ state, publish }) => {
    for (let n = 0; n < 200; n += 1) publish('COUNTED', n)
    return state
  })
  const aggregate = { type: 'counter', id: 'a' }
  await store.commit({ events: Array.from({ length: 1000 }, () => ({ ...counted, aggregate })) })
  const counters = new Aggregate({ type: 'counter', store, processor })
  expect((await counters.recalculate('a')).pastOutboundEvents).toHaveLength(200_000)
})

test('a snapshot is read without its events, also where rules see the past', async () => {
  const store = new MemoryEventStore()
  let runs = 0
  const processor = counting(
    ({ pastInboundEvents }) => {
      runs += 1
      return { n: pastInboundEvents.length + 1 }
    },
    { history: true },
  )
  const counters = new Aggregate({ type: 'counter', store, processor })
  for (let n = 1; n <= 3; n += 1) expect((await counters.append('a', counted)).state.n).toBe(n)
  expect(runs).toBe(3)
  expect((await counters.get('a'))?.state.n).toBe(3)
  expect(runs).toBe(3)
  const others = new Aggregate({ type: 'counter', store, processor })
  expect((await others.append('a', counted)).state.n).toBe(4)
  expect(runs).toBe(4)
  await store.commit({ events: [{ ...counted, aggregate: { type: 'counter', id: 'a' } }] })
  expect((await counters.append('a', counted)).state.n).toBe(6)
})

test('past events are the same to a rule however it is asked, and cannot be changed', async () => {
  const seen: unknown[] = []
  const processor = counting(
    ({ state, pastInboundEvents: [first] }) => {
      if (first)
        seen.push([Object.keys(first), Object.isFrozen(first), Object.isFrozen(first.data)])
      return state
    },
    { history: true },
  )
  const counters = new Aggregate({ type: 'counter', store: new MemoryEventStore(), processor })
  await counters.append('a', counted)
  await counters.append('a', counted)
  await counters.appendTo('a', { n: 0 }, 2, counted)
  await counters.recalculate('a')
  const shown = [['id', 'type', 'data', 'metadata', 'aggregate'], true, true]
  expect(seen).toEqual([shown, shown, shown, shown])
})

test('options are taken at once, and checked', async () => {
  const processor = counting(({ state }) => ({ n: state.n + 1 }))
  const options: {
    -readonly [Key in keyof AggregateOptions<Counted, Counted>]: AggregateOptions<
      Counted,
      Counted
    >[Key]
  } = { type: 'counter', store: new MemoryEventStore(), processor, attempts: 3 }
  const counters = new Aggregate(options)
  options.attempts = 0
  expect((await counters.append('a', counted)).sequence).toBe(1)
  const wrong = expect.objectContaining({ code: 'INVALID_ARGUMENT' })
  for (const attempts of [0, -1, 0.5, Number.NaN, '3' as never]) {
    expect(() => new Aggregate({ ...options, attempts })).toThrow(wrong)
  }
  for (const version of [Number.NaN, Infinity, {} as never, null as never]) {
    expect(() => counting(({ state }) => state, { version })).toThrow(wrong)
  }
  expect(() => counting(({ state }) => state, { history: 'yes' as never })).toThrow(wrong)
})

test('what was written last is remembered where it is small', async () => {
  const memory = new MemoryEventStore()
  let reads = 0
  const store: EventStore = {
    ...withFaults(memory),
    documents: {
      query: (query) => memory.documents.query(query),
      get: (type, id) => {
        reads += 1
        return memory.documents.get(type, id)
      },
    },
  }
  for (const [text, expected] of [
    ['x', 1],
    ['x'.repeat(100_000), 3],
  ] as const) {
    const processor = new Processor<{ n: number; list: string[] }, Counted>(
      { COUNTED: ({ state }) => ({ n: state.n + 1, list: [text] }) },
      () => ({ n: 0, list: [] }),
    )
    const counters = new Aggregate({ type: `counter ${expected}`, store, processor })
    reads = 0
    for (const n of [1, 2, 3]) expect((await counters.append('a', counted)).state.n).toBe(n)
    expect(reads).toBe(expected)
  }
})
