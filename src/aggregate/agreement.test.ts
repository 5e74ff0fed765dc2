import {
  array,
  assert,
  asyncProperty,
  boolean,
  constantFrom,
  dictionary,
  integer,
  oneof,
  record,
  string,
  tuple,
  type Arbitrary,
} from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { EventStore } from '../store/store.ts'
import { Aggregate } from './aggregate.ts'
import { deeds, pastDeeds, shared, type Input, type Payload, type State } from './deeds.fixture.ts'
import { everyStore } from '../client/every-store.fixture.ts'
import { Processor } from './processor.ts'
import type { StateUpdater } from './rules.ts'
import { entryType } from './write.ts'

const types = ['A', 'B', 'C', 'no rule']
const text = oneof(
  constantFrom('a', 'b', 'a/b', '#', '__proto__', '$date', '😀'),
  string({ maxLength: 5 }),
).map((value) => value.replaceAll('\0', '').toWellFormed() || 'x')
const map = dictionary(text, integer({ min: -9, max: 9 }), { maxKeys: 4 })
const payload: Arbitrary<Payload> = record({
  n: integer({ min: -99, max: 99 }),
  text,
  list: array(oneof(integer(), text, map), { maxLength: 3 }),
  map,
})
const events = array(record({ type: constantFrom(...types), data: payload }), {
  minLength: 1,
  maxLength: 8,
})
const ruleSet = tuple(...types.slice(0, 3).map(() => constantFrom(...Object.keys(pastDeeds))))
const cases = record({
  events,
  ruleSet,
  history: boolean(),
  pieces: array(integer({ min: 1, max: 4 })),
})

type Case = typeof cases extends Arbitrary<infer Of> ? Of : never

function rulesOf({
  ruleSet: chosen,
  history,
}: Case): Map<string, StateUpdater<State, Payload, unknown, Payload>> {
  return new Map(
    chosen.map((deed, at) => {
      const name = history || deed in deeds ? deed : 'adds'
      return [types[at] as string, pastDeeds[name] as (input: Input) => State]
    }),
  )
}

let opened = 0

/** Appends in pieces, each by somebody else; says what is to be found then. */
async function appendedIn(
  store: EventStore,
  one: Case,
  pieces: readonly number[],
): Promise<unknown> {
  opened += 1
  const type = `type ${opened}`
  const processor = new Processor<State, Payload>(rulesOf(one), () => shared, {
    history: one.history,
  })
  const open = () =>
    new Aggregate<State, Payload>({
      type,
      store,
      processor,
      indexes: {
        byKey: ({ state }) => state.key ?? null,
        byText: ({ state }) => JSON.stringify(state),
      },
    })
  const published: unknown[] = []
  const given = structuredClone(one.events)
  const left = [...given]
  let aggregate = open()
  for (let at = 0; left.length > 0; at += 1) {
    if (at % 2 === 0) aggregate = open()
    const piece = left.splice(0, pieces[at % pieces.length] ?? 1)
    const appended = await aggregate.append('a', ...piece)
    published.push(...appended.newOutboundEvents)
    const now = await aggregate.get('a')
    expect(now).toEqual({ ref: appended.ref, state: appended.state, sequence: appended.sequence })
    // What was handed out is the caller's.
    for (const mine of [appended, now] as unknown as { state: State }[])
      mine.state.list.push('mine')
  }
  expect(given).toEqual(one.events)
  const before = await aggregate.get('a')
  const again = await aggregate.recalculate('a')
  expect(before).toEqual({ ref: again.ref, state: again.state, sequence: again.sequence })
  expect(again.pastOutboundEvents).toEqual(published)
  const records = (await store.outbox.read({ limit: 9999 })).map((each) => each.id)
  const waiting = (await store.outbox.read({ limit: 9999 })).map(({ type: of, data }) => ({
    type: of,
    data,
  }))
  await store.outbox.remove(records)
  expect(waiting).toEqual(published)

  const key = again.state.key ?? undefined
  const keys = [...new Set(one.events.map(({ data }) => data.text))]
  const found: string[] = []
  for (const each of keys) {
    const entries = await store.documents.query({ type: await entryType(type, 'byKey', each) })
    if (entries.documents.length > 0) found.push(each)
  }
  expect(found).toEqual(key === undefined ? [] : [key])
  expect((await aggregate.query('byText', JSON.stringify(before?.state))).length).toBe(1)
  return { state: again.state, sequence: again.sequence, published, found }
}

describe.each(everyStore)('on $name', ({ name, open }) => {
  const numRuns = name === 'memory' ? 300 : name === 'sqlite' ? 60 : 25

  test('one by one, in pieces, all at once, replayed and without a store: it comes to the same', async () => {
    await using log = await open()
    const property = asyncProperty(cases, async (one) => {
      const single = await appendedIn(log.store, one, [1])
      expect(await appendedIn(log.store, one, one.pieces)).toEqual(single)
      expect(await appendedIn(log.store, one, [99])).toEqual(single)

      const processor = new Processor<State, Payload>(rulesOf(one), () => shared, {
        history: one.history,
      })
      const made = processor.process(null, [], one.events)
      const replayed = processor.process(null, one.events, [])
      expect(replayed.state).toEqual(made.state)
      expect(replayed.pastOutboundEvents).toEqual(made.newOutboundEvents)
      expect(single).toMatchObject({ state: made.state, published: made.newOutboundEvents })
      expect(shared).toEqual({ list: [] })
    })
    await assert(property, { numRuns, interruptAfterTimeLimit: 40_000 })
  })
})
