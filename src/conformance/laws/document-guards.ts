import type { DocumentGuard, DocumentResult } from '../../store/document.ts'
import type { Cursor } from '../../store/stream.ts'
import { equal, ok, rejects } from '../expect.ts'
import type { Law } from '../law.ts'
import { accepted, added, atOnce, cart, handles, numbers, read } from '../samples.ts'
import { cursors, remove, save, target } from './documents.ts'

/** What is promised of guards. */
export const documentGuardLaws: readonly Law[] = [
  {
    law: 'guards decide whether a document is written: each, in each state',
    prove: async (open) => {
      const { store } = await open()
      const all = await cursors(store, 3)
      const [old, same, fresh] = all as [Cursor, Cursor, Cursor]
      const states = ['never', 'plain', 'present', 'deleted'] as const
      /** In which of the states the guard holds; revisions are 0, 1, 1, 2. */
      const guards: readonly (readonly [DocumentGuard, Cursor | undefined, string])[] = [
        ['any', undefined, 'never plain present deleted'],
        ['absent', undefined, 'never deleted'],
        ['present', undefined, 'plain present'],
        ['newer', old, 'never plain'],
        ['newer', same, 'never plain'],
        ['newer', fresh, 'never plain present deleted'],
        ['not-older', old, 'never plain'],
        ['not-older', same, 'never plain present'],
        ['not-older', fresh, 'never plain present deleted'],
        [{ revision: 0 }, undefined, 'never'],
        [{ revision: 1 }, undefined, 'plain present'],
        [{ revision: 2 }, undefined, 'deleted'],
        [{ revision: 3 }, undefined, ''],
      ]
      let count = 0
      for (const [guard, cursor, holds] of guards) {
        for (const state of states) {
          count += 1
          const id = `view_${count}`
          const write = (more: object): Promise<DocumentResult> => save(store, { id, ...more })
          if (state !== 'never')
            await write({ data: 'old', cursor: state === 'plain' ? undefined : same })
          if (state === 'deleted') await write(remove)
          const before = await store.documents.get('view', id)
          const revision = states.indexOf(state) === 3 ? 2 : Number(state !== 'never')
          const given = { data: 'new', if: guard, cursor }
          const what = `${JSON.stringify(guard)} ${cursor} on ${state}`
          if (holds.split(' ').includes(state)) {
            const status = before ? 'updated' : 'created'
            const result = await write(given)
            equal(result, { type: 'view', id, status, revision: revision + 1 }, what)
            equal((await store.documents.get('view', id))?.data, 'new', what)
            continue
          }
          const { conflict } = await rejects(write(given), 'CONFLICT', what)
          const document = { type: 'view', id }
          const deleted = state === 'deleted'
          equal(
            conflict,
            { reason: 'document', index: 0, document, guard, actual: revision, deleted },
            what,
          )
          const skipped = await write({ ...given, otherwise: 'skip' })
          equal(skipped, { type: 'view', id, status: 'skipped', revision }, what)
          equal(await store.documents.get('view', id), before, what)
        }
      }
    },
  },
  {
    law: 'several guards must all hold, and a document that is skipped keeps nothing else back',
    prove: async (open) => {
      const { store } = await open()
      const [zero, one] = await cursors(store, 2)
      const guarded = { cursor: one, if: ['present', 'newer'] }
      await rejects(save(store, guarded), 'CONFLICT')
      await save(store, { cursor: zero })
      equal((await save(store, guarded)).status, 'updated', 'both hold')
      await rejects(save(store, guarded), 'CONFLICT')
      const committed = await store.commit({
        events: [added('cart_2')],
        documents: [
          { ...target, data: 'late', cursor: zero, if: 'newer', otherwise: 'skip' },
          { type: 'view', id: 'cart_2', data: 'new' },
        ],
      })
      equal(
        committed.documents.map(({ status }) => status),
        ['skipped', 'created'],
        'what became of them',
      )
      equal((await read(store, [cart('cart_2')])).length, 1, 'events')
      equal((await store.documents.get('view', 'cart_2'))?.data, 'new', 'the other document')
    },
  },
  {
    law: 'one commit writes a document once, and a refused document refuses the whole commit',
    prove: async (open) => {
      const { store } = await open()
      const write = { ...target, data: 1 }
      await rejects(store.commit({ documents: [write, write] }), 'INVALID_ARGUMENT')
      const pairs = [
        { type: 'a b', id: 'c', data: 1 },
        { type: 'a', id: 'b c', data: 2 },
      ]
      await store.commit({ documents: pairs })
      const other = { type: 'view', id: 'cart_2', data: 1 }
      const refused = { documents: [other, { ...write, if: 'present' as const }] }
      const { conflict } = await rejects(store.commit(refused), 'CONFLICT')
      equal([conflict.index, conflict.document], [1, target], 'the document that refused')
      equal(await store.documents.get('view', 'cart_2'), undefined, 'the other document')
    },
  },
  {
    law: "guards hold under race: 'absent' and a revision admit exactly one of N racers",
    prove: async (open, { writers, rounds }) => {
      const log = await open()
      const stores = await handles(log, writers)
      for (const revision of numbers(0, rounds)) {
        const guard = revision === 0 ? 'absent' : { revision }
        const won = await atOnce(writers, (writer) =>
          accepted(save(stores[writer] ?? log.store, { data: writer, if: guard })),
        )
        equal(won.filter(Boolean).length, 1, 'winners')
        const document = await log.store.documents.get('view', 'cart_1')
        equal([document?.data, document?.revision], [won.indexOf(true), revision + 1], 'document')
      }
    },
  },
  {
    law: "guards hold under race: 'newer' never lets an older save win",
    prove: async (open, { writers, rounds }) => {
      const log = await open()
      const stores = await handles(log, writers)
      const all = await cursors(log.store, writers)
      for (const round of numbers(0, rounds)) {
        const id = `view_${round}`
        let highest = -1
        const results = await atOnce(writers, async (writer) => {
          const n = (writer * 5 + round) % writers
          const write = { id, data: n, cursor: all[n], if: 'newer', otherwise: 'skip' }
          const result = await save(stores[writer] ?? log.store, write)
          if (result.status !== 'skipped') highest = Math.max(highest, n)
          return result
        })
        const document = await log.store.documents.get('view', id)
        equal([document?.data, highest], [writers - 1, writers - 1], 'the newest has won')
        const written = results.filter(({ status }) => status !== 'skipped')
        equal(document?.revision, written.length, 'revisions')
        const order = written.sort((a, b) => a.revision - b.revision)
        ok(order[0]?.status === 'created', 'the first write creates')
      }
    },
  },
]
