import type { DocumentQuery } from '../../store/document.ts'
import type { EventStore } from '../../store/store.ts'
import type { DataFilter } from '../../store/stream.ts'
import { equal, ok, rejects } from '../expect.ts'
import type { Law } from '../law.ts'
import { numbers } from '../samples.ts'

const people: Readonly<Record<string, object>> = {
  ann: { name: 'Ann', age: 41, city: 'Bern', staff: true },
  ben: { name: 'Ben', age: 7, city: 'Basel', staff: false },
  cem: { name: 'Cem', age: 41, city: 'bern', tags: ['a', 'b'] },
  dan: { name: '😀', age: '41', city: null },
  eve: { name: '\uffff', age: 2 ** 53, staff: true, tags: ['b', 'a'] },
  flo: { name: '', age: -1.5, city: 'Bern' },
}

async function fill(store: EventStore): Promise<void> {
  await store.commit({
    documents: [
      ...Object.entries(people).map(([id, data]) => ({ type: 'person', id, data })),
      { type: 'place', id: 'ann', data: people['ann'] },
      { type: 'person', id: 'gone', data: people['ann'] },
    ],
  })
  await store.commit({ documents: [{ type: 'person', id: 'gone', delete: true }] })
}

async function found(store: EventStore, query: Omit<DocumentQuery, 'type'>): Promise<string[]> {
  const { documents } = await store.documents.query({ type: 'person', ...query })
  return documents.map(({ id }) => id)
}

/** What is promised of questions for documents. */
export const documentQueryLaws: readonly Law[] = [
  {
    law: 'a query finds documents of one type by data, with all operators',
    prove: async (open) => {
      const { store } = await open()
      await fill(store)
      const cases: readonly (readonly [DataFilter, string])[] = [
        [{}, 'ann ben cem dan eve flo'],
        [{ city: 'Bern' }, 'ann flo'],
        [{ city: ['Bern', 'bern'] }, 'ann cem flo'],
        [{ city: 'Bern', age: 41 }, 'ann'],
        [{ age: '41' }, 'dan'],
        [{ age: { eq: 2 ** 53 } }, 'eve'],
        [{ age: { gt: 7 } }, 'ann cem eve'],
        [{ age: { gte: 7, lt: 41 } }, 'ben'],
        [{ age: { lte: -1.5 } }, 'flo'],
        [{ name: { gt: 'Cem' } }, 'dan eve'],
        [{ name: { gt: '\uffff' } }, 'dan'],
        [{ name: { lt: 'B' } }, 'ann flo'],
        [{ staff: true }, 'ann eve'],
        [{ staff: { neq: true } }, 'ben cem dan flo'],
        [{ city: { nin: ['Bern', 'Basel'] } }, 'cem dan eve'],
        [{ city: { in: ['Basel', 'nowhere'] } }, 'ben'],
        [{ city: { in: [] } }, ''],
        [{ tags: ['a', 'b'] }, 'cem'],
        [{ nowhere: 1 }, ''],
      ]
      for (const [filter, expected] of cases) {
        const what = JSON.stringify(filter)
        equal((await found(store, { filter })).join(' '), expected, what)
      }
      equal((await store.documents.query({ type: 'nothing' })).documents, [], 'another type')
      const { documents } = await store.documents.query({ type: 'person', filter: { age: 7 } })
      equal(documents[0], await store.documents.get('person', 'ben'), 'as get gives it')
    },
  },
  {
    law: 'a query orders by a key: booleans, numbers, strings by code point; without a value last; equal ones by id',
    prove: async (open) => {
      const { store } = await open()
      await fill(store)
      const orders = {
        name: ['flo ann ben cem eve dan', 'dan eve cem ben ann flo'],
        age: ['flo ben ann cem eve dan', 'dan eve ann cem ben flo'],
        city: ['ben ann flo cem dan eve', 'cem ann flo ben dan eve'],
        staff: ['ben ann eve cem dan flo', 'ann eve ben cem dan flo'],
        tags: ['ann ben cem dan eve flo', 'ann ben cem dan eve flo'],
        nowhere: ['ann ben cem dan eve flo', 'ann ben cem dan eve flo'],
      }
      for (const [by, [ascending, descending]] of Object.entries(orders)) {
        equal((await found(store, { order: { by } })).join(' '), ascending ?? '', by)
        const asc = { order: { by, direction: 'asc' } } as const
        equal((await found(store, asc)).join(' '), ascending ?? '', `${by} asc`)
        const desc = { order: { by, direction: 'desc' } } as const
        equal((await found(store, desc)).join(' '), descending ?? '', `${by} desc`)
      }
    },
  },
  {
    law: 'a document that is no object is found by neq and nin alone, and has no value to order by',
    prove: async (open) => {
      const { store } = await open()
      const all = { a: { length: 9, 0: 'x' }, b: null, c: 'text', d: ['x', 'y'], e: 7, f: true }
      await store.commit({
        documents: Object.entries(all).map(([id, data]) => ({ type: 'person', id, data })),
      })
      for (const [id, data] of Object.entries(all)) {
        equal((await store.documents.get('person', id))?.data, data, id)
      }
      equal(await found(store, { filter: { 0: 'x' } }), ['a'], 'eq')
      equal(await found(store, { filter: { length: { gt: 0 } } }), ['a'], 'gt')
      equal(await found(store, { filter: { 0: { neq: 'x' } } }), ['b', 'c', 'd', 'e', 'f'], 'neq')
      for (const by of ['length', '0']) {
        for (const direction of ['asc', 'desc'] as const) {
          const order = { by, direction }
          equal(await found(store, { order }), Object.keys(all), `${by} ${direction}`)
        }
      }
    },
  },
  {
    law: 'pages of documents hold each once, in order, and the last one has no cursor',
    prove: async (open) => {
      const { store } = await open()
      const data = (n: number): object => ({
        size: [n % 4, `${n % 3}`, n % 2 === 0, null][n % 4],
        n,
      })
      await store.commit({
        documents: numbers(0, 50).map((n) => ({ type: 'person', id: `id_${n}`, data: data(n) })),
      })
      const queries = [
        {},
        { order: { by: 'size' } },
        { order: { by: 'size', direction: 'desc' } },
        { order: { by: 'n' }, filter: { n: { lt: 33 } } },
      ] as const
      for (const query of queries) {
        const whole = await found(store, query)
        equal(whole.length, 'filter' in query ? 33 : 50, 'documents')
        for (const limit of [1, 7, 25, 49, 50, 99]) {
          const seen: string[] = []
          let after: string | undefined
          let page = 0
          for (; page === 0 || after !== undefined; page += 1) {
            ok(page <= 50, 'the pages come to an end')
            const answer = await store.documents.query({ type: 'person', ...query, limit, after })
            ok(answer.documents.length <= limit, 'a page is not larger than its limit')
            seen.push(...answer.documents.map(({ id }) => id))
            after = answer.cursor
          }
          equal(seen, whole, `${JSON.stringify(query)} in pages of ${limit}`)
          equal(page, Math.ceil(whole.length / limit), `pages of ${limit}`)
        }
      }
      equal(await found(store, { limit: 0 }), [], 'limit 0')
    },
  },
  {
    law: 'a query that could not be meant is refused',
    prove: async (open) => {
      const { store } = await open()
      await fill(store)
      const wrong: unknown[] = [
        { type: '' },
        { type: 7 },
        {},
        ...[-1, 0.5, NaN, Infinity, '1'].map((limit) => ({ type: 'person', limit })),
        { type: 'person', order: { by: 'age', direction: 'down' } },
        { type: 'person', order: { by: 7 } },
        { type: 'person', filter: { age: { above: 1 } } },
        { type: 'person', filter: { age: { gt: true } } },
        { type: 'person', filter: { age: { eq: {} } } },
        { type: 'person', filter: 'age' },
        ...['', 'page 2', '{}', '[1]', '7', 7].map((after) => ({ type: 'person', after })),
      ]
      for (const query of wrong as DocumentQuery[]) {
        await rejects(store.documents.query(query), 'INVALID_ARGUMENT', JSON.stringify(query))
      }
    },
  },
]
