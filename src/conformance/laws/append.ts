import { createEventId } from '../../event/id.ts'
import { equal, ok, rejects } from '../expect.ts'
import type { Law } from '../law.ts'
import { added, atOnce, cart, field, handles, ids, numbers, positions, read } from '../samples.ts'

/** What is promised of appended events: whole commits, order, positions, ids. */
export const appendLaws: readonly Law[] = [
  {
    law: 'events of one commit are stored together, contiguous and in array order',
    prove: async (open) => {
      const { store } = await open()
      const count = Math.min(50, Math.floor(store.capabilities.limits.commitEvents / 3))
      const events = numbers(0, count).map((n) => added(`cart_${n % 2}`, { n, allId: 'a' }))
      const committed = await store.commit({ events })
      equal(committed.replayed, false, 'replayed')
      equal(field(committed.events, 'n'), numbers(0, count), 'the order of the answer')
      const stored = await read(store, [{ filter: { allId: 'a' } }])
      equal(stored, [...committed.events], 'what was read, against what was answered')
      if (store.capabilities.totalOrder) {
        const [first = 0] = positions(stored)
        equal(positions(stored), numbers(first, count), 'positions')
      }
    },
  },
  {
    law: 'events of one commit are stored contiguous and in array order, while others commit',
    prove: async (open, { writers, rounds }) => {
      const log = await open()
      const stores = await handles(log, writers)
      await atOnce(writers * rounds, async (n) => {
        const events = numbers(0, 5).map((part) => added(`cart_${n}`, { n, part, allId: 'a' }))
        await stores[n % writers]?.commit({ events })
      })
      const all = await read(log.store, [{ filter: { allId: 'a' } }])
      equal(all.length, writers * rounds * 5, 'events')
      if (!log.store.capabilities.totalOrder) return
      for (let start = 0; start < all.length; start += 5) {
        const commit = all.slice(start, start + 5)
        equal(field(commit, 'part'), numbers(0, 5), `the commit at position ${start + 1}`)
        equal(new Set(field(commit, 'n')).size, 1, 'commits between five neighbours')
      }
    },
  },
  {
    law: 'events of one commit are stored together or not at all: one bad event of many stores none',
    prove: async (open) => {
      const { store } = await open()
      for (const bad of [0, 5, 9]) {
        const events = numbers(0, 10).map((n) => added('cart_1', n === bad ? { n: NaN } : { n }))
        await rejects(store.commit({ events }), 'INVALID_ARGUMENT')
      }
      equal(await read(store, [cart('cart_1')]), [], 'events')
    },
  },
  {
    law: 'a read yields matching events in position order, and positions are unique and only grow',
    prove: async (open) => {
      const { store } = await open()
      const answered: number[] = []
      for (const n of numbers(0, 30)) {
        const { events } = await store.commit({
          events: [added('cart_1', { n }), added('cart_2', { n })],
        })
        const first = events[0]?.position ?? 0
        ok(first > (answered.at(-1) ?? 0), `position ${first} after ${answered.at(-1)}`)
        answered.push(first)
      }
      const stored = await read(store, [cart('cart_1')])
      equal(positions(stored), answered, 'positions')
      equal(field(stored, 'n'), numbers(0, 30), 'order')
      ok(positions(stored).every(Number.isSafeInteger), 'a position is a safe integer')
    },
  },
  {
    law: 'positions are dense from 1, also after refused commits',
    needs: 'totalOrder',
    prove: async (open, { writers, rounds }) => {
      const log = await open()
      const stores = await handles(log, writers)
      await atOnce(writers, async (writer) => {
        for (const n of numbers(0, rounds)) {
          const condition = { streams: [cart(`cart_${writer}`)] }
          const commit = { events: [added(`cart_${writer}`, { n })], conditions: [condition] }
          const refused = stores[writer]?.commit(commit) ?? Promise.resolve()
          if (n > 0) await rejects(refused, 'CONFLICT')
          else await refused
          await stores[writer]?.commit({ events: [added('free'), added('free')] })
        }
      })
      const count = writers * (1 + 2 * rounds)
      equal(positions(await read(log.store, 'all')), numbers(1, count), 'positions')
    },
  },
  {
    law: 'a stored event has an id, metadata and the time of the store, in ISO 8601 and UTC',
    prove: async (open) => {
      const { store } = await open()
      const id = createEventId()
      await store.commit({
        events: [added('cart_1'), { ...added('cart_1'), id, metadata: { actorId: 'user_7' } }],
      })
      const [plain, named] = await read(store, [cart('cart_1')])
      ok(typeof plain?.id === 'string' && plain.id !== '', 'an event without an id gets one')
      equal(plain.metadata, {}, 'metadata that was not given')
      equal(plain.aggregate, undefined, 'an aggregate that was not given')
      equal(named?.id, id, 'the id that was given')
      equal(named?.metadata, { actorId: 'user_7' }, 'metadata')
      for (const event of [plain, named]) {
        const time = event?.timestamp ?? ''
        equal(new Date(time).toISOString(), time, 'timestamp')
      }
    },
  },
  {
    law: "an event's id is unique in the log",
    prove: async (open) => {
      const { store } = await open()
      const twice = { ...added('cart_1'), id: 'evt_1' }
      await rejects(store.commit({ events: [twice, twice] }), 'INVALID_ARGUMENT')
      await store.commit({ events: [twice] })
      const other = { ...added('cart_2'), id: 'evt_1' }
      await rejects(store.commit({ events: [other] }), 'IDEMPOTENCY_MISMATCH')
      await rejects(store.commit({ events: [added('cart_2'), other] }), 'IDEMPOTENCY_MISMATCH')
      equal(await read(store, [cart('cart_2')]), [], 'events')
      equal(ids(await read(store, [cart('cart_1')])), ['evt_1'], 'ids')
    },
  },
  {
    law: "an event's id is unique in the log, also when many write it at once",
    prove: async (open, { writers, rounds }) => {
      const log = await open()
      const stores = await handles(log, writers)
      for (const round of numbers(0, rounds)) {
        const outcomes = await atOnce(writers, async (writer) => {
          const event = { ...added('cart_1', { writer }), id: `evt_${round}` }
          const answer = await Promise.allSettled([stores[writer]?.commit({ events: [event] })])
          return answer[0]?.status
        })
        equal(outcomes.filter((status) => status === 'fulfilled').length, 1, 'winners')
      }
      const stored = ids(await read(log.store, [cart('cart_1')]))
      equal(
        stored,
        numbers(0, rounds).map((round) => `evt_${round}`),
        'ids',
      )
    },
  },
]
