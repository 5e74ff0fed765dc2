import { equal, ok } from '../expect.ts'
import type { Law } from '../law.ts'
import { added, atOnce, cart, handles, meanwhile, numbers, read } from '../samples.ts'

/** What is promised of that which a commit makes visible, and when. */
export const visibilityLaws: readonly Law[] = [
  {
    law: 'the outbox is read in commit order, also when many write and one removes',
    prove: async (open, { writers, rounds }) => {
      const log = await open()
      const stores = await handles(log, writers + 1)
      const relay = stores[writers] ?? log.store
      const write = atOnce(writers, async (writer) => {
        for (const n of numbers(0, rounds)) {
          await stores[writer]?.commit({
            events: [added(`cart_${writer}`, { n })],
            outbox: [{ type: 'message', data: { writer, n } }],
          })
        }
      })
      const sent: { writer: number; n: number; position: number }[] = []
      await meanwhile(write, async () => {
        const records = await relay.outbox.read({ limit: 5 })
        for (const { data, event } of records) {
          const { writer, n } = data as { writer: number; n: number }
          sent.push({ writer, n, position: event?.position ?? 0 })
        }
        ok(sent.length <= writers * rounds, 'the outbox gives a record again after it was removed')
        await relay.outbox.remove(records.map(({ id }) => id))
        return records.length > 0
      })
      equal(sent.length, writers * rounds, 'messages')
      for (const writer of numbers(0, writers)) {
        const own = sent.filter((message) => message.writer === writer)
        const order = own.map(({ n }) => n)
        equal(order, numbers(0, rounds), 'the messages of one order key')
      }
      if (!log.store.capabilities.totalOrder) return
      const places = sent.map(({ position }) => position)
      equal(
        places,
        places.toSorted((a, b) => a - b),
        'positions',
      )
    },
  },
  {
    law: 'events, documents and outbox of a commit are visible to everybody once it is answered',
    prove: async (open, { writers, rounds }) => {
      const log = await open()
      const stores = await handles(log, writers)
      await atOnce(writers, async (writer) => {
        const own = stores[writer] ?? log.store
        const other = stores[(writer + 1) % writers] ?? log.store
        const streams = [cart(`cart_${writer}`)]
        for (const n of numbers(1, rounds)) {
          await own.commit({
            events: [added(`cart_${writer}`, { n }), added(`cart_${writer}`, { n })],
            documents: [{ type: 'view', id: `cart_${writer}`, data: n }],
            outbox: [{ type: 'message', data: writer }],
          })
          const [events, loaded, document, messages] = await Promise.all([
            read(other, streams),
            other.load(streams),
            other.documents.get('view', `cart_${writer}`),
            other.outbox.read({ limit: 10_000 }),
          ])
          const counts = [events.length, loaded.events.length, document?.data]
          equal(counts, [n * 2, n * 2, n], 'events read, events loaded, the document')
          equal(messages.filter(({ data }) => data === writer).length, n, 'messages')
        }
      })
    },
  },
  {
    law: 'events, documents and outbox of a commit become visible together',
    needs: 'atomicReads',
    prove: async (open, { writers, rounds }) => {
      const log = await open()
      const [writer, reader] = await handles(log, 2)
      const streams = [cart('cart_1')]
      const write = async (): Promise<void> => {
        for (const n of numbers(1, writers * rounds)) {
          await writer?.commit({
            events: [added('cart_1', { n }), added('cart_1', { n })],
            documents: [
              { type: 'view', id: 'one', data: n },
              { type: 'view', id: 'two', data: n },
            ],
            outbox: [{ type: 'message', data: n }],
          })
        }
      }
      const parts: (() => Promise<number>)[] = [
        async () => ((await reader?.documents.get('view', 'one'))?.data ?? 0) as number,
        async () => ((await reader?.documents.get('view', 'two'))?.data ?? 0) as number,
        async () => (await reader?.load(streams))?.events.length ?? 0,
        async () => (reader ? (await read(reader, streams)).length : 0),
        async () => (await reader?.outbox.read({ limit: 10_000 }))?.length ?? 0,
      ]
      let turn = 0
      await meanwhile(write(), async () => {
        const seen: number[] = []
        for (const index of numbers(turn, parts.length)) {
          const part = index % parts.length
          const found = (await parts[part]?.()) ?? 0
          const events = part === 2 || part === 3
          ok(!events || found % 2 === 0, `half a commit: ${found} events of pairs`)
          seen.push(events ? found / 2 : found)
        }
        equal(
          seen,
          seen.toSorted((a, b) => a - b),
          'commits seen, part after part',
        )
        turn += 1
        return false
      })
      const counts = await Promise.all(parts.map((part) => part()))
      const count = writers * rounds
      equal(counts, [count, count, count * 2, count * 2, count], 'what is visible in the end')
    },
  },
]
