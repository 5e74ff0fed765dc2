import { isEventfoldError } from '../../store/errors.ts'
import type { EventStore } from '../../store/store.ts'
import { equal, ok, rejects } from '../expect.ts'
import type { Law } from '../law.ts'
import { accepted, added, atOnce, cart, field, handles, numbers, read } from '../samples.ts'

/** What is promised when many write at once. */
export const raceLaws: readonly Law[] = [
  {
    law: '"must not exist" (no cursor) admits exactly one of N racers',
    prove: async (open, { writers, rounds }) => {
      const log = await open()
      const stores = await handles(log, writers)
      for (const round of numbers(0, rounds)) {
        const streams = [cart(`cart_${round}`)]
        const won = await atOnce(writers, async (writer) => {
          const events = [added(`cart_${round}`, { writer })]
          return accepted(
            (stores[writer] ?? log.store).commit({ events, conditions: [{ streams }] }),
          )
        })
        equal(won.filter(Boolean).length, 1, 'winners')
        const stored = await read(log.store, streams)
        equal(field(stored, 'writer'), [won.indexOf(true)], 'the event of the winner')
      }
    },
  },
  {
    law: '"nothing since the cursor" admits exactly one of N racers',
    prove: async (open, { writers, rounds }) => {
      const log = await open()
      const stores = await handles(log, writers)
      const streams = [cart('cart_1')]
      for (const round of numbers(0, rounds)) {
        const { cursor } = await log.store.load(streams)
        const won = await atOnce(writers, async (writer) => {
          const conditions = [{ streams, after: cursor }]
          const events = [added('cart_1', { round })]
          return accepted((stores[writer] ?? log.store).commit({ events, conditions }))
        })
        equal(won.filter(Boolean).length, 1, 'winners')
      }
      equal(field(await read(log.store, streams), 'round'), numbers(0, rounds), 'events')
    },
  },
  {
    law: 'decisions on disjoint boundaries never conflict',
    prove: async (open, { writers, rounds }) => {
      const log = await open()
      const stores = await handles(log, writers)
      await atOnce(writers, async (writer) => {
        const store = stores[writer] ?? log.store
        const streams = [cart(`cart_${writer}`)]
        for (const n of numbers(0, rounds)) {
          const { events, cursor } = await store.load(streams)
          equal(events.length, n, 'events of its own that the decision sees')
          const conditions = [{ streams, after: cursor }]
          await store.commit({ events: [added(`cart_${writer}`, { n })], conditions })
        }
      })
    },
  },
  {
    law: 'an event in flight during the read is never missed by the condition',
    prove: async (open, { writers, rounds }) => {
      const log = await open()
      const [one, two, reader] = (await handles(log, 3)) as [EventStore, EventStore, EventStore]
      const most = Math.min(200, log.store.capabilities.limits.commitEvents - 2)
      const filler = numbers(0, most).map((n) => added('filler', { n }))
      for (const round of numbers(0, Math.max(writers, rounds) * 2)) {
        const [first, second] = [`first_${round}`, `second_${round}`]
        const streams = [cart(first), cart(second)]
        const slow = one.commit({ events: [added(first), ...filler.slice(0, round * 10)] })
        const quick = two.commit({ events: [added(second)] })
        for (const _ of numbers(0, round % 4)) await Promise.resolve()
        const { events, cursor } = await reader.load(streams)
        await Promise.all([slow, quick])
        const conditions = [{ streams, after: cursor }]
        const late = await accepted(reader.commit({ events: [added('late')], conditions }))
        equal(late, events.length === 2, `a decision that saw ${events.length} of 2 was accepted`)
      }
    },
  },
  {
    law: 'two conflicting commits sent at once in one process: one wins; a bad one harms no neighbour',
    prove: async (open, { rounds }) => {
      const { store } = await open()
      for (const round of numbers(0, rounds)) {
        const name = `cart_${round}`
        const conditions = [{ streams: [cart(name)] }]
        const sent = await Promise.allSettled([
          store.commit({ events: [added(`free_${round}`)] }),
          store.commit({ events: [added(name, { n: 1 })], conditions }),
          store.commit({ events: [added(name, { n: NaN })] }),
          store.commit({ events: [added(name, { n: 2 })], conditions }),
          store.commit({ events: [added(`free_${round}`)], conditions: [{ streams: [] }] }),
          store.commit({ events: [{ ...added(`free_${round}`), id: `evt_${round}` }] }),
          store.commit({ events: [{ ...added(name), id: `evt_${round}` }] }),
          store.commit({ documents: [{ type: 'a', id: 'b', data: 1, if: { revision: 999 } }] }),
          store.commit({ events: [added(`free_${round}`)] }),
        ])
        const answers = sent.map((answer) =>
          answer.status === 'fulfilled'
            ? 'stored'
            : isEventfoldError(answer.reason)
              ? answer.reason.code
              : String(answer.reason),
        )
        const pick = (...indexes: number[]): string[] =>
          indexes.map((index) => answers[index] ?? '')
        equal(pick(1, 3).sort(), ['CONFLICT', 'stored'], 'the two in conflict')
        equal(pick(5, 6).sort(), ['IDEMPOTENCY_MISMATCH', 'stored'], 'the two with one id')
        equal(
          pick(0, 2, 4, 7, 8),
          ['stored', 'INVALID_ARGUMENT', 'INVALID_ARGUMENT', 'CONFLICT', 'stored'],
          'the others',
        )
      }
    },
  },
  {
    law: 'commits sent at once from one place are stored in the order in which they were sent',
    needs: 'totalOrder',
    prove: async (open, { writers, rounds }) => {
      const { store } = await open()
      const count = writers * rounds
      const sent = await atOnce(count, (n) => store.commit({ events: [added('cart_1', { n })] }))
      const stored = await read(store, [cart('cart_1')])
      equal(field(stored, 'n'), numbers(0, count), 'the order in the log')
      equal(
        sent.flatMap(({ events }) => field(events, 'n')),
        numbers(0, count),
        'each answer belongs to its commit',
      )
    },
  },
  {
    law: 'commits sent at once see each other: the second of two decisions on one boundary conflicts',
    prove: async (open) => {
      const { store } = await open()
      const streams = [cart('cart_1')]
      const { cursor } = await store.load(streams)
      const [plain] = await Promise.all([
        store.commit({ events: [added('cart_1')] }),
        rejects(
          store.commit({ events: [added('cart_1')], conditions: [{ streams, after: cursor }] }),
          'CONFLICT',
        ).then(({ conflict }) => ok(conflict.event !== undefined, 'the conflict names an event')),
      ])
      equal((await read(store, streams)).length, plain.events.length, 'events')
    },
  },
]
