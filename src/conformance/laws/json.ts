import type { NewEvent } from '../../event/event.ts'
import type { Commit } from '../../store/commit.ts'
import { dateCodec } from '../../store/json.ts'
import { equal, rejects } from '../expect.ts'
import type { Law } from '../law.ts'
import { added, cart, holdsNothing, numbers, read } from '../samples.ts'

function nested(depth: number, inner: unknown): unknown {
  let value = inner
  for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value] : { value }
  return value
}

const kept: readonly unknown[] = [
  null,
  true,
  0,
  '',
  [],
  {},
  [0, 1, -1, 0.1, -0.5, 1e308, 5e-324, 1e21, 1e-7, 2 ** 53, -(2 ** 53) + 1, 123_456_789_012],
  ['text', 'a\u0001\u001f\u007fb', '\u2028\u2029', '🛒', '\ufdd0', '\ufeff', '\\"\\u0041'],
  'x'.repeat(100_000),
  [[], [[]], [{}], [null, [null]], [true, false]],
  { a: { b: { c: [1, [2, { d: 3 }]] } }, '': '', ' ': 1, 1: 'a', 0: 'b', toString: 1, length: 2 },
  JSON.parse('{"__proto__": {"a": 1}, "constructor": {"__proto__": null}}'),
  { $date: '2026-01-01T00:00:00.000Z' },
  { $date: 1, $$date: { $date: null } },
  Object.assign(Object.create(null) as object, { a: 1 }),
  nested(200, 'deep'),
]

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

/** What is promised of data. */
export const jsonLaws: readonly Law[] = [
  {
    law: 'what is stored comes back equal',
    prove: async (open) => {
      const { store, reopen } = await open()
      const events = kept.map((value): NewEvent => ({
        type: 'A',
        data: { value, cartId: 'cart_1' },
        metadata: { value },
      }))
      await store.commit({ events })
      await store.commit({
        documents: kept.map((value, n) => ({ type: 'view', id: `${n}`, data: value })),
        outbox: kept.map((value) => ({ type: 'message', data: value })),
      })
      for (const handle of [store, await reopen()]) {
        const stored = await read(handle, [cart('cart_1')])
        const messages = await handle.outbox.read({ limit: kept.length })
        for (const [n, value] of kept.entries()) {
          equal(stored[n]?.data, { value, cartId: 'cart_1' }, 'data')
          equal(stored[n]?.metadata, { value }, 'metadata')
          equal((await handle.documents.get('view', `${n}`))?.data, value, 'a document')
          equal(messages[n]?.data, value, 'a message')
        }
      }
    },
  },
  {
    law: 'what is stored comes back equal: a property that is undefined counts as absent',
    prove: async (open) => {
      const { store } = await open()
      const data = { cartId: 'cart_1', gone: undefined, deep: [{ gone: undefined }] }
      const { events } = await store.commit({
        events: [{ type: 'A', data, metadata: { actorId: undefined as unknown as string } }],
      })
      const stored = await read(store, [cart('cart_1')])
      equal([events.length, stored.length], [1, 1], 'events')
      for (const event of [...events, ...stored]) {
        equal(Object.keys(event.data as object), ['cartId', 'deep'], 'keys')
        equal(JSON.stringify(event.data), '{"cartId":"cart_1","deep":[{}]}', 'data')
        equal(Object.keys(event.metadata), [], 'metadata')
      }
    },
  },
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
  {
    law: 'what is stored never changes, whatever is done with what was given and with what was returned',
    prove: async (open) => {
      const { store } = await open()
      const data = { cartId: 'cart_1', tags: ['a'] }
      const metadata = { actorId: 'user_1', more: { deep: 1 } }
      const view = { items: [1] }
      const message = { to: ['a'] }
      const committing = store.commit({
        events: [{ type: 'A', data, metadata }],
        documents: [{ type: 'view', id: 'cart_1', data: view }],
        outbox: [{ type: 'message', data: message }],
        idempotency: { key: 'k' },
      })
      const spoil = (value: unknown): void => {
        if (value === null || typeof value !== 'object') return
        Object.values(value).forEach(spoil)
        for (const key of Object.keys(value)) Reflect.set(value, key, 'spoilt')
        Reflect.set(value, 'spoilt', true)
      }
      ;[data, metadata, view, message].forEach(spoil)
      spoil(await committing)
      const streams = [cart('cart_1')]
      for (const _ of numbers(0, 2)) {
        const [event] = await read(store, streams)
        equal(event?.data, { cartId: 'cart_1', tags: ['a'] }, 'data')
        equal(event?.metadata, { actorId: 'user_1', more: { deep: 1 } }, 'metadata')
        const loaded = await store.load(streams, { idempotency: { key: 'k' } })
        equal([...loaded.events], event ? [event] : [], 'loaded')
        equal([...(loaded.replayed?.events ?? [])], event ? [event] : [], 'replayed')
        const document = await store.documents.get('view', 'cart_1')
        equal(document?.data, { items: [1] }, 'the document')
        const { documents } = await store.documents.query({ type: 'view' })
        equal([...documents], document ? [document] : [], 'the documents')
        const messages = await store.outbox.read()
        equal(
          messages.map((record) => record.data),
          [{ to: ['a'] }],
          'messages',
        )
        ;[event, loaded, document, documents, messages].forEach(spoil)
      }
    },
  },
  {
    law: 'what is stored comes back equal: dates as dates, where the log is opened with them',
    prove: async (open) => {
      const { store, reopen } = await open({ codec: dateCodec })
      const data = {
        cartId: 'cart_1',
        at: new Date(1_700_000_000_123),
        deep: [{ at: new Date(-1) }],
        text: '2026-01-01T00:00:00.000Z',
        like: { $date: '2026-01-01T00:00:00.000Z' },
        alike: { $$date: 1, $date: { $date: 'x' } },
      }
      await store.commit({
        events: [{ type: 'A', data, metadata: { data } }],
        documents: [{ type: 'view', id: 'cart_1', data }],
        outbox: [{ type: 'message', data }],
      })
      for (const handle of [store, await reopen()]) {
        const [event] = await read(handle, [cart('cart_1')])
        equal(event?.data, data, 'data')
        equal(event?.metadata, { data }, 'metadata')
        equal((await handle.documents.get('view', 'cart_1'))?.data, data, 'the document')
        equal((await handle.outbox.read())[0]?.data, data, 'the message')
      }
      const bad = { events: [{ type: 'A', data: { at: new Date(NaN) } }] }
      await rejects(store.commit(bad), 'INVALID_ARGUMENT', 'an invalid date')
    },
  },
]
