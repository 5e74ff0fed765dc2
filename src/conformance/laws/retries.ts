import type { Commit, Committed } from '../../store/commit.ts'
import { equal, ok, rejects } from '../expect.ts'
import type { Law } from '../law.ts'
import { added, atOnce, cart, handles, ids, numbers, positions, read } from '../samples.ts'

const streams = [cart('cart_1')]
const aggregate = { type: 'cart', id: 'cart_1' }

/** A commit with everything in it, that a second writing would change. */
const full: Commit = {
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

function sameAnswer(again: Committed, first: Committed): void {
  equal(again, { ...first, replayed: true }, 'the second answer')
}

const title = 'the same idempotency key, or the same event ids, give the first result again'

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
  {
    law: `${title}: the ids, also where the conditions no longer hold, and from another process`,
    prove: async (open) => {
      const { store, reopen } = await open()
      const { idempotency: _, ...rest } = full
      const events = (full.events ?? []).map((event, n) => ({ ...event, id: `evt_${n}` }))
      const commit = { ...rest, events }
      const first = await store.commit(commit)
      await store.commit({ events: [added('cart_1')] })
      for (const handle of [store, await reopen()]) {
        const again = await handle.commit(commit)
        equal([...again.events], [...first.events], 'events')
        equal([again.replayed, again.cursor], [true, first.cursor], 'replayed, and the cursor')
        equal(
          again.documents.map(({ id, revision }) => [id, revision]),
          [
            ['cart_1', 1],
            ['cart_2', 0],
          ],
          'documents',
        )
      }
      const turned = {
        ...commit,
        events: events.map((event) => ({ ...event, metadata: { a: 1 } })),
      }
      equal((await store.commit(turned)).replayed, true, 'with other metadata')
      equal((await store.outbox.read()).length, 1, 'messages')
      equal((await read(store, streams)).length, 3, 'events')
    },
  },
  {
    law: `${title}: known ids with other content, and partly known ids, are refused`,
    prove: async (open) => {
      const { store } = await open()
      const one = { ...added('cart_1', { n: 1 }), id: 'evt_1' }
      const two = { ...added('cart_1', { n: 2 }), id: 'evt_2', aggregate }
      await store.commit({ events: [one, two] })
      const lists = [
        [{ ...one, type: 'ITEM_REMOVED' }, two],
        [one, { ...two, data: { cartId: 'cart_1', n: 3 } }],
        [one, { ...two, data: { cartId: 'cart_1', n: '2' } }],
        [one, { ...two, aggregate: undefined }],
        [one, { ...two, aggregate: { ...aggregate, id: 'cart_2' } }],
        [{ ...one, aggregate }, two],
        [one, two, added('cart_1')],
        [added('cart_1'), one],
        [{ ...one, id: 'evt_3' }, two],
      ]
      for (const events of lists) {
        const error = await rejects(store.commit({ events }), 'IDEMPOTENCY_MISMATCH')
        ok(['evt_1', 'evt_2'].includes(error.key), `the error names the id, not ${error.key}`)
      }
      equal(ids(await read(store, streams)), ['evt_1', 'evt_2'], 'events')
    },
  },
  {
    law: 'a refused commit records nothing, not even its key and its ids',
    prove: async (open) => {
      const { store } = await open()
      await store.commit({ events: [added('cart_1')] })
      const event = { ...added('cart_2', { n: 1 }), id: 'evt_1' }
      const refused: Commit = {
        events: [event],
        conditions: [{ streams }],
        idempotency: { key: 'command_1' },
      }
      await rejects(store.commit(refused), 'CONFLICT')
      const idempotency = { key: 'command_1' }
      equal((await store.load(streams, { idempotency })).replayed, undefined, 'the key')
      const other = { ...event, data: { cartId: 'cart_2', n: 2 } }
      const { replayed } = await store.commit({ events: [other], idempotency })
      equal(replayed, false, 'whether the key or the id was known')
    },
  },
  {
    law: `${title}, also to racers: one writes, the others get its answer`,
    prove: async (open, { writers, rounds }) => {
      const log = await open()
      const stores = await handles(log, writers)
      for (const round of numbers(0, rounds)) {
        const byKey = round % 2 === 0
        const event = { ...added('cart_1', { round }), ...(!byKey && { id: `evt_${round}` }) }
        const commit = { events: [event], ...(byKey && { idempotency: { key: `key_${round}` } }) }
        const answers = await atOnce(writers, (writer) =>
          (stores[writer] ?? log.store).commit(commit),
        )
        equal(answers.filter(({ replayed }) => !replayed).length, 1, 'answers of the first')
        equal(new Set(answers.flatMap(({ events }) => ids(events))).size, 1, 'ids')
        equal(new Set(answers.flatMap(({ events }) => positions(events))).size, 1, 'positions')
      }
      equal((await read(log.store, streams)).length, rounds, 'events')
    },
  },
  {
    law: `${title}: replayed and new commits sent at once do not mix`,
    prove: async (open, { rounds }) => {
      const { store } = await open()
      const commit = (n: number): Commit => ({
        events: [added('cart_1', { n })],
        idempotency: { key: `key_${n}` },
      })
      const before = await atOnce(rounds, (n) => store.commit(commit(n)))
      const after = await atOnce(rounds * 2, (n) => store.commit(commit(n)))
      for (const [n, answer] of after.entries()) {
        const first = before[n]
        if (first) sameAnswer(answer, first)
        else equal([answer.replayed, answer.events[0]?.data], [false, { cartId: 'cart_1', n }])
      }
      equal((await read(store, streams)).length, rounds * 2, 'events')
    },
  },
]
