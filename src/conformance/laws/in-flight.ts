import type { EventStore } from '../../store/store.ts'
import { equal, ok } from '../expect.ts'
import type { Law, OpenLog } from '../law.ts'
import { accepted, added, atOnce, cart, field, numbers, read } from '../samples.ts'

const streams = [cart('cart_1'), cart('cart_2')]

interface Caller {
  readonly run: NonNullable<OpenLog['transaction']>
  readonly within: NonNullable<EventStore['within']>
}

function callerOf({ store, transaction }: OpenLog): Caller {
  ok(store.within !== undefined, 'a store with transactions has within')
  ok(transaction !== undefined, 'to prove transactions, open must answer with a transaction')
  return { run: transaction, within: store.within }
}

/** Lets the others go on, whether or not they have to wait for a transaction that is open. */
async function pause(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 30))
}

class RolledBack extends Error {}

async function rollBack(running: Promise<void>): Promise<void> {
  try {
    await running
  } catch (error) {
    if (!(error instanceof RolledBack)) throw error
  }
}

/** What is promised of the caller's transaction, and while one is open. */
export const inFlightLaws: readonly Law[] = [
  {
    law: "within the caller's transaction a commit is stored with it, or rolled back with it",
    needs: 'transactions',
    prove: async (open) => {
      const log = await open()
      const { run, within } = callerOf(log)
      const commit = {
        events: [added('cart_1')],
        documents: [{ type: 'view', id: 'cart_1', data: 1 }],
        outbox: [{ type: 'message', data: 1 }],
        idempotency: { key: 'k' },
      }
      const rolledBack = run(async (transaction) => {
        const store = within(transaction)
        await store.commit(commit)
        equal((await store.load(streams)).events.length, 1, 'events within the transaction')
        throw new RolledBack()
      })
      await rollBack(rolledBack)
      equal(await read(log.store, streams), [], 'events after the rollback')
      equal(await log.store.documents.get('view', 'cart_1'), undefined, 'the document')
      equal(await log.store.outbox.read(), [], 'the outbox')
      await run(async (transaction) => {
        const { replayed } = await within(transaction).commit(commit)
        equal(replayed, false, 'whether the key was known')
      })
      equal((await read(log.store, streams)).length, 1, 'events')
      equal((await log.store.documents.get('view', 'cart_1'))?.revision, 1, 'the document')
    },
  },
  {
    law: "within the caller's transaction commits that are sent at once are each stored, once",
    needs: 'transactions',
    prove: async (open) => {
      const log = await open()
      const { run, within } = callerOf(log)
      await run(async (transaction) => {
        const store = within(transaction)
        const commits = ['1', '2', '3', '4'].map((n) =>
          store.commit({
            events: [added('cart_1')],
            documents: [{ type: 'view', id: n, data: n }],
          }),
        )
        const positions = (await Promise.all(commits)).map(({ events }) => events[0]?.position)
        equal(new Set(positions).size, 4, 'positions')
      })
      equal((await read(log.store, streams)).length, 4, 'events')
      const { documents } = await log.store.documents.query({ type: 'view' })
      equal(
        documents.map(({ data }) => data),
        ['1', '2', '3', '4'],
        'documents',
      )
    },
  },
  {
    law: 'an event in flight during the read is never missed by the condition, with transactions held open',
    needs: 'transactions',
    prove: async (open, { rounds }) => {
      for (const round of numbers(0, Math.max(4, rounds))) {
        const [commits, crowded] = [round % 2 === 0, round % 4 < 2]
        const log = await open()
        const { run, within } = callerOf(log)
        const other = await log.reopen()
        const reader = await log.reopen()
        const meanwhile: Promise<unknown>[] = []
        let loading: Promise<{ events: readonly unknown[]; cursor: string }> | undefined
        const running = run(async (transaction) => {
          await within(transaction).commit({ events: [added('cart_1')] })
          if (crowded) meanwhile.push(other.commit({ events: [added('cart_2')] }))
          await pause()
          loading = reader.load(streams)
          await pause()
          if (!commits) throw new RolledBack()
        })
        await rollBack(running)
        await Promise.all(meanwhile)
        const loaded = await loading
        ok(loaded !== undefined, 'the read has begun')
        const conditions = [{ streams, after: loaded.cursor }]
        const late = await accepted(reader.commit({ events: [added('late')], conditions }))
        const total = (await read(reader, streams)).length
        equal(total, Number(commits) + Number(crowded), 'events')
        equal(late, loaded.events.length === total, `accepted after it saw ${loaded.events.length}`)
      }
    },
  },
  {
    law: 'a reader that follows `after` sees every event once, in order, with a foreign transaction left open',
    needs: 'transactions',
    prove: async (open, { writers }) => {
      const log = await open()
      const { run, within } = callerOf(log)
      const other = await log.reopen()
      const all = [{ filter: { allId: 'a' } }]
      const seen: unknown[] = []
      let cursor: string | undefined
      const follow = async (): Promise<void> => {
        const loaded = await other.load(all, { after: cursor })
        seen.push(...field(loaded.events, 'n'))
        cursor = loaded.cursor
      }
      let meanwhile: Promise<unknown> = Promise.resolve()
      const following: Promise<void>[] = []
      await run(async (transaction) => {
        await within(transaction).commit({ events: [added('cart_1', { n: -1, allId: 'a' })] })
        meanwhile = atOnce(writers, (n) =>
          other.commit({ events: [added('cart_2', { n, allId: 'a' })] }),
        )
        following.push(follow())
        await pause()
      })
      await Promise.all([meanwhile, ...following])
      await follow()
      equal(seen, field(await read(log.store, all), 'n'), 'what the reader saw')
      equal(seen.length, writers + 1, 'events')
    },
  },
]
