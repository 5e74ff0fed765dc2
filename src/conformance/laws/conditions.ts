import type { Streams } from '../../store/stream.ts'
import { equal, ok, rejects } from '../expect.ts'
import type { Law } from '../law.ts'
import { added, appendAll, cart, field, numbers, read } from '../samples.ts'

const next = { type: 'CHECKED_OUT', data: { cartId: 'cart_1', n: 99 } }

/** Boundaries, with data that is inside and data that is outside. */
const boundaries: readonly (readonly [Streams, inside: object[], outside: object[]])[] = [
  [[cart('a')], [{ cartId: 'a' }], [{ cartId: 'b' }, { other: 'a' }]],
  [
    [{ filter: { cartId: 'a', userId: 'u' } }],
    [{ cartId: 'a', userId: 'u' }],
    [{ cartId: 'a', userId: 'v' }, { cartId: 'a' }, { userId: 'u' }],
  ],
  [
    [{ filter: { cartId: { in: ['a', 'b'] } } }],
    [{ cartId: 'b' }],
    [{ cartId: 'c' }, { cartId: ['a', 'b'] }],
  ],
  [[{ filter: { cartId: ['a', 'b'] } }], [{ cartId: ['a', 'b'] }], [{ cartId: ['b', 'a'] }]],
  [
    [{ filter: { cartId: 'a', size: { gt: 2 } } }],
    [{ cartId: 'a', size: 3 }],
    [{ cartId: 'a', size: 2 }],
  ],
  [[{ filter: { cartId: 'a', size: { neq: 2 } } }], [{ cartId: 'a' }], [{ cartId: 'a', size: 2 }]],
  [[cart('a'), { filter: { userId: 'u' } }], [{ userId: 'u' }], [{ userId: 'a', cartId: 'u' }]],
  [[{ types: ['A', 'C'], filter: { cartId: 'a' } }], [{ cartId: 'a' }], [{ cartId: 'b' }]],
  [[{ types: ['A'] }], [{}], []],
  [
    [{ types: ['B'] }, { types: ['A'], filter: { cartId: 'a' } }],
    [{ cartId: 'a' }],
    [{ cartId: 'b' }],
  ],
  [[{ filter: { size: { gte: 2 } } }], [{ size: 2 }], [{ size: 1 }, { size: '2' }]],
  [[{ filter: { note: { nin: ['x'] } } }], [{}], [{ note: 'x' }]],
  [[{ types: ['A'] }, { filter: { size: 1 } }], [{ size: 1 }], []],
  ['all', [{}, { cartId: 'z' }], []],
]

const identifies = (streams: Streams): boolean =>
  streams !== 'all' && streams.every(({ filter = {} }) => 'userId' in filter || 'cartId' in filter)

/** What is promised of conditions, one commit after the other. */
export const conditionLaws: readonly Law[] = [
  {
    law: 'nothing matching since the cursor: accepted; something matching: refused, naming it; something else: accepted',
    prove: async (open) => {
      const { store } = await open()
      await store.commit({ events: [added('cart_1', { n: 0 }), added('cart_2', { n: 1 })] })
      const streams = [cart('cart_1')]
      const { cursor } = await store.load(streams)
      const conditions = [{ streams, after: cursor }]
      await store.commit({ events: [added('cart_2', { n: 2 })] })
      const accepted = await store.commit({ events: [{ ...next, id: 'evt_1' }], conditions })
      equal(accepted.events[0]?.id, 'evt_1', 'accepted')
      await store.commit({ events: [added('cart_1', { n: 3 })] })

      const error = await rejects(store.commit({ events: [next], conditions }), 'CONFLICT')
      ok(error.message.startsWith('Concurrent modification detected'), error.message)
      equal([error.retryable, error.outcome], [true, 'none'], 'retryable and outcome')
      const [blamed] = accepted.events
      equal(error.conflict.reason, 'condition', 'reason')
      equal(error.conflict.index, 0, 'the index of the condition')
      equal(error.conflict.cursor, cursor, 'the cursor of the condition')
      equal(
        error.conflict.event,
        { id: 'evt_1', type: next.type, position: blamed?.position ?? 0 },
        'the event that stands in the way',
      )
      equal(field(await read(store, streams), 'n'), [0, 99, 3], 'events')
    },
  },
  {
    law: 'something matching that the cursor has seen: accepted, also by the id of the event seen last',
    prove: async (open) => {
      const { store } = await open()
      const streams = [cart('cart_1')]
      const { events } = await store.commit({ events: [added('cart_1'), added('cart_1')] })
      const [first, second] = events
      const after = { eventId: first?.id ?? '' }
      const conflict = await rejects(
        store.commit({ events: [next], conditions: [{ streams, after }] }),
        'CONFLICT',
      )
      equal(conflict.conflict.event?.id, second?.id, 'the event that stands in the way')
      const seen = { eventId: second?.id ?? '' }
      await store.commit({ events: [next], conditions: [{ streams, after: seen }] })
    },
  },
  {
    law: "a commit's own events never fail its own condition, and its cursor leads on",
    prove: async (open) => {
      const { store } = await open()
      const streams = [cart('cart_1')]
      let { cursor } = await store.load(streams)
      for (const n of [0, 1, 2, 3, 4]) {
        const events = [added('cart_1', { n }), added('cart_1', { n })]
        const committed = await store.commit({ events, conditions: [{ streams, after: cursor }] })
        ok(committed.cursor !== undefined, 'a commit with conditions answers with a cursor')
        cursor = committed.cursor
        equal((await store.load(streams, { after: cursor })).events.length, 0, 'after its cursor')
        await store.commit({ events: [added('cart_2')] })
      }
      const plain = await store.commit({ events: [added('cart_2')] })
      equal(plain.cursor, undefined, 'the cursor of a commit without conditions')
      equal((await read(store, streams)).length, 10, 'events')
    },
  },
  {
    law: 'the cursor of an empty log, and of a stream without events, guards what comes first',
    prove: async (open) => {
      const { store } = await open()
      const streams = [cart('cart_1')]
      const onEmpty = await store.load(streams)
      equal([...onEmpty.events], [], 'events')
      await store.commit({ events: [added('cart_2')] })
      const onOther = await store.load(streams)
      equal([...onOther.events], [], 'events')
      for (const after of [onEmpty.cursor, onOther.cursor, undefined]) {
        const commit = {
          documents: [{ type: 'a', id: 'b', data: 1 }],
          conditions: [{ streams, after }],
        }
        await store.commit(commit)
      }
      await store.commit({ events: [next] })
      for (const after of [onEmpty.cursor, onOther.cursor, undefined]) {
        const commit = { events: [next], conditions: [{ streams, after }] }
        const { conflict } = await rejects(store.commit(commit), 'CONFLICT', `after ${after}`)
        equal(conflict.cursor, after, 'the cursor of the condition')
        equal('cursor' in conflict, after !== undefined, 'whether there is one')
      }
    },
  },
  {
    law: 'what breaks a condition is found among hundreds that it does not name, also after others wrote',
    prove: async (open) => {
      const { store, reopen } = await open()
      const other = await reopen()
      const note = (n: number): object => (n === 500 ? { n, note: 'x' } : { n })
      await appendAll(
        other,
        numbers(0, 600).map((n) => added('cart_1', note(n))),
      )
      await store.commit({ events: [added('cart_1')] })
      await other.commit({ events: [added('cart_1')] })
      const conditions = [{ streams: [{ filter: { cartId: 'cart_1', note: 'x' } }] }]
      const error = await rejects(store.commit({ events: [next], conditions }), 'CONFLICT')
      const { conflict } = error
      const [broken] = await read(store, conditions[0]?.streams ?? [])
      ok(conflict.reason === 'condition' && conflict.event?.id === broken?.id, 'the event is named')
    },
  },
  {
    law: 'several conditions must all hold, each after its own cursor; the first that fails is named',
    prove: async (open) => {
      const { store } = await open()
      const one = { streams: [cart('cart_1')], after: (await store.load([cart('cart_1')])).cursor }
      const two = { streams: [cart('cart_2')], after: (await store.load([cart('cart_2')])).cursor }
      await store.commit({ events: [added('cart_3')], conditions: [one, two] })
      const [blamed] = (await store.commit({ events: [added('cart_2')] })).events
      const late = await rejects(
        store.commit({ events: [next], conditions: [one, two] }),
        'CONFLICT',
      )
      equal([late.conflict.index, late.conflict.event?.id], [1, blamed?.id], 'condition and event')
      await store.commit({ events: [added('cart_3')], conditions: [one] })
      const fresh = { ...two, after: (await store.load(two.streams)).cursor }
      await store.commit({ events: [next], conditions: [one, fresh] })
    },
  },
  {
    law: 'a condition may guard what the commit does not touch, and a commit without events',
    prove: async (open) => {
      const { store } = await open()
      const streams = [cart('cart_1')]
      const { cursor } = await store.load(streams)
      const view = { type: 'view', id: 'cart_1', data: 1 }
      const guarded = { documents: [view], conditions: [{ streams, after: cursor }] }
      await store.commit(guarded)
      await store.commit({ events: [added('cart_1')] })
      await rejects(store.commit({ ...guarded, documents: [{ ...view, data: 2 }] }), 'CONFLICT')
      equal((await store.documents.get('view', 'cart_1'))?.data, 1, 'the document')
      const message = { type: 'message', data: 1 }
      const outbox = { outbox: [message], conditions: guarded.conditions }
      await rejects(store.commit(outbox), 'CONFLICT')
      equal(await store.outbox.read(), [], 'the outbox')
    },
  },
  {
    law: 'a condition that would guard nothing is refused: empty types, an empty list, undefined and null',
    prove: async (open) => {
      const { store } = await open()
      const filters = [
        { cartId: [] },
        { cartId: { in: [] } },
        { cartId: undefined },
        { cartId: null },
      ]
      const more = [{ cartId: { eq: undefined } }, { cartId: { eq: null } }]
      const vacuous = [
        { types: [] },
        { types: [], filter: { cartId: 'cart_1' } },
        ...[...filters, ...more].map((filter) => ({ filter: { ...filter, userId: 'u' } })),
      ]
      for (const stream of vacuous) {
        const conditions = [{ streams: [cart('cart_1'), stream] as unknown as Streams }]
        const commit = store.commit({ events: [next], conditions })
        await rejects(commit, 'INVALID_ARGUMENT', JSON.stringify(stream))
      }
      equal(await read(store, [cart('cart_1')]), [], 'events')
    },
  },
  ...boundaries.map(([streams, inside, outside]): Law => ({
    law: `any boundary works, or is refused up front: ${JSON.stringify(streams)}`,
    prove: async (open) => {
      const { store } = await open()
      if (!store.capabilities.anyBoundary && !identifies(streams)) {
        const commit = { events: [next], conditions: [{ streams }] }
        await rejects(store.commit(commit), 'UNSUPPORTED')
        return
      }
      const type = 'A'
      await store.commit({ events: [...inside, ...outside].map((data) => ({ type, data })) })
      for (const data of [...outside, ...inside]) {
        const { cursor } = await store.load(streams)
        const [stored] = (await store.commit({ events: [{ type, data }] })).events
        const commit = store.commit({
          events: [{ type: 'A', data: inside[0] ?? {} }],
          conditions: [{ streams, after: cursor }],
        })
        if (outside.includes(data)) {
          await commit
          continue
        }
        const { conflict } = await rejects(commit, 'CONFLICT', JSON.stringify(data))
        equal(conflict.event?.id, stored?.id, 'the event that stands in the way')
      }
    },
  })),
]
