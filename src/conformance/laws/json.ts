import type { NewEvent } from '../../event/event.ts'
import { dateCodec } from '../../store/json.ts'
import { equal, rejects } from '../expect.ts'
import type { Law } from '../law.ts'
import { cart, numbers, read } from '../samples.ts'

import { nested } from '../samples.ts'
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

/** What is promised of data that JSON can keep. */
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
        const { cartId, deep, ...others } = event.data as Record<string, unknown>
        equal([cartId, JSON.stringify(deep), Object.keys(others)], ['cart_1', '[{}]', []], 'data')
        equal(Object.keys(event.metadata), [], 'metadata')
      }
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
        mixed: [{ $date: 'x', more: 1 }, { more: new Date(0), $$$date: 2 }, ...kept],
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
      const asText = { id: 'evt_1', type: 'A', data: { at: new Date(0).toISOString() } }
      const asDate = { ...asText, data: { at: new Date(0) } }
      await store.commit({ events: [asDate] })
      equal((await store.commit({ events: [asDate] })).replayed, true, 'the same date again')
      await rejects(store.commit({ events: [asText] }), 'IDEMPOTENCY_MISMATCH', 'its text')
      const bad = { events: [{ type: 'A', data: { at: new Date(NaN) } }] }
      await rejects(store.commit(bad), 'INVALID_ARGUMENT', 'an invalid date')
    },
  },
]
