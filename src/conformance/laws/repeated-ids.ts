import type { NewEvent } from '../../event/event.ts'
import type { Commit } from '../../store/commit.ts'
import { equal, rejects } from '../expect.ts'
import type { Law } from '../law.ts'
import { added, atOnce, cart, handles, ids, numbers, positions, read } from '../samples.ts'
import { full, sameAnswer, title } from './retries.ts'

const streams = [cart('cart_1')]
const aggregate = { type: 'cart', id: 'cart_1' }

/** What is promised to a caller that sends the same event ids again, or races with itself. */
export const repeatedIdLaws: readonly Law[] = [
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
      const plain = await store.commit({ events })
      equal([plain.replayed, plain.cursor], [true, undefined], 'without its conditions')
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
      /** Each with the id that the error names. */
      const lists: readonly (readonly [string, readonly NewEvent[]])[] = [
        ['evt_1', [{ ...one, type: 'ITEM_REMOVED' }, two]],
        ['evt_2', [one, { ...two, data: { cartId: 'cart_1', n: 3 } }]],
        ['evt_2', [one, { ...two, data: { cartId: 'cart_1', n: '2' } }]],
        ['evt_2', [one, { ...two, aggregate: undefined }]],
        ['evt_2', [one, { ...two, aggregate: { ...aggregate, id: 'cart_2' } }]],
        ['evt_1', [{ ...one, aggregate }, two]],
        ['evt_1', [one, two, added('cart_1')]],
        ['evt_1', [added('cart_1'), one]],
        ['evt_2', [{ ...one, id: 'evt_3' }, two]],
      ]
      for (const [key, events] of lists) {
        const error = await rejects(store.commit({ events }), 'IDEMPOTENCY_MISMATCH')
        equal(error.key, key, 'the id that the error names')
      }
      equal(ids(await read(store, streams)), ['evt_1', 'evt_2'], 'events')
    },
  },
  {
    law: `${title}: the ids that the store gave, too`,
    prove: async (open) => {
      const { store, reopen } = await open()
      const { events } = await store.commit({
        events: [added('cart_1'), added('cart_1', { n: 2 })],
      })
      const given = events.map(({ id, type, data }) => ({ id, type, data }))
      for (const handle of [store, await reopen()]) {
        const again = await handle.commit({ events: given })
        equal([again.replayed, ...again.events], [true, ...events], 'the same events')
        const other = given.map((event) => ({ ...event, type: 'ITEM_REMOVED' }))
        await rejects(handle.commit({ events: other }), 'IDEMPOTENCY_MISMATCH', 'other content')
      }
      equal((await read(store, streams)).length, 2, 'events')
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
