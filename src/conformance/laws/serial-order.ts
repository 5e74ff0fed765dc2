import type { StoredEvent } from '../../event/event.ts'
import { compileStreams } from '../../store/matches.ts'
import type { EventStore } from '../../store/store.ts'
import type { Streams } from '../../store/stream.ts'
import { equal, ok } from '../expect.ts'
import type { Law } from '../law.ts'
import { accepted, atOnce, cart, handles, numbers, read } from '../samples.ts'

/** What a decision wrote down about itself, to be checked when the race is over. */
interface Decided {
  readonly allId: string
  readonly cartId: string
  readonly boundary: number
  readonly seen: number
}

/** Overlapping boundaries over three carts: one, two, with types, with another key. */
const narrow: readonly Streams[] = [
  [cart('cart_0')],
  [cart('cart_1'), cart('cart_2')],
  [{ filter: { cartId: ['cart_0', 'cart_2'] } }],
  [{ types: ['EVEN'], filter: { cartId: 'cart_1' } }, cart('cart_0')],
  [{ filter: { allId: 'a', seen: { lt: 5 } } }],
  [{ filter: { allId: 'a' } }],
]

/** Boundaries without an identifier, for stores that take any. */
const wide: readonly Streams[] = [
  'all',
  [{ types: ['ODD'] }],
  [{ types: ['EVEN'] }, cart('cart_0')],
  [{ filter: { seen: { gte: 3 } } }],
  [{ filter: { boundary: { neq: 2 } } }],
]

/** Reads, decides and appends, until it is accepted. */
async function decide(
  store: EventStore,
  seed: number,
  boundaries: readonly Streams[] = narrow,
): Promise<void> {
  const boundary = (seed * 7) % boundaries.length
  const streams = boundaries[boundary] as Streams
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
function replay(events: readonly StoredEvent[], boundaries: readonly Streams[] = narrow): void {
  for (const [index, event] of events.entries()) {
    const { boundary, seen } = event.data as Decided
    if (boundary < 0) continue
    const matches = compileStreams(boundaries[boundary] as Streams)
    const before = events.slice(0, index).filter(matches).length
    equal(seen, before, `events seen by the decision at position ${event.position}`)
  }
}

/** What is promised of decisions that race: there is an order in which each saw what was before it. */
export const serialOrderLaws: readonly Law[] = [
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
    law: 'racing decisions equal some serial order, on boundaries without an identifier',
    needs: 'anyBoundary',
    prove: async (open, { writers, rounds }) => {
      const log = await open()
      const stores = await handles(log, writers)
      await atOnce(writers, async (writer) => {
        for (const n of numbers(0, rounds)) {
          await decide(stores[writer] ?? log.store, writer + n * writers, wide)
        }
      })
      const events = await read(log.store, 'all')
      equal(events.length, writers * rounds, 'events')
      replay(events, wide)
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
]
