import type { EventStore } from '../../store/store.ts'
import { equal, ok, rejects } from '../expect.ts'
import type { Law } from '../law.ts'
import {
  added,
  appendAll,
  cart,
  field,
  holdsNothing,
  numbers,
  positions,
  read,
} from '../samples.ts'

const big = 12_000
const streams = [cart('cart_1')]

async function fill(store: EventStore): Promise<void> {
  for (const start of [0, 3000, 6000, 9000]) {
    const text = 'some text that makes the whole larger than one megabyte '.repeat(2)
    const events = numbers(start, big / 4).map((n) => added('cart_1', { n, text }))
    await appendAll(store, events, 1)
  }
}

/** What is promised of sizes: large streams come whole, what is too large is refused with figures. */
export const limitLaws: readonly Law[] = [
  {
    law: 'streams larger than any page (over 1 MB, over 10,000 events) come whole',
    prove: async (open) => {
      const { store, reopen } = await open()
      await fill(store)
      for (const handle of [store, await reopen()]) {
        equal(field(await read(handle, streams), 'n'), numbers(0, big), 'read')
        equal(field((await handle.load(streams)).events, 'n'), numbers(0, big), 'loaded')
      }
      const backwards = await read(store, streams, { backwards: true })
      equal(field(backwards, 'n'), numbers(0, big).toReversed(), 'backwards')
      const two = [...streams, { types: ['ITEM_ADDED'], filter: { cartId: 'cart_1' } }]
      equal((await read(store, two)).length, big, 'two streams')
      const eventId = backwards[999]?.id ?? ''
      const rest = await read(store, streams, { after: { eventId } })
      equal(field(rest, 'n'), numbers(big - 999, 999), 'after')
      const page = await read(store, streams, { limit: 11_000 })
      equal(field(page, 'n'), numbers(0, 11_000), 'a page of 11,000')
    },
  },
  {
    law: 'streams larger than any page are read while others append, each event once and in order',
    prove: async (open) => {
      const { store, reopen } = await open()
      await fill(store)
      const other = await reopen()
      const found: number[] = []
      for await (const event of store.read(streams)) {
        found.push(event.position)
        if (found.length % 1000 === 0) {
          await other.commit({ events: [added('cart_1', { n: -1 }), added('cart_2')] })
        }
      }
      equal(found, positions((await read(store, streams)).slice(0, big)), 'positions')
      equal(found.length, big, 'events')
    },
  },
  {
    law: 'one commit takes thousands of events, and events of hundreds of kilobytes',
    prove: async (open) => {
      const { store } = await open()
      const { limits } = store.capabilities
      const count = Math.min(5000, limits.commitEvents)
      await store.commit({ events: numbers(0, count).map((n) => added('cart_1', { n })) })
      equal(field(await read(store, streams), 'n'), numbers(0, count), 'many')
      const text = 'é'.repeat(Math.min(250_000, Math.floor(limits.eventBytes / 2) - 100))
      for (const n of numbers(0, 5)) await store.commit({ events: [added('cart_2', { n, text })] })
      const large = await read(store, [cart('cart_2')])
      equal(field(large, 'n'), numbers(0, 5), 'large')
      ok(
        field(large, 'text').every((stored) => stored === text),
        'the texts come back equal',
      )
    },
  },
  {
    law: 'what is larger than the store takes is refused with its limit and its size, and nothing is written',
    prove: async (open) => {
      const { store } = await open()
      const { limits } = store.capabilities
      const many = numbers(0, limits.commitEvents + 1).map(() => added('cart_1'))
      const tooMany = await rejects(store.commit({ events: many }), 'LIMIT')
      equal([tooMany.limit, tooMany.actual], [limits.commitEvents, many.length], 'events')

      const text = 'é'.repeat(Math.floor(limits.eventBytes / 2))
      const large = { type: 'A', data: text }
      const tooLarge = await rejects(store.commit({ events: [added('cart_1'), large] }), 'LIMIT')
      equal([tooLarge.limit, tooLarge.actual], [limits.eventBytes, text.length * 2 + 2], 'bytes')
      const metadata = { ...added('cart_1'), metadata: { text } }
      await rejects(store.commit({ events: [metadata] }), 'LIMIT', 'metadata')
      await holdsNothing(store, 'cart_1')
    },
  },
  {
    law: 'types, ids and keys have at most 255 bytes',
    prove: async (open) => {
      const { store } = await open()
      for (const longest of ['x'.repeat(255), `${'é'.repeat(127)}x`, `${'🛒'.repeat(63)}xyz`]) {
        const event = { id: longest, type: longest, data: { cartId: 'cart_1' } }
        await store.commit({
          events: [{ ...event, aggregate: { type: longest, id: longest } }],
          documents: [{ type: longest, id: longest, data: 1 }],
          outbox: [{ id: longest, type: longest, data: 1 }],
          idempotency: { key: longest },
        })
        const [stored] = await read(store, [{ types: [longest] }])
        equal([stored?.id, stored?.type], [longest, longest], 'the event')
        equal((await store.documents.get(longest, longest))?.data, 1, 'the document')
        await store.outbox.remove([longest])

        const long = `${longest}y`
        for (const commit of [
          { events: [{ ...event, id: long }] },
          { events: [{ ...event, type: long }] },
          { events: [{ ...added('x'), aggregate: { type: long, id: 'x' } }] },
          { events: [{ ...added('x'), aggregate: { type: 'x', id: long } }] },
          { documents: [{ type: long, id: 'x', data: 1 }] },
          { documents: [{ type: 'x', id: long, data: 1 }] },
          { outbox: [{ type: long, data: 1 }] },
          { outbox: [{ id: long, type: 'x', data: 1 }] },
          { events: [added('x')], idempotency: { key: long } },
        ]) {
          const { limit, actual } = await rejects(store.commit(commit), 'LIMIT')
          equal([limit, actual], [255, 256], 'limit and size')
        }
      }
      await holdsNothing(store, 'x')
    },
  },
]
