import type { Commit } from '../../store/commit.ts'
import { rejects } from '../expect.ts'
import type { Law } from '../law.ts'
import { added, cart, holdsNothing } from '../samples.ts'

import { nested } from '../samples.ts'
class Money {
  readonly amount = 5
}

const cycle: Record<string, unknown> = {}
cycle['self'] = { deeper: [cycle] }

/** What JSON cannot keep. Each is refused alone, nested in objects and nested in lists. */
const refused: Readonly<Record<string, unknown>> = {
  'a NUL character': 'a\0b',
  'half of a surrogate pair': 'a\ud800',
  'the other half': '\udc00b',
  'halves in the wrong order': '\udc00\ud800',
  NaN,
  Infinity: Infinity,
  '-Infinity': -Infinity,
  'a bigint': 1n,
  'a function': () => 1,
  'a symbol': Symbol('a'),
  'a Date': new Date(0),
  'an invalid Date': new Date(NaN),
  'a Map': new Map([[1, 2]]),
  'a Set': new Set([1]),
  bytes: new Uint8Array([1]),
  'a regular expression': /a/u,
  'an error': new Error('a'),
  'a promise': Promise.resolve(1),
  'an instance of a class': new Money(),
  'a boxed number': Object(1),
  'a cycle': cycle,
  'a list with undefined': [1, undefined],
  // oxlint-disable-next-line no-sparse-arrays
  'a list with a hole': [1, , 2],
  'a list with a name': Object.assign([1], { name: 2 }),
  'a key with NUL': { 'a\0': 1 },
  'a key with half of a surrogate pair': { '\ud800': 1 },
  'a symbol as key': { [Symbol('a')]: 1 },
  'something nested too deep': nested(10_000, 1),
}

/** The places in a commit where data can be. */
const places: Readonly<Record<string, (value: unknown) => Commit>> = {
  data: (value) => ({ events: [added('cart_1'), { type: 'A', data: value }] }),
  metadata: (value) => ({
    events: [{ ...added('cart_1'), metadata: { value } }],
  }),
  documents: (value) => ({
    events: [added('cart_1')],
    documents: [{ type: 'view', id: 'cart_1', data: value }],
  }),
  outbox: (value) => ({
    events: [added('cart_1')],
    outbox: [{ type: 'message', data: value }],
  }),
}

const title = 'what is stored comes back equal, or is refused before anything is written'

/** What is promised of everything else. */
export const notJsonLaws: readonly Law[] = [
  ...Object.entries(places).map(([place, commitOf]): Law => ({
    law: `${title}: ${place}`,
    prove: async (open) => {
      const { store } = await open()
      for (const [name, value] of Object.entries(refused)) {
        for (const given of [value, { deep: { value } }, { list: [1, [value]] }]) {
          await rejects(store.commit(commitOf(given)), 'INVALID_ARGUMENT', name)
        }
      }
      await rejects(store.commit(commitOf(() => undefined)), 'INVALID_ARGUMENT', 'a function')
      await holdsNothing(store, 'cart_1')
    },
  })),
  {
    law: `${title}: what is no commit`,
    prove: async (open) => {
      const { store } = await open()
      const event = added('cart_1')
      const odd = ['', 'a\0', '\ud800', 7]
      const documents = (write: object): unknown => ({
        events: [event],
        documents: [{ type: 'view', id: 'cart_1', data: 1, ...write }],
      })
      const wrong: unknown[] = [
        {},
        { events: [] },
        { events: [], documents: [], outbox: [] },
        { events: event },
        { events: [null] },
        { events: [event], conditons: [] },
        { conditions: [{ streams: [cart('cart_1')] }] },
        { idempotency: { key: 'k' } },
        [null, undefined, 'text', 7, []],
        odd.map((type) => ({ events: [{ ...event, type }] })),
        [...odd, null].map((id) => ({ events: [{ ...event, id }] })),
        { events: [{ type: 'A' }] },
        ['text', null, []].map((metadata) => ({ events: [{ ...event, metadata }] })),
        odd.map((id) => ({ events: [{ ...event, aggregate: { type: 'cart', id } }] })),
        odd.map((type) => ({ events: [{ ...event, aggregate: { type, id: 'x' } }] })),
        [-1, 0.5, NaN, '1', undefined].map((version) => ({
          events: [event],
          expect: [{ aggregate: { type: 'cart', id: 'cart_1' }, version }],
        })),
        [...odd, undefined].map((key) => ({ events: [event], idempotency: { key } })),
        { events: [event], idempotency: 'k' },
        { events: [event], idempotency: { key: 'k', fingerprint: 'a\0' } },
        documents({ id: 'x', data: undefined }),
        odd.map((type) => documents({ type })),
        odd.map((id) => documents({ id })),
        ['sometimes', {}, { revision: -1 }, { revision: 0.5 }, 'newer', 'not-older', 7].map(
          (guard) => documents({ if: guard }),
        ),
        documents({ otherwise: 'explode' }),
        documents({ delete: true }),
        documents({ cursor: 'no cursor' }),
        documents({ cursor: 7 }),
        odd.map((type) => ({ events: [event], outbox: [{ type, data: 1 }] })),
        { events: [event], outbox: [{ type: 'message' }] },
        { events: [event], outbox: [{ type: 'message', data: 1, event: 1 }] },
        { events: [event], outbox: [{ type: 'message', data: 1, orderKey: 'a\0' }] },
      ].flat()
      for (const commit of wrong as Commit[]) {
        await rejects(store.commit(commit), 'INVALID_ARGUMENT', JSON.stringify(commit))
      }
      await holdsNothing(store, 'cart_1')
    },
  },
]
