import { equal, rejects } from '../expect.ts'
import type { Law } from '../law.ts'
import { added, cart, field, read } from '../samples.ts'
import type { Stream, Streams } from '../../store/stream.ts'

/** What is promised of reading: which events come. */
export const readingLaws: readonly Law[] = [
  {
    law: 'types are OR-ed, filter entries AND-ed, streams OR-ed, and an event matching two streams comes once',
    prove: async (open) => {
      const { store } = await open()
      const event = (n: number, type: string, cartId: string, userId: string, size: number) => ({
        type,
        data: { n, cartId, userId, size },
      })
      await store.commit({
        events: [
          event(0, 'A', 'c1', 'u1', 1),
          event(1, 'B', 'c1', 'u2', 2),
          event(2, 'C', 'c1', 'u1', 3),
          event(3, 'A', 'c2', 'u1', 1),
          event(4, 'B', 'c2', 'u2', 2),
          event(5, 'A', 'c1', 'u1', 3),
        ],
      })
      const cases: readonly (readonly [readonly Stream[], readonly number[]])[] = [
        [[{ filter: { cartId: 'c1' } }], [0, 1, 2, 5]],
        [[{ types: ['A'], filter: { cartId: 'c1' } }], [0, 5]],
        [[{ types: ['A', 'C'], filter: { cartId: 'c1' } }], [0, 2, 5]],
        [[{ types: ['A', 'A'], filter: { cartId: 'c1' } }], [0, 5]],
        [[{ types: ['D'], filter: { cartId: 'c1' } }], []],
        [[{ types: [], filter: { cartId: 'c1' } }], []],
        [[{ filter: { cartId: 'c1', userId: 'u1' } }], [0, 2, 5]],
        [[{ filter: { cartId: 'c1', userId: 'u1', size: 3 } }], [2, 5]],
        [[{ types: ['A'], filter: { cartId: 'c1', userId: 'u1', size: 3 } }], [5]],
        [
          [{ filter: { cartId: 'c2' } }, { filter: { cartId: 'c1', size: 2 } }],
          [1, 3, 4],
        ],
        [
          [{ filter: { cartId: 'c1' } }, { filter: { userId: 'u1' } }],
          [0, 1, 2, 3, 5],
        ],
        [
          [{ filter: { userId: 'u1' } }, { filter: { cartId: 'c1' } }],
          [0, 1, 2, 3, 5],
        ],
        [
          [{ filter: { cartId: 'c1' } }, { filter: { cartId: 'c1' } }],
          [0, 1, 2, 5],
        ],
      ]
      for (const [streams, expected] of cases) {
        const what = JSON.stringify(streams)
        equal(field(await read(store, streams), 'n'), [...expected], `read ${what}`)
        equal(field((await store.load(streams)).events, 'n'), [...expected], `load ${what}`)
      }
    },
  },
  {
    law: 'types are OR-ed, also without a filter',
    prove: async (open) => {
      const { store } = await open()
      await store.commit({
        events: ['A', 'B', 'C', 'A'].map((type, n) => ({ type, data: { n } })),
      })
      equal(field(await read(store, [{ types: ['A'] }]), 'n'), [0, 3], 'A')
      equal(field(await read(store, [{ types: ['C', 'B'] }]), 'n'), [1, 2], 'C, B')
      equal(field(await read(store, [{ types: ['C'] }, { types: ['A'] }]), 'n'), [0, 2, 3], 'or')
      equal(await read(store, [{ types: ['a'] }]), [], 'a')
    },
  },
  {
    law: 'an event that is no object is stored, and matches no filter but neq and nin',
    prove: async (open) => {
      const { store } = await open()
      const values = ['text', 7, true, null, ['cart_1'], { cartId: 'cart_1' }]
      await store.commit({ events: values.map((data) => ({ type: 'A', data })) })
      const data = async (streams: Streams): Promise<unknown[]> =>
        (await read(store, streams)).map((event) => event.data)
      equal(await data([{ types: ['A'] }]), values, 'all of a type')
      equal(await data([{ types: ['A'], filter: { cartId: 'cart_1' } }]), values.slice(5), 'eq')
      equal(
        await data([{ types: ['A'], filter: { cartId: { neq: 'cart_1' } } }]),
        values.slice(0, 5),
        'neq',
      )
      equal(await data([{ types: ['A'], filter: { length: 4 } }]), [], 'a property of the value')
      equal(await data([{ types: ['A'], filter: { 0: 'cart_1' } }]), [], 'an element of a list')
    },
  },
  {
    law: 'an empty list of streams is an error, never the whole log; a stream {} is an error everywhere',
    prove: async (open) => {
      const { store } = await open()
      await store.commit({ events: [added('cart_1')] })
      const wrong: unknown[] = [
        [],
        [{}],
        [cart('cart_1'), {}],
        [{ filter: {} }],
        [{ types: undefined, filter: undefined }],
        'everything',
        undefined,
        null,
        {},
        [null],
        [{ types: 'ITEM_ADDED' }],
        [{ filer: { cartId: 'cart_1' } }],
        [{ aggregate: { type: 'cart' } }],
        [{ filter: { cartId: { like: 'c%' } } }],
        [{ filter: { cartId: {} } }],
        [{ filter: { size: { gt: true } } }],
        [{ filter: { size: { gt: [1] } } }],
        [{ filter: { size: { in: 1 } } }],
        [{ filter: { size: { eq: NaN } } }],
        [{ filter: { size: { eq: { deep: 1 } } } }],
        [{ filter: { cartId: [['cart_1']] } }],
      ]
      for (const streams of wrong as Streams[]) {
        const what = JSON.stringify(streams)
        await rejects(read(store, streams), 'INVALID_ARGUMENT', `read ${what}`)
        await rejects(store.load(streams), 'INVALID_ARGUMENT', `load ${what}`)
        await rejects(
          store.commit({ events: [added('cart_2')], conditions: [{ streams }] }),
          'INVALID_ARGUMENT',
          `a condition on ${what}`,
        )
      }
      equal(await read(store, [cart('cart_2')]), [], 'events')
    },
  },
  {
    law: 'what is wrong with a read is thrown at the first step of its iteration, of a load by its promise',
    prove: async (open) => {
      const { store } = await open()
      const iterator = store.read([])[Symbol.asyncIterator]()
      await rejects(iterator.next(), 'INVALID_ARGUMENT')
      await rejects(store.load([]), 'INVALID_ARGUMENT')
      await rejects(store.commit({}), 'INVALID_ARGUMENT')
    },
  },
  {
    law: "the whole log is asked for as 'all', or refused with UNSUPPORTED where there is no common order",
    prove: async (open) => {
      const { store } = await open()
      if (!store.capabilities.totalOrder) {
        await rejects(read(store, 'all'), 'UNSUPPORTED')
        await rejects(store.load('all'), 'UNSUPPORTED')
        return
      }
      equal(await read(store, 'all'), [], 'an empty log')
      await store.commit({ events: [added('cart_1'), { type: 'PLAIN', data: null }] })
      const all = await read(store, 'all')
      equal(
        all.map(({ type }) => type),
        ['ITEM_ADDED', 'PLAIN'],
        'types',
      )
      equal([...(await store.load('all')).events], all, 'loaded')
    },
  },
]
