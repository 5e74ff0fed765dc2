import { describe, expect, test } from 'vitest'
import type { EventStore } from '../store/store.ts'
import { MemoryEventStore } from '../stores/memory/index.ts'
import { Aggregate, type AggregateOptions } from './aggregate.ts'
import { createEvent } from './create-event.ts'
import { defineIndex } from './define-index.ts'
import { everyStore, type FreshLog } from '../client/every-store.fixture.ts'
import { Processor, type ProcessorOptions } from './processor.ts'
import type { StateUpdaterInput } from './rules.ts'

interface Counter {
  count: number
  odd?: unknown
}
type Event = { type: 'COUNTED'; data: { by: unknown } } | { type: 'NOTED'; data: unknown }
type Input = StateUpdaterInput<Counter, Event, unknown, { by: unknown }>
type Options = AggregateOptions<Counter, Event>

/** Counters whose one rule is this. */
function countersOn(
  store: EventStore,
  rule: (input: Input) => unknown,
  { history, ...options }: Partial<Options> & ProcessorOptions<Event, Event> = {},
): Aggregate<Counter, Event> {
  const processor = new Processor<Counter, Event>(
    { COUNTED: rule as (input: Input) => Counter },
    () => ({ count: 0 }),
    { history },
  )
  return new Aggregate<Counter, Event>({ type: 'counter', store, processor, ...options })
}

const counted = (by: unknown = 1) => createEvent('COUNTED', { by })
const counts = ({ state, current }: Input): Counter => ({ count: state.count + Number(current.by) })

/** Everything that the log holds of counters. */
async function held({ store, everything }: FreshLog): Promise<unknown[]> {
  return [
    await everything(),
    await store.outbox.read(),
    await store.documents.get('["$snapshot","counter","a"]', 'a'),
    await store.documents.query({ type: '["$index","counter","byCount","1"]' }),
  ]
}

const thrown = new Error('not on a Sunday')
const circular: Record<string, unknown> = {}
circular['self'] = circular
const unkept: readonly unknown[] = [Number.NaN, 1n, () => 1, new Map(), '\0', [undefined], circular]

describe.each(everyStore)('on $name nothing is stored', ({ open }) => {
  test('where a rule, an index or what they make is wrong', async () => {
    await using log = await open()
    const { store } = log
    await countersOn(store, counts).append('a', counted())
    const before = await held(log)

    const rules: readonly ((input: Input) => unknown)[] = [
      () => {
        throw thrown
      },
      () => undefined,
      async () => ({ count: 1 }),
      ...unkept.map((odd) => ({ state }: Input) => ({ ...state, odd })),
      ...unkept.map((odd) => ({ state, publish }: Input) => {
        publish('message', odd)
        return state
      }),
      ({ state, publish }) => {
        publish('', 1)
        return state
      },
      ({ state, pastInboundEvents }) => ({ ...state, odd: pastInboundEvents }),
    ]
    const codes = new Set<unknown>()
    for (const [at, rule] of rules.entries()) {
      // The second event of an append is as good as the first: none is stored.
      const counters = countersOn(store, (input) => (input.current.by ? rule(input) : input.state))
      const refused = await counters.append('a', counted(0), counted(1)).catch((error) => error)
      codes.add(refused.code)
      expect(await held(log), `rule ${at}`).toEqual(before)
    }
    for (const odd of unkept) {
      const appending = countersOn(store, ({ state }) => state).append('a', counted(odd))
      await expect(appending).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    }
    for (const key of [
      () => 5,
      () => '',
      () => '\0',
      () => ({}),
      () => {
        throw thrown
      },
    ]) {
      const indexes = [defineIndex('byCount', key as () => string)]
      const counters = countersOn(store, counts, { indexes })
      await expect(counters.append('a', counted())).rejects.toThrow(/counter.+a.+index byCount/u)
    }
    expect(await held(log)).toEqual(before)
    expect(codes).toEqual(new Set(['INVALID_ARGUMENT', 'REJECTED']))
  })
})

const store = new MemoryEventStore()
const refusal = (call: Promise<unknown>) =>
  call.then(
    () => expect.fail('stored'),
    (error) => error,
  )

test('a rule that throws: the error names aggregate, event and rule, and has what it threw', async () => {
  const counters = countersOn(store, ({ current }) => {
    if (current.by === 3) throw thrown
    return { count: 1 }
  })
  const error = await refusal(counters.append('a/1', counted(2), counted(3)))
  expect(error).toMatchObject({ code: 'REJECTED', cause: thrown, name: 'RejectedError' })
  expect(error.message).toBe(
    'counter a/1: the rule COUNTED, on version 2, refused it: not on a Sunday',
  )
  expect(error.details).toEqual({
    aggregate: { type: 'counter', id: 'a/1' },
    event: { type: 'COUNTED', version: 2 },
  })
})

test('a rule that throws something else than an error', async () => {
  const counters = countersOn(store, () => {
    throw 'no' // oxlint-disable-line no-throw-literal only-throw-error
  })
  const error = await refusal(counters.append('b', counted()))
  expect(error).toMatchObject({ code: 'REJECTED', cause: 'no' })
  expect(error.message).toMatch(/refused it: no$/u)
})

test('a rule that would refuse what is stored says that it is replayed', async () => {
  const id = 'replayed'
  await store.commit({ events: [{ ...counted(), aggregate: { type: 'counter', id } }] })
  const counters = countersOn(store, () => {
    throw thrown
  })
  const error = await refusal(counters.get(id))
  expect(error).toMatchObject({ code: 'INVALID_EVENT', eventType: 'COUNTED', cause: thrown })
  expect(error.message).toMatch(/^cannot replay .+: counter replayed: the rule COUNTED/u)
})

test.each([
  ['returns nothing', () => undefined, 'returned nothing: return the state'],
  ['returns a promise', async () => ({ count: 1 }), 'returned a promise: rules are synchronous'],
  [
    'asks for past events',
    ({ pastInboundEvents }: Input) => ({ count: pastInboundEvents.length }),
    'failed: pastInboundEvents: make the processor with { history: true }',
  ],
])('a rule that %s is told so', async (_, rule, message) => {
  const error = await refusal(countersOn(store, rule).append('c', counted()))
  expect(error).toMatchObject({ code: 'INVALID_ARGUMENT' })
  expect(error.message).toBe(`counter c: the rule COUNTED, on version 1, ${message}`)
})

test('a rule may ask for past events where there is history, and publish while it runs', async () => {
  let late: Input['publish'] = () => undefined
  const counters = countersOn(
    store,
    ({ pastInboundEvents, publish }) => {
      late = publish
      return { count: pastInboundEvents.length }
    },
    { history: true },
  )
  expect((await counters.append('d', counted(), counted(), counted())).state.count).toBe(2)
  expect(() => late('message', 1)).toThrow('publish "message": the rule COUNTED has ended')
  expect((await counters.append('d', counted())).state.count).toBe(3)
})

test('an event of a type without a rule is stored, and changes nothing but the sequence', async () => {
  const counters = countersOn(store, counts)
  const { state, sequence } = await counters.append('e', counted(), createEvent('NOTED', 'x'))
  expect([state, sequence]).toEqual([{ count: 1 }, 2])
  expect(await counters.get('e')).toMatchObject({ sequence: 2, state: { count: 1 } })
})

test('no events, what is no event, and what is no id', async () => {
  const counters = countersOn(store, counts)
  const calls = [
    counters.append('f'),
    counters.appendTo('f', null, 0),
    ...[null, undefined, 5, 'COUNTED', [counted()]].map((event) =>
      counters.append('f', event as never),
    ),
    counters.append('f', { data: 1 } as never),
    counters.append('f', { type: 7, data: 1 } as never),
    counters.append('f', { type: '', data: 1 } as never),
    ...['', '\0', 5, null, undefined].map((id) => counters.append(id as never, counted())),
    counters.get(''),
    counters.recalculate(''),
    counters.appendTo('f', { count: 1 }, 0, counted()),
    counters.appendTo('f', null, 1, counted()),
    counters.appendTo('f', undefined as never, 1, counted()),
    ...[-1, 0.5, Number.NaN, '1', 2 ** 60].map((sequence) =>
      counters.appendTo('f', { count: 1 }, sequence as number, counted()),
    ),
  ]
  for (const [at, call] of calls.entries()) {
    expect(await refusal(call), `call ${at}`).toMatchObject({ code: 'INVALID_ARGUMENT' })
  }
  expect(await refusal(counters.append('x'.repeat(256), counted()))).toMatchObject({
    code: 'LIMIT',
  })
  expect(await counters.get('f')).toBe(null)
  expect(await counters.recalculate('f')).toMatchObject({ sequence: 0, state: { count: 0 } })
})

test('an index that is not known, that is there twice, or that is none', async () => {
  const byCount = defineIndex<Counter>('byCount', ({ state }) => String(state.count))
  const counters = countersOn(store, counts, { indexes: [byCount] })
  await expect(counters.query('byMail', 'x')).rejects.toThrow(
    'counter has no index "byMail": it has byCount',
  )
  await expect(countersOn(store, counts).query('byMail', 'x')).rejects.toThrow('it has none')
  await expect(counters.query('toString', 'x')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  for (const key of ['', 5, null]) {
    const query = counters.query('byCount', key as string)
    await expect(query).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  }
  expect(() => countersOn(store, counts, { indexes: [byCount, byCount] })).toThrow(
    'the index byCount of counter is defined twice',
  )
  expect(() => defineIndex('', () => null)).toThrow('defineIndex')
  expect(() => defineIndex('byCount', 'count' as never)).toThrow('expected a function')
  for (const indexes of [[{ name: 'byCount' }], { byCount: 5 }]) {
    expect(() => countersOn(store, counts, { indexes } as never)).toThrow('expected a function')
  }
})

test('what an aggregate is made of', () => {
  const processor = new Processor<Counter, Event>({}, () => ({ count: 0 }))
  for (const [wrong, message] of [
    [{ type: '' }, 'aggregate.type'],
    [{ store: undefined }, 'expected an opened store'],
    [{ store: {} }, 'expected an opened store'],
    [{ processor: undefined }, 'expected a Processor'],
    [{ processor: { rules: {} } }, 'expected a Processor'],
  ] as const) {
    const options = { type: 'counter', store, processor, ...wrong } as never
    expect(() => new Aggregate<Counter, Event>(options)).toThrow(message)
  }
  for (const [args, message] of [
    [[null, () => 1], 'expected a Map or an object of rules'],
    [[[], () => 1], 'expected a Map or an object of rules'],
    [[{ COUNTED: 5 }, () => 1], 'the rule "COUNTED" is no function'],
    [[new Map([['COUNTED', null]]), () => 1], 'the rule "COUNTED" is no function'],
    [[{}, { count: 0 }], 'expected a function that makes the state'],
    [[{}, () => 1, { histroy: true }], 'unknown option histroy'],
  ] as const) {
    expect(() => new Processor(...(args as unknown as [never, never]))).toThrow(message)
  }
})

test('what cannot be stored is named in the words of the caller', async () => {
  const odd = countersOn(store, ({ state }) => ({ ...state, odd: { deep: Number.NaN } }))
  expect((await refusal(odd.append('c', counted()))).message).toMatch(
    /^counter c: state\.odd\.deep: /,
  )
  const loud = countersOn(store, ({ state, publish }) => {
    publish('message', { at: 1n })
    return state
  })
  expect((await refusal(loud.append('c', counted()))).message).toMatch(
    /^counter c: message message\.data\.at: /,
  )
})

test('an option that is none, and an event of another aggregate, are refused', async () => {
  expect(() => countersOn(store, counts, { indexs: {} } as object)).toThrow(
    'counter.options: expected only type, store, processor, indexes and attempts, found "indexs"',
  )
  const counters = countersOn(store, counts)
  const ofAnother = { ...counted(), aggregate: { type: 'counter', id: 'd' } }
  expect((await refusal(counters.append('c', ofAnother))).message).toMatch(
    /^counter\.c\.events\.0: expected an event of this aggregate/,
  )
})

test('a rule may refuse new events alone, so that what others append does no harm', async () => {
  const aggregate = { type: 'counter', id: 'forced' }
  const counters = countersOn(store, ({ state, current, isReplayed }) => {
    if (!isReplayed && Number(current.by) > 9) throw thrown
    return { count: state.count + Number(current.by) }
  })
  await expect(counters.append('forced', counted(10))).rejects.toMatchObject({ code: 'REJECTED' })
  await store.commit({ events: [{ ...counted(10), aggregate }] })
  await counters.append('forced', counted(1))
  expect(await counters.get('forced')).toMatchObject({ state: { count: 11 }, sequence: 2 })
})
