import { prepareCommit, type CommitRules, type PreparedCommit } from './check-commit.ts'
import { checkDocumentName, checkIds, checkLoad, checkRead, throwIfAborted } from './check-read.ts'
import { refuse } from './check-value.ts'
import type { Committed } from './commit.ts'
import { formatCursor } from './cursor.ts'
import { answered, seenPosition } from './judge.ts'
import type { MemoryLog } from './memory-log.ts'
import { checkLimit, queryDocuments } from './query-documents.ts'
import type { EventStore } from './store.ts'

/** What stores share that have their log in memory. What callers get is theirs to change. */
export function logStore(
  rules: CommitRules,
  /** Throws `CLOSED` where the store is closed. */
  assertOpen: (what: string) => void,
  /** Looks at the log as it is now. */
  look: <Seen>(see: (log: MemoryLog) => Seen) => Seen | Promise<Seen>,
  write: (
    commit: PreparedCommit,
    signal: AbortSignal | undefined,
  ) => Committed | Promise<Committed>,
  /** Takes records out of the outbox. */
  remove: (ids: readonly string[]) => void | Promise<void>,
): Pick<EventStore, 'commit' | 'load' | 'read' | 'documents' | 'outbox'> {
  return {
    commit: async (commit, { signal } = {}) => {
      assertOpen('commit')
      throwIfAborted(signal, 'the commit')
      return structuredClone(await write(prepareCommit(commit, rules), signal))
    },
    load: async (streams, options = {}) => {
      assertOpen('read')
      checkLoad(streams, options)
      const { after, fromVersion = 0, toVersion = Infinity, idempotency } = options
      const loaded = await look((log) => {
        const replayed = answered(idempotency, log)
        const events = log
          .matching(streams, seenPosition(after, log))
          .filter(
            ({ aggregate }) =>
              !aggregate || (aggregate.version >= fromVersion && aggregate.version <= toVersion),
          )
        return { events, cursor: formatCursor(log.head()), ...(replayed && { replayed }) }
      })
      return structuredClone(loaded)
    },
    async *read(streams, options = {}) {
      assertOpen('read')
      checkRead(streams, options)
      const { after, limit, backwards, signal } = options
      const found = await look((log) => log.matching(streams, seenPosition(after, log)))
      if (backwards) found.reverse()
      for (const event of found.slice(0, limit)) {
        assertOpen('read')
        throwIfAborted(signal, 'the read')
        yield structuredClone(event)
      }
    },
    documents: {
      get: async (type, id) => {
        assertOpen('read')
        checkDocumentName(type, id)
        return structuredClone(await look((log) => log.documentState(type, id)?.document))
      },
      query: async (query) => {
        assertOpen('read')
        return structuredClone(
          await look((log) => queryDocuments(log.documentsOf(query?.type), query)),
        )
      },
    },
    outbox: {
      read: async ({ after = '0', limit = 100 } = {}) => {
        assertOpen('read')
        checkLimit(limit)
        if (!/^\d+$/u.test(after)) refuse(['after'], 'a cursor of the outbox', after)
        const waiting = await look(({ outbox }) =>
          [...outbox].filter(({ cursor }) => Number(cursor) > Number(after)),
        )
        return structuredClone(waiting.slice(0, limit))
      },
      remove: async (ids) => {
        assertOpen('remove')
        checkIds(ids)
        await remove(ids)
      },
    },
  }
}
