import type { Commit, Committed } from '../store/commit.ts'
import type { EventStore } from '../store/store.ts'
import { MemoryEventStore } from '../stores/memory/index.ts'
import { changed, queue } from './broken/change.fixture.ts'
import type { OpenLog } from './law.ts'

/** How the store below may be wrong. */
export type Fault = 'none' | 'commits at once' | 'cursor of what is in flight' | 'forgets rollbacks'

/**
 * A toy with transactions: a transaction is a copy of the log, made again from the journal of all
 * commits, and what was committed to it is committed to the log in the end. Writers wait for it.
 */
export function transactional(fault: Fault = 'none'): OpenLog {
  const log = new MemoryEventStore()
  const journal: Commit[] = []
  const inTurn = queue()
  let inFlight: EventStore | undefined

  async function write(store: EventStore, kept: Commit[], commit: Commit): Promise<Committed> {
    const committed = await store.commit(commit)
    const events = commit.events?.map((event, index) => ({
      ...event,
      id: committed.events[index]?.id,
    }))
    kept.push({ ...commit, events })
    return committed
  }

  const store = changed(log, () => ({
    capabilities: { ...log.capabilities, transactions: true },
    commit: (commit) => inTurn(() => write(log, journal, commit)),
    load: async (streams, options) => {
      const loaded = await log.load(streams, options)
      if (fault !== 'cursor of what is in flight' || !inFlight) return loaded
      return { ...loaded, cursor: (await inFlight.load(streams)).cursor }
    },
    within: (transaction) =>
      fault === 'commits at once'
        ? changed(log, () => ({ commit: (commit) => write(log, journal, commit) }))
        : (transaction as EventStore),
  }))

  const transaction = (work: (transaction: unknown) => Promise<void>): Promise<void> =>
    inTurn(async () => {
      const copy = new MemoryEventStore()
      for (const commit of journal) await copy.commit(commit)
      const sent: Commit[] = []
      inFlight = changed(copy, () => ({ commit: (commit) => write(copy, sent, commit) }))
      try {
        await work(inFlight)
      } catch (error) {
        if (fault !== 'forgets rollbacks') throw error
      } finally {
        inFlight = undefined
      }
      for (const commit of sent) await write(log, journal, commit)
    })

  return { store, transaction }
}
