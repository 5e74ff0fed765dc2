import { snapshotType } from '../../aggregate/stored.ts'
import type { StoredSnapshot } from '../../aggregate/snapshot.ts'
import type { Commit } from '../../store/commit.ts'
import type { DocumentWrite } from '../../store/document.ts'
import { committing, later, type Broken, type Change } from './change.fixture.ts'

const unguarded = (write: DocumentWrite): DocumentWrite => ({ ...write, if: undefined })

/** Whatever was there before. */
const unguarding = committing((commit) => ({
  ...commit,
  expect: undefined,
  conditions: undefined,
  documents: commit.documents?.map(unguarded),
}))

const writingDocuments = (
  change: (documents: readonly DocumentWrite[]) => readonly DocumentWrite[],
): Change => committing((commit) => ({ ...commit, documents: change(commit.documents ?? []) }))

/** Says of each aggregate that its newest event is the one that its snapshot has seen. */
const trustsSnapshots: Change = (store) => ({
  read: async function* (streams, options = {}) {
    const aggregate = streams === 'all' ? undefined : streams[0]?.aggregate
    if (!aggregate || !options.backwards) return yield* store.read(streams, options)
    const document = await store.documents.get(await snapshotType(aggregate), aggregate.id)
    const { eventId, sequence } = (document?.data ?? {}) as Partial<StoredSnapshot<unknown>>
    for await (const event of store.read(streams, options)) {
      yield eventId === undefined || sequence === undefined
        ? event
        : { ...event, id: eventId, aggregate: { ...aggregate, version: sequence } }
    }
  },
})

/** Says of every snapshot that rules of version 2 made it. */
const mislabelsSnapshots: Change = (store) => ({
  documents: {
    ...store.documents,
    get: async (type, id) => {
      const document = await store.documents.get(type, id)
      const data = document?.data as object | undefined
      return document && data && 'rules' in data
        ? { ...document, data: { ...data, rules: 2 } }
        : document
    },
  },
})

/** Writes in two steps what must be one. */
const inTwoSteps =
  (first: (commit: Commit) => Commit, second: (commit: Commit) => Commit): Change =>
  (store) => ({
    commit: async (commit, options) => {
      const committed = await store.commit(first(commit), options)
      await later()
      await store.commit(second(commit), options)
      return committed
    },
  })

/** Stores on which aggregates would not be what they promise. */
export const brokenAggregates: readonly Broken[] = [
  {
    name: 'stores the documents of what it refuses',
    breaks: 'in one commit, and a refused one none of them',
    change: (store) => ({
      commit: async (commit, options) => {
        try {
          return await store.commit(commit, options)
        } catch (error) {
          await store.commit({ documents: commit.documents?.map(unguarded) })
          throw error
        }
      },
    }),
  },
  {
    name: 'writes documents after the events',
    breaks: 'a reader that sees one part of an append sees all of it',
    change: inTwoSteps(
      (commit) => ({ ...commit, documents: [] }),
      ({ documents }) => ({ documents }),
    ),
  },
  {
    name: 'writes messages after the events',
    breaks: 'a reader that sees one part of an append sees all of it',
    change: inTwoSteps(
      (commit) => ({ ...commit, outbox: [] }),
      ({ outbox }) => ({ outbox: outbox?.map((record) => ({ ...record, event: undefined })) }),
    ),
  },
  {
    name: 'takes every snapshot for the newest',
    breaks: 'a snapshot that is missing or out of date is not used',
    change: trustsSnapshots,
  },
  {
    name: 'takes every snapshot for the newest',
    breaks: 'a snapshot of another log',
    change: trustsSnapshots,
  },
  {
    name: 'does not look for the event that a condition names',
    breaks: 'a snapshot of another log',
    change: committing((commit) => ({ ...commit, conditions: undefined })),
  },
  {
    name: 'does not look whether the log was rewound',
    breaks: 'a log that is put back under a process that goes on',
    change: committing((commit) => ({
      ...commit,
      conditions: undefined,
      documents: commit.documents?.map((write) => ({ ...write, cursor: undefined })),
    })),
  },
  {
    name: 'mistakes the rules that made a snapshot',
    breaks: 'a snapshot of other rules is not used',
    change: mislabelsSnapshots,
  },
  {
    name: 'loads the first thousand events',
    breaks: 'an aggregate of thousands of events is rebuilt whole',
    change: (store) => ({
      load: async (streams, options) => {
        const loaded = await store.load(streams, options)
        return (options?.fromVersion ?? 0) > 1000 ? { ...loaded, events: [] } : loaded
      },
    }),
  },
  {
    name: 'finds one document of each type',
    breaks: 'an index has several aggregates under one key',
    change: (store) => ({
      documents: {
        ...store.documents,
        query: async (query) => {
          const { documents } = await store.documents.query(query)
          return { documents: documents.slice(0, 1) }
        },
      },
    }),
  },
  {
    name: 'deletes no documents',
    breaks: 'a key that is changed or cleared leaves no entry behind',
    change: writingDocuments((documents) => documents.filter((write) => !write.delete)),
  },
  {
    name: 'guards neither versions nor documents',
    breaks: 'entries and aggregates agree after appends that raced',
    change: unguarding,
  },
  {
    name: 'guards neither versions nor documents',
    breaks: 'racing appends to one aggregate all succeed',
    change: unguarding,
  },
  {
    name: 'forgets the last page of an index',
    breaks: 'pages of an index hold each aggregate once',
    change: (store) => ({
      documents: {
        ...store.documents,
        query: async (query) => {
          const { documents, cursor } = await store.documents.query(query)
          return query.after === undefined || cursor !== undefined
            ? { documents, ...(cursor !== undefined && { cursor }) }
            : { documents: [] }
        },
      },
    }),
  },
  {
    name: 'ignores expected versions',
    breaks: '`appendTo` is refused where the aggregate is at another sequence',
    change: committing((commit) => ({ ...commit, expect: undefined })),
  },
  {
    name: 'takes a sign for the end of an id',
    breaks: 'types, ids and keys of aggregates are never mistaken for one another',
    change: writingDocuments((documents) =>
      documents.map((write) => ({ ...write, id: write.id.split('/')[0] || '/' })),
    ),
  },
  {
    name: 'ignores conditions on what is in an aggregate',
    breaks: 'the events of an aggregate are ordinary ones',
    change: committing((commit) => ({ ...commit, conditions: undefined })),
  },
  {
    name: 'accepts a known id as a new event',
    breaks: 'an append that is repeated with its event ids is stored once',
    change: committing((commit) => ({
      ...commit,
      events: commit.events?.map((event) => ({ ...event, id: undefined })),
    })),
  },
  {
    name: 'accepts a known id as a new event',
    breaks: 'an append whose answer was lost is stored once',
    change: committing((commit) => ({
      ...commit,
      expect: undefined,
      events: commit.events?.map((event) => ({ ...event, id: undefined })),
      documents: commit.documents?.map(unguarded),
    })),
  },
]
