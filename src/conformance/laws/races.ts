import type { StoredEvent } from '../../event/event.ts'
import { isEventfoldError } from '../../store/errors.ts'
import { compileStreams } from '../../store/matches.ts'
import type { EventStore } from '../../store/store.ts'
import type { Stream } from '../../store/stream.ts'
import { equal, ok, rejects } from '../expect.ts'
import type { Law } from '../law.ts'
import { accepted, added, atOnce, cart, field, handles, numbers, read } from '../samples.ts'

/** What a decision wrote down about itself, to be checked when the race is over. */
interface Decided {
  readonly allId: string
  readonly cartId: string
  readonly boundary: number
  readonly seen: number
}

/** Overlapping boundaries over three carts: one, two, with types, with another key. */
const boundaries: readonly (readonly Stream[])[] = [
  [cart('cart_0')],
  [cart('cart_1'), cart('cart_2')],
  [{ filter: { cartId: ['cart_0', 'cart_2'] } }],
  [{ types: ['EVEN'], filter: { cartId: 'cart_1' } }, cart('cart_0')],
  [{ filter: { allId: 'a', seen: { lt: 5 } } }],
  [{ filter: { allId: 'a' } }],
]

/** Reads, decides and appends, until it is accepted. */
async function decide(store: EventStore, seed: number): Promise<void> {
  const boundary = (seed * 7) % boundaries.length
  const streams = boundaries[boundary] as readonly Stream[]
  for (let attempt = 0; attempt < 1000; attempt += 1) {
    const { events, cursor } = await store.load(streams)
    const data: Decided = { allId: 'a', cartId: `cart_${seed % 3}`, boundary, seen: events.length }
    const type = seed % 2 === 0 ? 'EVEN' : 'ODD'
    const commit = { events: [{ type, data }], conditions: [{ streams, after: cursor }] }
    if (await accepted(store.commit(commit))) return
  }
  ok(false, 'a decision is refused a thousand times')
}

/** Every decision saw exactly what was before it: the log is one after the other. */
function replay(events: readonly StoredEvent[]): void {
  for (const [index, event] of events.entries()) {
    const { boundary, seen } = event.data as Decided
    if (boundary < 0) continue
    const matches = compileStreams(boundaries[boundary] as readonly Stream[])
    const before = events.slice(0, index).filter(matches).length
    equal(seen, before, `events seen by the decision at position ${event.position}`)
  }
}

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
    law: 'racing decisions on one boundary equal some serial order',
    prove: async (open, { writers, rounds }) => {
      const log = await open()
      const stores = await handles(log, writers)
      await atOnce(writers, async (writer) => {
        for (const n of numbers(0, rounds)) {
          await decide(stores[writer] ?? log.store, writer + n * writers)
        }
      })
      const events = await read(log.store, [{ filter: { allId: 'a' } }])
      equal(events.length, writers * rounds, 'events')
      replay(events)
    },
  },
  {
    law: 'racing decisions equal some serial order, also mixed with unconditional appends, which never conflict',
    prove: async (open, { writers, rounds }) => {
      const log = await open()
      const stores = await handles(log, writers)
      await atOnce(writers, async (writer) => {
        const store = stores[writer] ?? log.store
        for (const n of numbers(0, rounds)) {
          const seed = writer + n * writers
          if (writer % 2 === 0) await decide(store, seed)
          else {
            const data: Decided = { allId: 'a', cartId: `cart_${n % 3}`, boundary: -1, seen: n }
            await store.commit({ events: [{ type: 'EVEN', data }] })
          }
        }
      })
      const events = await read(log.store, [{ filter: { allId: 'a' } }])
      equal(events.length, writers * rounds, 'events')
      replay(events)
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
      const filler = numbers(0, 200).map((n) => added('filler', { n }))
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
