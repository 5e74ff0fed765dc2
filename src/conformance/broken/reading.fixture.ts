import type { StoredEvent } from '../../event/event.ts'
import { compileStreams } from '../../store/matches.ts'
import type { Streams } from '../../store/stream.ts'
import { reading, readingWith, matching, seenAs, type Broken } from './change.fixture.ts'

const doubled = (event: StoredEvent): StoredEvent => ({ ...event, position: event.position * 2 })

/** Stores that read something else than what is stored. */
export const brokenReaders: readonly Broken[] = [
  {
    name: 'assigns positions with gaps',
    breaks: 'positions are dense from 1',
    change: reading(doubled),
  },
  {
    name: 'gives the oldest for the newest',
    breaks: '`backwards` with `limit: 1` is the newest event',
    change: readingWith((options) => ({ ...options, backwards: false })),
  },
  {
    name: 'ignores after',
    breaks: '`after` excludes what the cursor has seen',
    change: readingWith((options) => ({ ...options, after: undefined })),
  },
  {
    name: 'ignores after',
    breaks: 'pages lose and repeat nothing while others append',
    change: readingWith((options) => ({ ...options, after: undefined })),
  },
  {
    name: 'gives the last event of a page again, where there are several streams',
    breaks: 'pages of several streams, each after the last event of the one before',
    change: (store) => ({
      read: async function* (streams, options) {
        const { after, limit } = options ?? {}
        const isPage = limit !== undefined && streams !== 'all' && streams.length > 1
        if (!isPage || typeof after !== 'object') return yield* store.read(streams, options)
        const all = await Array.fromAsync(store.read(streams))
        const seen = all.findIndex(({ id }) => id === after.eventId)
        yield* all.slice(seen, seen + limit)
      },
    }),
  },
  {
    name: 'ignores the limit',
    breaks: '`after` excludes what the cursor has seen, `limit` bounds',
    change: readingWith((options) => ({ ...options, limit: undefined })),
  },
  {
    name: 'stops at a page',
    breaks: 'streams larger than any page',
    change: readingWith((options) => ({
      ...options,
      limit: Math.min(options.limit ?? 1e9, 10_000),
    })),
  },
  {
    name: 'gives an event for each stream that it matches',
    breaks: 'types are OR-ed, filter entries AND-ed, streams OR-ed',
    change: (store) => ({
      read: async function* (streams, options) {
        if (streams === 'all') yield* store.read(streams, options)
        else for (const stream of streams) yield* store.read([stream], options)
      },
    }),
  },
  {
    name: 'takes an empty list for the whole log',
    breaks: 'an empty list of streams is an error, never the whole log',
    change: (store) => ({
      read: (streams, options) =>
        store.read(streams !== 'all' && streams?.length === 0 ? 'all' : streams, options),
    }),
  },
  {
    name: 'reads on and on',
    breaks: 'a read ends at the newest event that was there when it began',
    change: (store) => ({
      read: async function* (streams, options = {}) {
        let { after } = options
        for (let more = true; more;) {
          more = false
          for await (const event of store.read(streams, { ...options, after })) {
            yield event
            if (event.position > 100) return
            after = { eventId: event.id }
            more = true
          }
        }
      },
    }),
  },
  {
    name: 'compares loosely',
    breaks: 'every operator, on strings, numbers to 2^53 and booleans: eq',
    change: seenAs((value) => (typeof value === 'number' ? `${value}` : value)),
  },
  {
    name: 'compares without case',
    breaks: 'unusual keys and values are data, never syntax: as values of another key',
    change: seenAs((value) => (typeof value === 'string' ? value.toLowerCase() : value)),
  },
  {
    name: 'normalises texts',
    breaks: 'unusual keys and values are data, never syntax: as values of an identifier',
    change: seenAs((value) => (typeof value === 'string' ? value.normalize('NFC') : value)),
  },
  {
    name: 'compares numbers with less than 53 bits',
    breaks: 'every operator, on strings, numbers to 2^53 and booleans: eq',
    change: seenAs((value) => (typeof value === 'number' ? Math.fround(value) : value)),
  },
  {
    name: 'compares the first 512 characters',
    breaks: 'long values with the same beginning are different',
    change: seenAs((value) => (typeof value === 'string' ? value.slice(0, 512) : value)),
  },
  {
    name: 'orders texts by UTF-16',
    breaks: 'every operator, on strings, numbers to 2^53 and booleans: gt',
    change: matching((streams, event) => {
      const [stream] = streams as Exclude<Streams, 'all'>
      const data = event.data as Record<string, unknown>
      return Object.entries(stream?.filter ?? {}).every(([key, entry]) => {
        const bound = (entry as { gt?: unknown }).gt
        return typeof bound === 'string'
          ? typeof data[key] === 'string' && data[key] > bound
          : compileStreams([{ filter: { [key]: entry } }])(event)
      })
    }),
  },
  {
    name: 'loses metadata',
    breaks: 'what is stored comes back equal',
    change: reading((event) => ({ ...event, metadata: {} })),
  },
  {
    name: 'gives out what it keeps',
    breaks: 'what is stored never changes',
    change: (store) => {
      const kept = new Map<string, StoredEvent>()
      return reading((event) => {
        kept.set(event.id, kept.get(event.id) ?? event)
        return kept.get(event.id) as StoredEvent
      })(store)
    },
  },
  {
    name: 'counts versions from 0',
    breaks: 'versions are dense from 1',
    change: reading((event) => ({
      ...event,
      aggregate: event.aggregate && { ...event.aggregate, version: event.aggregate.version - 1 },
    })),
  },
  {
    name: 'shows events to a follower out of order',
    breaks: 'a reader that follows `after` sees every event once, in order',
    change: (store) => ({
      load: async (streams, options) => {
        const loaded = await store.load(streams, options)
        return { ...loaded, events: loaded.events.toReversed() }
      },
    }),
  },
]
