import type { EventStore } from '../../store/store.ts'
import { equal, rejects } from '../expect.ts'
import type { Law } from '../law.ts'
import { appendAll, field, ids, numbers, read } from '../samples.ts'

/** Texts that mean something to a database, a template, a URL, a file or JavaScript. */
const unusual: readonly string[] = [
  ...`' '' " \` \\ "} a''b ? ?? ?1 $1 :name @name :: a::text # EVT#1 / // a/b ../..`.split(' '),
  ...'% %25 a% ab a_ _ * = a=s:b ~ 1~a 0 00 1 1.0 true null undefined NaN [1] {}'.split(' '),
  ...'$.a a.b $ $date é e\u0301 É ß SS ı 日本 🛒 👩‍👩‍👧 \uffff a A'.split(' '),
  ...'__proto__ constructor toString hasOwnProperty length then toJSON id'.split(' '),
  ...' |\t|\n|\r\n|\u0001|\u00a0|\u2028|\ufeff|\ufffd'.split('|'),
  "'; drop table events; --",
]

const title = (what: string): string => `unusual keys and values are data, never syntax: ${what}`

/** Commits one event for each text, and reads each back by its own filter alone. */
async function eachAlone(
  store: EventStore,
  texts: readonly string[],
  dataOf: (text: string) => Record<string, string>,
): Promise<void> {
  const events = texts.map((text, n) => ({
    id: `evt_${n}`,
    type: 'A',
    data: { ...own(dataOf(text)), groupId: 'g' },
  }))
  await appendAll(store, events)
  for (const [n, text] of texts.entries()) {
    const what = JSON.stringify(text.slice(0, 40))
    const streams = [{ filter: { ...own(dataOf(text)), groupId: 'g' } }]
    const found = await read(store, streams)
    equal(ids(found), [`evt_${n}`], what)
    equal(found[0]?.data, events[n]?.data, what)
    const commit = { events: [{ type: 'B', data: {} }], conditions: [{ streams }] }
    const { conflict } = await rejects(store.commit(commit), 'CONFLICT', what)
    equal(conflict.event?.id, `evt_${n}`, what)
  }
}

/** Also `__proto__` becomes a key like any other. */
function own(data: Record<string, string>): Record<string, string> {
  return JSON.parse(JSON.stringify(data)) as Record<string, string>
}

function pair(key: string, value: string): Record<string, string> {
  return Object.fromEntries([[key, value]])
}

/** A repeatable text of characters from everywhere, without NUL and surrogates. */
function noise(length: number, seed: number): string {
  let state = seed
  return Array.from({ length }, () => {
    state = (state * 48_271) % 2_147_483_647
    return String.fromCodePoint(1 + (state % 0xd7fe))
  }).join('')
}

/** What is promised of texts in every place where a text can be. */
export const valueLaws: readonly Law[] = [
  {
    law: title('as values of an identifier'),
    prove: async (open) => eachAlone((await open()).store, unusual, (text) => pair('cartId', text)),
  },
  {
    law: title('as values of another key'),
    prove: async (open) => eachAlone((await open()).store, unusual, (text) => pair('name', text)),
  },
  {
    law: title('as identifiers'),
    prove: async (open) =>
      eachAlone((await open()).store, unusual, (text) => pair(`${text}Id`, 'x')),
  },
  {
    law: title('as other keys'),
    prove: async (open) => eachAlone((await open()).store, unusual, (text) => pair(text, 'x')),
  },
  {
    law: title('values of 10 kB of random characters'),
    prove: async (open) => {
      const texts = numbers(1, 8).map((seed) => noise(10_000 / 2.9, seed))
      await eachAlone((await open()).store, texts, (text) => pair('cartId', text))
      await eachAlone((await open()).store, texts, (text) => pair('name', text))
    },
  },
  {
    law: title('long values with the same beginning are different'),
    prove: async (open) => {
      for (const length of [200, 505, 512, 1024, 5000]) {
        const start = noise(length, 7)
        const texts = [start, `${start}a`, `${start}b`, `${start}é`, start.slice(0, -1)]
        await eachAlone((await open()).store, texts, (text) => pair('cartId', text))
      }
    },
  },
  {
    law: title('a key and its value never run into each other'),
    prove: async (open) => {
      const { store } = await open()
      const all = [
        pair('aId', 'bId=s:c'),
        pair('aId=s:bId', 'c'),
        pair('a_id', 'c'),
        pair('aId', 'c'),
        pair('bId', 'c'),
        pair('aId', 's:c'),
        pair('aId', 'a:["c"]'),
      ]
      await store.commit({ events: all.map((data, n) => ({ id: `evt_${n}`, type: 'A', data })) })
      for (const [n, filter] of all.entries()) {
        equal(ids(await read(store, [{ filter }])), [`evt_${n}`], JSON.stringify(filter))
      }
    },
  },
  {
    law: title('values of different types are different'),
    prove: async (open) => {
      const { store } = await open()
      const values = ['1', 1, '1.0', '01', true, 'true', 'n:1', 's:1', 1e21, '1e+21', 0.1, '0.1']
      for (const cartId of values) {
        await store.commit({ events: [{ type: 'A', data: { cartId, groupId: 'g' } }] })
      }
      for (const cartId of values) {
        const found = await read(store, [{ filter: { cartId, groupId: 'g' } }])
        equal(field(found, 'cartId'), [cartId], typeof cartId)
      }
    },
  },
  {
    law: title('as event types and ids, and in metadata'),
    prove: async (open) => {
      const { store } = await open()
      const events = unusual.map((text) => ({
        id: text,
        type: text,
        data: { groupId: 'g' },
        metadata: { correlationId: text, [text]: text },
      }))
      await appendAll(store, events)
      for (const [n, text] of unusual.entries()) {
        const [event, more] = await read(store, [{ types: [text], filter: { groupId: 'g' } }])
        equal([event?.id, event?.type, more], [text, text, undefined], JSON.stringify(text))
        equal(event?.metadata, events[n]?.metadata, JSON.stringify(text))
        const rest = await read(store, [{ filter: { groupId: 'g' } }], { after: { eventId: text } })
        equal(rest.length, unusual.length - n - 1, `after ${JSON.stringify(text)}`)
      }
    },
  },
  {
    law: title('as aggregates'),
    prove: async (open) => {
      const { store } = await open()
      const names = unusual.flatMap((text) => [
        { type: text, id: 'x' },
        { type: 'x', id: text },
        { type: text, id: text },
      ])
      const different = [...new Map(names.map((name) => [JSON.stringify(name), name])).values()]
      for (const aggregate of different) {
        await store.commit({
          events: [{ type: 'A', data: { ...aggregate }, aggregate }],
          expect: [{ aggregate, version: 0 }],
        })
      }
      for (const aggregate of different) {
        const { events } = await store.load([{ aggregate }])
        equal(
          events.map((event) => event.aggregate),
          [{ ...aggregate, version: 1 }],
          'aggregates',
        )
      }
    },
  },
  {
    law: title('as documents, their types, ids and filters'),
    prove: async (open) => {
      const { store } = await open()
      for (const text of unusual) {
        await store.commit({
          documents: [
            { type: 'view', id: text, data: { name: text } },
            { type: `${text}.`, id: 'x', data: { name: text } },
          ],
        })
      }
      for (const text of unusual) {
        const what = JSON.stringify(text)
        equal((await store.documents.get('view', text))?.data, { name: text }, what)
        equal((await store.documents.get(`${text}.`, 'x'))?.data, { name: text }, what)
        const { documents } = await store.documents.query({ type: 'view', filter: { name: text } })
        equal(
          documents.map(({ id }) => id),
          [text],
          what,
        )
      }
    },
  },
  {
    law: title('as idempotency keys and in the outbox'),
    prove: async (open) => {
      const { store } = await open()
      for (const text of unusual) {
        const commit = {
          events: [{ type: 'A', data: { cartId: 'cart_1', text } }],
          outbox: [{ id: text, type: text, data: { [text]: text }, orderKey: text }],
          idempotency: { key: text },
        }
        equal((await store.commit(commit)).replayed, false, 'first')
        equal((await store.commit(commit)).replayed, true, 'second')
      }
      const records = await store.outbox.read({ limit: unusual.length + 1 })
      for (const [n, text] of unusual.entries()) {
        const { id, type, data, orderKey } = records[n] ?? {}
        equal([id, type, orderKey], [text, text, text], JSON.stringify(text))
        equal(data, JSON.parse(JSON.stringify({ [text]: text })), JSON.stringify(text))
      }
      equal(records.length, unusual.length, 'records')
      await store.outbox.remove(unusual)
      equal(await store.outbox.read(), [], 'the outbox')
    },
  },
]
