import type { StoredEvent } from '../../event/event.ts'
import type { Commit, Committed } from '../../store/commit.ts'
import { compileStreams } from '../../store/matches.ts'
import type { EventStore, ReadOptions } from '../../store/store.ts'
import type { Streams } from '../../store/stream.ts'

export type Change = (store: EventStore) => Partial<EventStore>

/** A store with something wrong, and a law that it breaks. */
export interface Broken {
  readonly name: string
  readonly breaks: string
  readonly change: Change
}

export const later = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1))

/** The commit is changed on its way in. */
export const committing =
  (change: (commit: Commit) => Commit): Change =>
  (store) => ({ commit: (commit, options) => store.commit(change(commit), options) })

/** The answer to a commit is changed on its way out. */
export const answering =
  (change: (answer: Committed) => Committed): Change =>
  (store) => ({ commit: async (commit, options) => change(await store.commit(commit, options)) })

/** All events are changed on their way out. */
export const reading =
  (change: (event: StoredEvent) => StoredEvent): Change =>
  (store) => ({
    load: async (streams, options) => {
      const loaded = await store.load(streams, options)
      return { ...loaded, events: loaded.events.map(change) }
    },
    read: async function* (streams, options) {
      for await (const event of store.read(streams, options)) yield change(event)
    },
  })

/** The options of a read are changed on their way in. */
export const readingWith =
  (change: (options: ReadOptions) => ReadOptions): Change =>
  (store) => ({ read: (streams, options = {}) => store.read(streams, change(options)) })

/** Another judge of what matches. */
export const matching =
  (matches: (streams: Streams, event: StoredEvent) => boolean): Change =>
  (store) => ({
    read: async function* (streams, options) {
      await store.load(streams)
      for await (const event of store.read('all', options)) {
        if (matches(streams, event)) yield event
      }
    },
  })

/** Data as another kind of matching would see it. */
export const seenAs = (change: (value: unknown) => unknown): Change =>
  matching((streams, event) => {
    const turned = (value: unknown): unknown =>
      value !== null && typeof value === 'object'
        ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, change(inner)]))
        : value
    if (streams === 'all') return true
    const filters = streams.map(({ filter = {}, ...rest }) => ({
      ...rest,
      filter: turned(filter) as typeof filter,
    }))
    return compileStreams(filters)({ ...event, data: turned(event.data) })
  })

export const queue = (): (<Answer>(work: () => Promise<Answer>) => Promise<Answer>) => {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const next = last.then(work)
    last = next.catch(() => undefined)
    return next
  }
}

export function changed(store: EventStore, change: Change): EventStore {
  const { capabilities, commit, load, read, documents, outbox, watch, close } = store
  const same = { capabilities, commit, load, read, documents, outbox, close }
  return { ...same, ...(watch && { watch }), ...change(store) }
}
