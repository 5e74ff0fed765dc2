import type { Commit, Committed } from '../../store/commit.ts'
import { equal, ok, rejects } from '../expect.ts'
import type { Law } from '../law.ts'
import { added, cart, ids, numbers, read } from '../samples.ts'

const streams = [cart('cart_1')]
const aggregate = { type: 'cart', id: 'cart_1' }

/** A commit with everything in it, that a second writing would change. */
export const full: Commit = {
  events: [added('cart_1', { n: 1 }), { ...added('cart_1', { n: 2 }), aggregate }],
  conditions: [{ streams }],
  expect: [{ aggregate, version: 0 }],
  documents: [
    { type: 'view', id: 'cart_1', data: 1, if: 'absent' },
    { type: 'view', id: 'cart_2', data: 1, if: 'present', otherwise: 'skip' },
  ],
  outbox: [{ type: 'message', data: 1 }],
  idempotency: { key: 'command_1' },
}

export function sameAnswer(again: Committed, first: Committed): void {
  equal(again, { ...first, replayed: true }, 'the second answer')
}

export const title = 'the same idempotency key, or the same event ids, give the first result again'

/** What is promised to a caller that does not know whether its commit arrived. */
export const retryLaws: readonly Law[] = [
  {
    law: `${title}: the key, also from another process and after later commits`,
    prove: async (open) => {
      const { store, reopen } = await open()
      const first = await store.commit(full)
      equal(first.replayed, false, 'replayed')
      sameAnswer(await store.commit(full), first)
      await store.commit({
        events: [{ ...added('cart_1'), aggregate }],
        documents: [{ type: 'view', id: 'cart_1', data: 2 }],
      })
      const other = await reopen()
      sameAnswer(await other.commit(full), first)
      const { events, documents, outbox } = {
        events: await read(other, streams),
        documents: await other.documents.get('view', 'cart_1'),
        outbox: await other.outbox.read(),
      }
      equal([events.length, documents?.revision, outbox.length], [3, 2, 1], 'what is stored')
    },
  },
  {
    law: `${title}: the key, also after a lost response, while the first may be under way`,
    prove: async (open, { rounds }) => {
      const { store, reopen } = await open()
      const other = await reopen()
      for (const round of numbers(0, rounds)) {
        const commit = {
          events: [added('cart_1', { round })],
          outbox: [{ type: 'message', data: round }],
          idempotency: { key: `command_${round}` },
        }
        const lost = store.commit(commit)
        const [again, first] = await Promise.all([other.commit(commit), lost])
        equal([...again.events], [...first.events], 'events')
        ok(again.replayed !== first.replayed, 'one of the two answers is the first')
        sameAnswer(await other.commit(commit), { ...first, replayed: true })
      }
      equal((await read(other, streams)).length, rounds, 'events')
      equal((await other.outbox.read()).length, rounds, 'messages')
    },
  },
  {
    law: `${title}: the key with new ids, times and metadata, but the same content`,
    prove: async (open) => {
      const { store } = await open()
      const commit = (id: string, actorId: string): Commit => ({
        events: [{ id, type: 'A', data: { cartId: 'cart_1', a: 1, b: 2 }, metadata: { actorId } }],
        idempotency: { key: 'command_1' },
      })
      const first = await store.commit(commit('evt_1', 'user_1'))
      sameAnswer(await store.commit(commit('evt_2', 'user_2')), first)
      const data = { b: 2, a: 1, cartId: 'cart_1', c: undefined }
      const turned = { events: [{ type: 'A', data }], idempotency: { key: 'command_1' } }
      sameAnswer(await store.commit(turned), first)
      equal(ids(await read(store, streams)), ['evt_1'], 'events')
    },
  },
  {
    law: `${title}: the key with other content is refused`,
    prove: async (open) => {
      const { store } = await open()
      const idempotency = { key: 'command_1' }
      await store.commit({ events: [added('cart_1', { n: 1 })], idempotency })
      const others: Commit[] = [
        { events: [added('cart_1', { n: 2 })] },
        { events: [added('cart_1', { n: '1' })] },
        { events: [added('cart_1', { n: 1 }), added('cart_1', { n: 1 })] },
        { events: [{ ...added('cart_1', { n: 1 }), type: 'ITEM_REMOVED' }] },
        { events: [{ ...added('cart_1', { n: 1 }), aggregate }] },
        { documents: [{ type: 'view', id: 'cart_1', data: 1 }] },
      ]
      for (const other of others) {
        const error = await rejects(store.commit({ ...other, idempotency }), 'IDEMPOTENCY_MISMATCH')
        equal(
          [error.key, error.retryable, error.outcome],
          ['command_1', false, 'none'],
          'the error',
        )
      }
      equal((await read(store, streams)).length, 1, 'events')
      equal(await store.documents.get('view', 'cart_1'), undefined, 'the document')
    },
  },
  {
    law: `${title}: the key of a commit without events stands for its documents and messages`,
    prove: async (open) => {
      const { store } = await open()
      const idempotency = { key: 'command_1' }
      const document = { type: 'view', id: 'cart_1', data: { a: 1, b: 2 } }
      const message = { type: 'message', data: 1 }
      const commit = { documents: [document], outbox: [message], idempotency }
      const first = await store.commit(commit)
      const turned = { ...document, data: { b: 2, a: 1 } }
      sameAnswer(await store.commit({ ...commit, documents: [turned] }), first)
      for (const other of [
        { documents: [{ ...document, data: { a: 2, b: 2 } }] },
        { documents: [{ ...document, id: 'cart_2' }] },
        { documents: [{ type: 'view', id: 'cart_1', delete: true as const }] },
        { documents: [] },
        { outbox: [{ ...message, data: 2 }] },
        { outbox: [] },
      ]) {
        await rejects(store.commit({ ...commit, ...other }), 'IDEMPOTENCY_MISMATCH')
      }
      equal((await store.documents.get('view', 'cart_1'))?.revision, 1, 'the revision')
      equal((await store.outbox.read()).length, 1, 'messages')
    },
  },
  {
    law: `${title}: a fingerprint of the caller's own decides what is the same`,
    prove: async (open) => {
      const { store } = await open()
      const commit = (n: number, fingerprint: string): Commit => ({
        events: [added('cart_1', { n })],
        idempotency: { key: 'command_1', fingerprint },
      })
      const first = await store.commit(commit(1, 'add one'))
      sameAnswer(await store.commit(commit(2, 'add one')), first)
      await rejects(store.commit(commit(1, 'add two')), 'IDEMPOTENCY_MISMATCH')
      const asked = { idempotency: { key: 'command_1', fingerprint: 'add two' } }
      await rejects(store.load(streams, asked), 'IDEMPOTENCY_MISMATCH')
    },
  },
  {
    law: `${title}: a load tells whether a key is answered`,
    prove: async (open) => {
      const { store, reopen } = await open()
      const idempotency = { key: 'command_1' }
      equal((await store.load(streams, { idempotency })).replayed, undefined, 'before')
      const first = await store.commit(full)
      for (const handle of [store, await reopen()]) {
        const loaded = await handle.load(streams, { idempotency })
        ok(loaded.replayed !== undefined, 'the answer is there')
        sameAnswer(loaded.replayed, first)
        equal([...loaded.events], await read(handle, streams), 'the events, all the same')
      }
      const other = { idempotency: { key: 'command_2' } }
      equal((await store.load(streams, other)).replayed, undefined, 'another key')
    },
  },
]
