import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { defineEvents } from '../event/definition.ts'
import type { EventStore } from '../store/store.ts'
import { MemoryEventStore } from '../stores/memory/index.ts'
import { Aggregate, type AggregateOptions } from './aggregate.ts'
import { createEvent } from './create-event.ts'
import { everyStore } from '../client/every-store.fixture.ts'
import { Processor } from './processor.ts'
import type { StateUpdaterInput } from './rules.ts'

type Event = { type: 'COUNTED'; data: { n: number } }
type Rule<State> = (input: StateUpdaterInput<State, Event, unknown, { n: number }>) => State

const counted = (n: number, id?: string) => createEvent('COUNTED', { n }, { id })

function aggregatesOf<State>(
  store: EventStore,
  initial: () => State,
  rule: Rule<State>,
  more: Partial<AggregateOptions<State, Event>> = {},
): Aggregate<State, Event> {
  const processor = new Processor<State, Event>({ COUNTED: rule }, initial)
  return new Aggregate<State, Event>({ type: 'counter', store, processor, ...more })
}

const sums = (
  store: EventStore,
  more?: Partial<AggregateOptions<number, Event>>,
): Aggregate<number, Event> =>
  aggregatesOf(
    store,
    () => 0,
    ({ state, current }) => state + current.n,
    more,
  )

describe.each(everyStore)('on $name', ({ open }) => {
  test('a state is any JSON', async () => {
    await using log = await open()
    const { store } = log
    const list: Rule<number[]> = ({ state, current }) => [...state, current.n]
    const text: Rule<string> = ({ state, current }) => state + String(current.n)
    const of: readonly [string, Aggregate<never, Event>, unknown][] = [
      ['number', sums(store) as never, 6],
      ['list', aggregatesOf(store, () => [], list) as never, [1, 2, 3]],
      ['text', aggregatesOf(store, () => '', text) as never, '123'],
      [
        'boolean',
        aggregatesOf(
          store,
          () => false,
          ({ state }) => !state,
        ) as never,
        true,
      ],
      [
        'null',
        aggregatesOf(
          store,
          () => null,
          () => null,
        ) as never,
        null,
      ],
    ]
    for (const [id, aggregates, state] of of) {
      await aggregates.append(id, counted(1), counted(2))
      await aggregates.append(id, counted(3))
      expect(await aggregates.get(id)).toMatchObject({ state, sequence: 3 })
      expect(await aggregates.recalculate(id)).toMatchObject({ state, sequence: 3 })
    }
  })

  test('a key may be as long as it likes', async () => {
    await using log = await open()
    const key = 'k'.repeat(100_000)
    const aggregates = sums(log.store, { indexes: { byKey: () => key } })
    await aggregates.append('a', counted(1))
    expect(await aggregates.query('byKey', key)).toHaveLength(1)
    expect(await aggregates.query('byKey', key.slice(1))).toEqual([])
  })
})

const store = new MemoryEventStore()

test('events go through their schemas on the way in, and through their upcasters on the way out', async () => {
  const aggregate = { type: 'counter', id: 'old' }
  await store.commit({ events: [{ type: 'COUNTED', data: { count: 4 }, aggregate }] })
  const events = defineEvents({
    COUNTED: {
      version: 2,
      schema: z.object({ n: z.string().transform(async (text) => Number(text)) }),
      upcasters: { 1: (data) => ({ n: (data as { count: number }).count }) },
    },
  })
  const counters = new Aggregate({
    type: 'counter',
    store,
    processor: new Processor({ COUNTED: ({ state, current }) => state + current.n }, () => 0, {
      events,
    }),
  })
  expect((await counters.get('old'))?.state).toBe(4)
  expect((await counters.append('old', createEvent('COUNTED', { n: '2' }))).state).toBe(6)
  expect((await counters.recalculate('old')).state).toBe(6)
  const wrong = counters.append('old', createEvent('COUNTED', { n: 2 as never }))
  await expect(wrong).rejects.toMatchObject({ code: 'INVALID_EVENT' })
  const unknown = counters.append('old', { type: 'NOTED', data: {} } as never)
  await expect(unknown).rejects.toThrow('"NOTED" is not defined')
})

test('event ids belong to one append', async () => {
  const counters = sums(store)
  const mismatch = { code: 'IDEMPOTENCY_MISMATCH' }
  await counters.append('a', counted(1, 'evt_1'))
  await expect(counters.append('b', counted(1, 'evt_1'))).rejects.toMatchObject(mismatch)
  const more = counters.append('a', counted(1, 'evt_1'), counted(1, 'evt_2'))
  await expect(more).rejects.toMatchObject(mismatch)
  await counters.append('a', counted(1), counted(1, 'evt_3'))
  const half = counters.append('a', counted(1), counted(1, 'evt_3'))
  await expect(half).rejects.toMatchObject(mismatch)
  expect((await counters.get('a'))?.sequence).toBe(3)
})

test('an index that is new finds an aggregate from its next append or recalculation on', async () => {
  await sums(store).append('new_1', counted(1))
  await sums(store).append('new_2', counted(1))
  const indexed = sums(store, { indexes: { bySum: (snapshot) => `sum ${snapshot.state}` } })
  expect(await indexed.query('bySum', 'sum 1')).toEqual([])
  await indexed.append('new_1', counted(0))
  await indexed.recalculate('new_2')
  expect((await indexed.query('bySum', 'sum 1')).map(({ ref }) => ref.id)).toEqual([
    'new_1',
    'new_2',
  ])
})

test('appends of one process to one aggregate wait for each other', async () => {
  const counters = sums(store, { attempts: 1 })
  const appended = await Promise.all(
    Array.from({ length: 50 }, () => counters.append('hot', counted(1))),
  )
  expect(appended.map(({ sequence }) => sequence)).toEqual(
    Array.from({ length: 50 }, (_, n) => n + 1),
  )
})
