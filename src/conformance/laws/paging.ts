import { equal, ok, rejects } from '../expect.ts'
import type { Law } from '../law.ts'
import {
  added,
  appendAll,
  cart,
  field,
  ids,
  meanwhile,
  numbers,
  positions,
  read,
} from '../samples.ts'

/** What is promised of reading: from where, how many, while others append. */
export const pagingLaws: readonly Law[] = [
  {
    law: '`after` excludes what the cursor has seen, `limit` bounds, `backwards` is the newest first',
    prove: async (open) => {
      const { store } = await open()
      const streams = [cart('cart_1')]
      const start = (await store.load(streams)).cursor
      await store.commit({ events: numbers(0, 6).map((n) => added('cart_1', { n })) })
      const middle = (await store.load(streams)).cursor
      await store.commit({ events: numbers(6, 4).map((n) => added('cart_1', { n })) })
      const end = (await store.load(streams)).cursor
      const [, , , fourth] = await read(store, streams)
      ok(fourth !== undefined, 'there is a fourth event')
      const seen = { eventId: fourth.id }
      const cases = [
        [{}, numbers(0, 10)],
        [{ after: start }, numbers(0, 10)],
        [{ after: middle }, [6, 7, 8, 9]],
        [{ after: end }, []],
        [{ after: seen }, numbers(4, 6)],
        [{ limit: 0 }, []],
        [{ limit: 3 }, [0, 1, 2]],
        [{ limit: 99 }, numbers(0, 10)],
        [{ after: seen, limit: 2 }, [4, 5]],
        [{ backwards: true, limit: 1 }, [9]],
        [{ backwards: true }, numbers(0, 10).toReversed()],
        [{ backwards: true, after: middle }, [9, 8, 7, 6]],
        [{ backwards: true, after: seen, limit: 2 }, [9, 8]],
        [{ backwards: true, after: end, limit: 1 }, []],
      ] as const
      for (const [options, expected] of cases) {
        const what = JSON.stringify(options)
        equal(field(await read(store, streams, options), 'n'), [...expected], what)
      }
      equal(field((await store.load(streams, { after: middle })).events, 'n'), [6, 7, 8, 9], 'load')
      equal(field((await store.load(streams, { after: seen })).events, 'n'), numbers(4, 6), 'load')
      for (const limit of [-1, 1.5, NaN, Infinity]) {
        await rejects(read(store, streams, { limit }), 'INVALID_ARGUMENT', `limit ${limit}`)
      }
    },
  },
  {
    law: '`backwards` with `limit: 1` is the newest event',
    prove: async (open) => {
      const { store } = await open()
      const latest = { backwards: true, limit: 1 }
      equal(await read(store, [cart('cart_1')], latest), [], 'an empty log')
      for (const n of numbers(0, 20)) {
        await store.commit({ events: [added('cart_1', { n }), added('cart_2', { n })] })
        equal(field(await read(store, [cart('cart_1')], latest), 'n'), [n], 'the newest')
      }
      const streams = [cart('cart_1'), cart('cart_2')]
      const forwards = await read(store, streams)
      equal(await read(store, streams, { backwards: true }), forwards.toReversed(), 'backwards')
    },
  },
  {
    law: 'pages lose and repeat nothing while others append',
    prove: async (open, { writers, rounds }) => {
      const { store, reopen } = await open()
      const other = await reopen()
      const streams = [cart('cart_1')]
      const append = async (): Promise<void> => {
        for (const n of numbers(0, writers * rounds)) {
          await other.commit({ events: [added('cart_1', { n }), added('cart_2', { n })] })
        }
      }
      const seen: string[] = []
      await meanwhile(append(), async () => {
        const eventId = seen.at(-1)
        const after = eventId === undefined ? undefined : { eventId }
        const page = await read(store, streams, { after, limit: 7 })
        seen.push(...ids(page))
        ok(seen.length <= writers * rounds, 'the pages repeat events')
        return page.length > 0
      })
      equal(seen, ids(await read(store, streams)), 'the pages together')
      equal(seen.length, writers * rounds, 'events')
    },
  },
  {
    law: 'pages of several streams, each after the last event of the one before, have each event once',
    prove: async (open) => {
      const { store } = await open()
      const carts = ['cart_1', 'cart_2', 'cart_3']
      const streams = carts.map((cartId) => cart(cartId))
      const commits = numbers(0, 12).map((n) => added(carts[(n * n) % 3] as string, { n }))
      for (const event of commits) await store.commit({ events: [event] })
      for (const limit of [1, 2, 5]) {
        const found: unknown[] = []
        let last: string | undefined
        for (let page = 0; page <= commits.length; page += 1) {
          const after = last === undefined ? undefined : { eventId: last }
          const events = await read(store, streams, { after, limit })
          if (events.length === 0) break
          found.push(...field(events, 'n'))
          last = ids(events).at(-1)
        }
        equal(found, numbers(0, 12), `pages of ${limit}`)
      }
    },
  },
  {
    law: 'a read ends at the newest event that was there when it began, whatever is appended meanwhile',
    prove: async (open) => {
      const { store } = await open()
      await store.commit({ events: numbers(0, 10).map((n) => added('cart_1', { n })) })
      for (const backwards of [false, true]) {
        const before = positions(await read(store, [cart('cart_1')], { backwards }))
        const found: number[] = []
        for await (const event of store.read([cart('cart_1')], { backwards })) {
          found.push(event.position)
          await store.commit({ events: [added('cart_1')] })
        }
        equal(found, before, `backwards ${backwards}`)
        ok(found.length >= 10, 'the read yields what was there')
      }
    },
  },
  {
    law: 'a read that is left early lets the store go on',
    prove: async (open) => {
      const { store } = await open()
      await appendAll(
        store,
        numbers(0, 100).map((n) => added('cart_1', { n })),
      )
      for await (const event of store.read([cart('cart_1')])) {
        equal(field([event], 'n'), [0], 'the first')
        break
      }
      await store.commit({ events: [added('cart_1')] })
      equal((await read(store, [cart('cart_1')])).length, 101, 'events')
    },
  },
  {
    law: 'reads that go on side by side do not disturb each other',
    prove: async (open) => {
      const { store } = await open()
      const names = ['cart_1', 'cart_2', 'cart_3']
      const events = numbers(0, 1500).map((n) => added(names[n % 3] ?? '', { n }))
      await appendAll(store, events)
      const reads = [
        ...names.map((name) => store.read([cart(name)])),
        store.read([{ types: ['ITEM_ADDED'] }], { backwards: true }),
      ].map((reading) => reading[Symbol.asyncIterator]())
      const found: unknown[][] = reads.map(() => [])
      for (let left = reads.length; left > 0;) {
        left = 0
        for (const [index, iterator] of reads.entries()) {
          const { done, value } = await iterator.next()
          if (done) continue
          left += 1
          found[index]?.push(...field([value], 'n'))
        }
      }
      for (const start of [0, 1, 2]) {
        const own = numbers(0, 500).map((n) => n * 3 + start)
        equal(found[start] ?? [], own, names[start])
      }
      equal(found[3] ?? [], numbers(0, 1500).toReversed(), 'backwards')
    },
  },
]
