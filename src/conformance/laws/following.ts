import type { Streams } from '../../store/stream.ts'
import { equal, ok, rejects } from '../expect.ts'
import type { Law, Open, RaceSize } from '../law.ts'
import {
  added,
  appendAll,
  atOnce,
  cart,
  handles,
  ids,
  meanwhile,
  numbers,
  read,
} from '../samples.ts'

async function until(done: () => boolean, what: string): Promise<void> {
  for (let waits = 0; !done(); waits += 1) {
    ok(waits < 250, what)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** Follows with loads and with pages of reads, from two handles, while writers append and are refused. */
async function followed(open: Open, size: RaceSize, streams: Streams): Promise<void> {
  const { writers, rounds } = size
  const log = await open()
  const stores = await handles(log, writers + 2)
  await log.store.commit({ events: [added('taken', { allId: 'a' })] })
  const write = atOnce(writers, async (writer) => {
    const store = stores[writer] ?? log.store
    for (const n of numbers(0, rounds)) {
      const large = writer === 0 && n % 4 === 0
      const count = large ? 500 : 1 + ((writer + n) % 3)
      const events = numbers(0, count).map(() => added(`cart_${writer}`, { allId: 'a' }))
      await appendAll(store, events, 2)
      const refused = { events: events.slice(0, 3), conditions: [{ streams: [cart('taken')] }] }
      if (n % 3 === 0) await rejects(store.commit(refused), 'CONFLICT')
    }
  })
  const [loader, pager] = [stores[writers] ?? log.store, stores[writers + 1] ?? log.store]
  const loaded: string[] = []
  let after: string | undefined
  const load = async (): Promise<boolean> => {
    const { events, cursor } = await loader.load(streams, { after })
    after = cursor
    return see(loaded, ids(events))
  }
  const paged: string[] = []
  const page = async (): Promise<boolean> => {
    const eventId = paged.at(-1)
    const options = { limit: 5, ...(eventId !== undefined && { after: { eventId } }) }
    return see(paged, ids(await read(pager, streams, options)))
  }
  const see = (all: string[], seen: string[]): boolean => {
    all.push(...seen)
    ok(all.length <= 1000 * writers * rounds, 'the reader sees events again and again')
    return seen.length > 0
  }
  await Promise.all([meanwhile(write, load), meanwhile(write, page)])
  const stored = ids(await read(log.store, streams))
  equal(loaded, stored, 'what the reader by loads saw')
  equal(paged, stored, 'what the reader by pages saw')
}

const title =
  'a reader that follows `after` sees every event once, in order, while 8 writers append'

/** What is promised to readers that follow the log. */
export const followingLaws: readonly Law[] = [
  {
    law: `${title}: one boundary`,
    prove: (open, size) => followed(open, size, [{ filter: { allId: 'a' } }]),
  },
  {
    law: `${title}: the whole log`,
    needs: 'totalOrder',
    prove: (open, size) => followed(open, size, 'all'),
  },
  {
    law: 'watch tells of commits soon after them, also of other processes, until it is ended',
    needs: 'watch',
    prove: async (open) => {
      const { store, reopen } = await open()
      const other = await reopen()
      ok(store.watch !== undefined, 'a store that can watch has watch')
      let calls = 0
      let endedCalls = 0
      const end = store.watch(() => {
        calls += 1
      })
      const endSecond = store.watch(() => {
        endedCalls += 1
      })
      endSecond()
      for (const handle of [store, other, store]) {
        const before = calls
        await handle.commit({ events: [added('cart_1')] })
        await until(() => calls > before, 'the listener is called after a commit')
      }
      equal(endedCalls, 0, 'calls of a listener that was ended')
      end()
      end()
      await new Promise((resolve) => setTimeout(resolve, 50))
      const after = calls
      await store.commit({ events: [added('cart_1')] })
      await new Promise((resolve) => setTimeout(resolve, 50))
      equal(calls, after, 'calls after the end')
    },
  },
  {
    law: 'a listener that watch wakes finds what was committed',
    needs: 'watch',
    prove: async (open) => {
      const { store } = await open()
      const seen = new Set<string>()
      const end = store.watch?.(() => {
        void store.load([cart('cart_1')]).then(({ events }) => {
          for (const id of ids(events)) seen.add(id)
        })
      })
      const sent: string[] = []
      for (const n of numbers(0, 10)) {
        sent.push(...ids((await store.commit({ events: [added('cart_1', { n })] })).events))
      }
      equal(sent.length, 10, 'events')
      await until(() => sent.every((id) => seen.has(id)), 'every event is found after a wake-up')
      end?.()
    },
  },
]
