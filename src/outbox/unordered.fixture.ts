import type { OutboxRecord } from '../store/outbox.ts'
import type { EventStore } from '../store/store.ts'
import { MemoryEventStore } from '../stores/memory/index.ts'

/** A store without a total order: what is committed may find its place behind what was read. */
export interface UnorderedLog {
  readonly store: EventStore
  readonly commit: EventStore['commit']
  /** Records with these data have their place, and are shown from `show` on. */
  readonly hide: (...data: readonly unknown[]) => void
  readonly show: (...data: readonly unknown[]) => void
  /** Runs before each read of the outbox. */
  beforeRead: (after: string | undefined) => unknown
  /** How many records were read, and in how many calls. */
  readonly counts: { records: number; calls: number }
}

export function unorderedLog(): UnorderedLog {
  const beneath = new MemoryEventStore()
  const hidden = new Set<unknown>()
  const counts = { records: 0, calls: 0 }
  const { commit, load, read, documents, close } = beneath
  const log: UnorderedLog = {
    commit,
    counts,
    beforeRead: () => undefined,
    hide: (...data) => {
      for (const each of data) hidden.add(each)
    },
    show: (...data) => {
      for (const each of data) hidden.delete(each)
    },
    store: {
      capabilities: { ...beneath.capabilities, totalOrder: false, watch: false },
      commit,
      load,
      read,
      documents,
      close,
      outbox: {
        remove: beneath.outbox.remove,
        read: async ({ after, limit = 100 } = {}): Promise<readonly OutboxRecord[]> => {
          await log.beforeRead(after)
          const records = await beneath.outbox.read({ after, limit: limit + hidden.size })
          const page = records.filter(({ data }) => !hidden.has(data)).slice(0, limit)
          counts.records += page.length
          counts.calls += 1
          return page
        },
      },
    },
  }
  return log
}
