import { AbortedError } from '../../store/errors.ts'
import { later, committing, queue, type Broken } from './change.fixture.ts'

/** Stores that are wrong about documents, the outbox, closing or aborting. */
export const brokenBeside: readonly Broken[] = [
  {
    name: 'goes on after it was closed',
    breaks: 'after `close()` every call is refused with CLOSED',
    change: () => ({ close: async () => undefined }),
  },
  {
    name: 'closes without waiting',
    breaks: '`close()` drains, then refuses',
    change: (store) => {
      const inTurn = queue()
      return { commit: (commit, options) => inTurn(() => store.commit(commit, options)) }
    },
  },
  {
    name: 'ignores signals',
    breaks: 'a call that was aborted before it began is refused',
    change: (store) => ({ commit: (commit) => store.commit(commit) }),
  },
  {
    name: 'says that an aborted commit was not written, but writes it',
    breaks: 'what is reported is true',
    change: (store) => ({
      commit: async (commit, options) => {
        const answer = await store.commit(commit)
        await later()
        if (options?.signal?.aborted) throw new AbortedError('the commit', options.signal)
        return answer
      },
    }),
  },
  {
    name: 'loses documents',
    breaks: 'a document has what was written',
    change: (store) => ({ documents: { ...store.documents, get: async () => undefined } }),
  },
  {
    name: 'ignores the guards of documents',
    breaks: 'guards decide whether a document is written',
    change: committing((commit) => ({
      ...commit,
      documents: commit.documents?.map((write) => ({ ...write, if: undefined })),
    })),
  },
  {
    name: 'lets anybody write a lease',
    breaks: 'a relay whose lease was taken while it was paused publishes nothing more',
    change: committing((commit) => ({
      ...commit,
      documents: commit.documents?.map((write) => ({ ...write, if: undefined })),
    })),
  },
  {
    name: 'leaves no trace of a deleted document',
    breaks: 'a deleted document stays deleted for late old saves',
    change: committing((commit) => ({
      ...commit,
      documents: commit.documents?.map((write) =>
        write.delete ? { ...write, cursor: undefined } : { ...write, if: 'any' as const },
      ),
    })),
  },
  {
    name: 'orders documents by UTF-16',
    breaks: 'a query orders by a key',
    change: (store) => ({
      documents: {
        ...store.documents,
        query: async (query) => {
          const page = await store.documents.query(query)
          const by = query.order?.by
          if (by !== 'name') return page
          const name = (data: unknown): string => (data as { name: string }).name
          const documents = page.documents.toSorted((a, b) =>
            name(a.data) < name(b.data) ? -1 : 1,
          )
          return { ...page, documents }
        },
      },
    }),
  },
  {
    name: 'forgets the last page of documents',
    breaks: 'pages of documents hold each once',
    change: (store) => ({
      documents: {
        ...store.documents,
        query: async (query) => {
          const { documents } = await store.documents.query(query)
          return { documents }
        },
      },
    }),
  },
  {
    name: 'writes documents after events',
    breaks: 'events, documents and outbox of a commit become visible together',
    change: (store) => ({
      commit: async ({ documents, ...commit }, options) => {
        const answer = await store.commit(commit, options)
        await later()
        const { documents: results } = await store.commit({ documents })
        return { ...answer, documents: results }
      },
    }),
  },
  {
    name: 'answers before its documents are written',
    breaks: 'events, documents and outbox of a commit are visible to everybody once it is answered',
    change: (store) => ({
      commit: async ({ documents = [], ...commit }, options) => {
        const answer = await store.commit(commit, options)
        void later().then(() => store.commit({ documents }).catch(() => undefined))
        return {
          ...answer,
          documents: documents.map(({ type, id }) => ({
            type,
            id,
            status: 'created',
            revision: 1,
          })),
        }
      },
    }),
  },
  {
    name: 'mixes the messages of commits',
    breaks: 'the outbox keeps the records of a commit together',
    change: (store) => ({
      outbox: {
        ...store.outbox,
        read: async (options) =>
          (await store.outbox.read(options)).toSorted((a, b) => Number(a.data) - Number(b.data)),
      },
    }),
  },
  {
    name: 'reads the outbox backwards',
    breaks: 'the outbox is read in commit order',
    change: (store) => ({
      outbox: {
        ...store.outbox,
        read: async (options) => (await store.outbox.read(options)).toReversed(),
      },
    }),
  },
  {
    name: 'never takes out of the outbox',
    breaks: 'the outbox is read in commit order, also when many write and one removes',
    change: (store) => ({ outbox: { ...store.outbox, remove: async () => undefined } }),
  },
  {
    name: 'forgets what was taken out of the outbox',
    breaks: 'a relay publishes every message once',
    change: (store) => ({ outbox: { ...store.outbox, remove: async () => undefined } }),
  },
  {
    name: 'gives messages of one order key in turn from either end',
    breaks: 'a relay publishes messages that are committed while it runs',
    change: (store) => ({
      outbox: {
        ...store.outbox,
        read: async (options) => (await store.outbox.read(options)).toReversed(),
      },
    }),
  },
  {
    name: 'gives messages twice',
    breaks: 'a relay publishes once, and in order per key',
    change: (store) => ({
      outbox: {
        ...store.outbox,
        read: async (options) =>
          (await store.outbox.read(options)).flatMap((record) => [record, record]),
      },
    }),
  },
  {
    name: 'gives short pages of the outbox before its end',
    breaks: 'a page of the outbox is short only at its end',
    change: (store) => ({
      outbox: {
        ...store.outbox,
        read: async (options) => (await store.outbox.read(options)).slice(0, 2),
      },
    }),
  },
  {
    name: 'takes out one of several messages with one id',
    breaks: 'outbox records of two commits may have one id',
    change: (store) => ({
      outbox: {
        ...store.outbox,
        remove: async (ids) => {
          const records = await store.outbox.read({ limit: 9999 })
          const again = records.filter(
            ({ id }, index) => ids.includes(id) && records.findIndex((r) => r.id === id) < index,
          )
          await store.outbox.remove(ids)
          await store.commit({ outbox: again.map(({ id, type, data }) => ({ id, type, data })) })
        },
      },
    }),
  },
  {
    name: 'gives messages without their events',
    breaks: "each record of the outbox carries its event's id",
    change: (store) => ({
      outbox: {
        ...store.outbox,
        read: async (options) =>
          (await store.outbox.read(options)).map(({ event, ...record }) => ({
            ...record,
            id: event?.id ?? record.id,
          })),
      },
    }),
  },
  {
    name: 'never wakes anybody',
    breaks: 'watch tells of commits soon after them',
    change: () => ({ watch: () => () => undefined }),
  },
  {
    name: 'takes more than it says',
    breaks: 'what is larger than the store takes is refused with its limit',
    change: (store) => ({
      capabilities: { ...store.capabilities, limits: { eventBytes: 1000, commitEvents: 10 } },
    }),
  },
]
