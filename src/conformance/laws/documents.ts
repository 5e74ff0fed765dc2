import type { DocumentResult } from '../../store/document.ts'
import type { EventStore } from '../../store/store.ts'
import type { Cursor } from '../../store/stream.ts'
import { equal, rejects } from '../expect.ts'
import type { Law } from '../law.ts'
import { added, cart, numbers } from '../samples.ts'

export const target = { type: 'view', id: 'cart_1' }
const streams = [cart('cart_1')]

/** The cursors of one boundary: of the empty log, after the first event, after the second, … */
export async function cursors(store: EventStore, count: number): Promise<Cursor[]> {
  const found = [(await store.load(streams)).cursor]
  for (const n of numbers(1, count - 1)) {
    await store.commit({ events: [added('cart_1', { n })] })
    found.push((await store.load(streams)).cursor)
  }
  return found
}

export async function save(store: EventStore, write: object): Promise<DocumentResult> {
  const { documents } = await store.commit({
    documents: [{ ...target, data: null, ...write }],
  })
  return documents[0] as DocumentResult
}

export const remove = { data: undefined, delete: true }

/** What is promised of documents and their cursors. */
export const documentLaws: readonly Law[] = [
  {
    law: 'a document has what was written, the cursor it reflects, and a revision that grows by one with every write',
    prove: async (open) => {
      const { store, reopen } = await open()
      equal(await store.documents.get('view', 'cart_1'), undefined, 'before')
      const [start, one] = await cursors(store, 2)
      const created = await save(store, { data: { items: 1 } })
      equal(created, { ...target, status: 'created', revision: 1 }, 'created')
      const plain = await store.documents.get('view', 'cart_1')
      const { updatedAt = '', ...rest } = plain ?? {}
      equal(rest, { ...target, data: { items: 1 }, revision: 1 }, 'the document')
      equal(new Date(updatedAt).toISOString(), updatedAt, 'the time of the store')
      equal((await save(store, { data: 2, cursor: start })).revision, 2, 'revision')
      equal((await save(store, { data: 3, cursor: one })).status, 'updated', 'status')
      equal((await save(store, { data: 4 })).revision, 4, 'revision')
      for (const handle of [store, await reopen()]) {
        const found = await handle.documents.get('view', 'cart_1')
        equal([found?.data, found?.cursor, found?.revision], [4, one, 4], 'data, cursor, revision')
        equal(await handle.documents.get('view', 'cart_2'), undefined, 'another id')
        equal(await handle.documents.get('other', 'cart_1'), undefined, 'another type')
      }
    },
  },
  {
    law: 'a document never goes back to an older cursor unless told to',
    prove: async (open) => {
      const { store } = await open()
      const all = await cursors(store, 4)
      await save(store, { data: 2, cursor: all[2], if: 'newer' })
      for (const n of [0, 1, 2]) {
        await rejects(save(store, { data: n, cursor: all[n], if: 'newer' }), 'CONFLICT')
      }
      equal((await store.documents.get('view', 'cart_1'))?.data, 2, 'the document')
      await save(store, { data: 1, cursor: all[1] })
      equal((await store.documents.get('view', 'cart_1'))?.cursor, all[1], 'when told to')
      await save(store, { data: 3, cursor: all[3], if: 'newer' })
      equal((await store.documents.get('view', 'cart_1'))?.data, 3, 'the document')
    },
  },
  {
    law: 'a deleted document stays deleted for late old saves, and its revision goes on',
    prove: async (open) => {
      const { store } = await open()
      const [zero, one, two, three] = await cursors(store, 4)
      await save(store, { cursor: one })
      equal(await save(store, { ...remove, cursor: two }), {
        ...target,
        status: 'deleted',
        revision: 2,
      })
      equal(await store.documents.get('view', 'cart_1'), undefined, 'after the delete')
      equal((await store.documents.query({ type: 'view' })).documents, [], 'in a query')
      for (const cursor of [zero, one, two]) {
        for (const guard of ['newer', 'not-older']) {
          const late = save(store, { cursor, if: guard, otherwise: 'skip' })
          equal(await late, { ...target, status: 'skipped', revision: 2 }, `${guard} ${cursor}`)
        }
      }
      equal(await store.documents.get('view', 'cart_1'), undefined, 'after late saves')
      const status = await save(store, { cursor: three, if: 'newer' })
      equal(status, { ...target, status: 'created', revision: 3 }, 'a newer save')
    },
  },
  {
    law: 'a delete without a document does nothing, and with a cursor it still keeps late old saves out',
    prove: async (open) => {
      const { store } = await open()
      const [zero, one] = await cursors(store, 2)
      equal(await save(store, remove), { ...target, status: 'skipped', revision: 0 }, 'a delete')
      await rejects(save(store, { ...remove, if: 'present' }), 'CONFLICT')
      equal(
        await save(store, { ...remove, cursor: one }),
        { ...target, status: 'deleted', revision: 1 },
        'a delete with a cursor',
      )
      await rejects(save(store, { cursor: zero, if: 'newer' }), 'CONFLICT')
      equal((await save(store, {})).revision, 2, 'the next revision')
    },
  },
]
