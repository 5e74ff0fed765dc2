import type { EventDefinitions } from '../event/definition.ts'
import type { EventShape, NewEvent, StoredEvent } from '../event/event.ts'
import type { Commit, Committed } from '../store/commit.ts'
import { ArgumentError, UnsupportedError } from '../store/errors.ts'
import type { DocumentQuery } from '../store/document.ts'
import { checkLimit } from '../store/query-documents.ts'
import type { EventStore, LoadOptions, ReadOptions } from '../store/store.ts'
import type { After, Stream, Streams } from '../store/stream.ts'
import type { Client, ProjectionWrite, SaveOptions } from './client.ts'
import { eventReader, readAll, type ReadRules } from './read-events.ts'
import { resend } from './resend.ts'
import { saveDocument } from './save-document.ts'
import { writableEvents } from './write-events.ts'

/** What {@link createEventClient} takes. */
export interface ClientOptions<
  Event extends EventShape,
  Input extends EventShape,
> extends ReadRules {
  readonly store: EventStore
  readonly events: EventDefinitions<Event, Input>
}

interface StreamArgs extends Stream, Pick<ReadOptions, 'after' | 'limit' | 'signal'> {}

interface LatestArgs extends Omit<StreamArgs, 'types' | 'limit'> {
  readonly type: string
}

interface Validation extends SaveOptions {
  readonly streams: Streams
  readonly after?: After | undefined
}

/**
 * Typed, validated access to a store.
 *
 * ```ts
 * const events = defineEvents({ CART_CREATED: z.object({ cartId: z.string() }) })
 * const client = createEventClient({ store: new MemoryEventStore(), events })
 * await client.saveEvent({ type: 'CART_CREATED', data: { cartId: 'cart_123' } })
 * ```
 */
export function createEventClient<Event extends EventShape, Input extends EventShape>(
  options: ClientOptions<Event, Input>,
): Client<Event, Input> {
  const { store } = options
  const definitions = options.events as unknown as EventDefinitions
  if (typeof store?.commit !== 'function' || typeof definitions?.definitionOf !== 'function') {
    throw new ArgumentError(
      'createEventClient: expected { store, events }, an opened store and defineEvents',
    )
  }
  const read = eventReader(definitions, options)

  const commit = async (
    given: Commit,
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<Committed> => {
    const events = isList(given.events)
      ? await writableEvents(definitions, given.events)
      : given.events
    const fixed: Commit = { ...given, events }
    // The store knows events by their ids; documents and messages alone it knows by the key alone.
    const known = events?.[0] !== undefined || given.idempotency !== undefined
    const committed = await resend(() => store.commit(fixed, { signal }), {
      signal,
      whenLost: known ? 'send' : 'throw',
    })
    if (!committed.replayed) return committed
    // Ids that were made here come back only where this very call wrote them and the answer was lost.
    const own = given.events?.[0]?.id === undefined && isSame(committed.events[0], events?.[0])
    // A replayed event may be of an older schema version than the one that was sent.
    return { ...committed, events: await readAll(read, committed.events), replayed: !own }
  }

  const save = async (
    events: readonly NewEvent[],
    { idempotencyKey, signal }: SaveOptions,
    conditions?: Commit['conditions'],
  ): Promise<readonly StoredEvent[]> => {
    const idempotency = idempotencyKey === undefined ? undefined : { key: idempotencyKey }
    return (await commit({ events, conditions, idempotency }, { signal })).events
  }

  const skipsUnknown = options.unknownEvents === 'skip'
  const readEvents = async function* (
    streams: Streams,
    readOptions: ReadOptions,
  ): AsyncGenerator<StoredEvent> {
    const { limit } = readOptions
    checkLimit(limit)
    // What is skipped does not count, so that only the reader can.
    const stored = skipsUnknown ? { ...readOptions, limit: undefined } : readOptions
    let left = limit ?? Infinity
    for await (const event of store.read(streams, stored)) {
      if (left === 0) return
      const pending = read(event)
      const current = pending instanceof Promise ? await pending : pending
      if (current === undefined) continue
      left -= 1
      yield current
    }
  }

  const load = async (streams: Streams, loadOptions: LoadOptions) => {
    const { signal } = loadOptions
    const loaded = await resend(() => store.load(streams, loadOptions), { signal })
    const { replayed } = loaded
    return {
      events: await readAll(read, loaded.events),
      cursor: loaded.cursor,
      ...(replayed && { replayed: { ...replayed, events: await readAll(read, replayed.events) } }),
    }
  }

  const list = async (streams: Streams, readOptions: ReadOptions): Promise<StoredEvent[]> => {
    if (readOptions.limit === undefined) return (await load(streams, readOptions)).events
    return Array.fromAsync(readEvents(streams, readOptions))
  }

  // The types are those of `Client`, for which the definitions vouch; here every event is just an event.
  const client = {
    store,
    definitions,
    saveEvent: async (event: NewEvent, saveOptions: SaveOptions = {}) =>
      first(await save([event], saveOptions)),
    saveEvents: (events: readonly NewEvent[], saveOptions: SaveOptions = {}) =>
      save(events, saveOptions),
    saveEventWithStreamValidation: async ({ event, ...args }: Validation & { event: NewEvent }) =>
      first(await save([event], args, [{ streams: args.streams, after: args.after }])),
    saveEventsWithStreamValidation: ({ events, ...args }: Validation & { events: NewEvent[] }) =>
      save(events, args, [{ streams: args.streams, after: args.after }]),
    commit,
    // What is no option is part of the stream, so that the store refuses a key that it does not know.
    getLatestEvent: async ({ type, after, signal, ...stream }: LatestArgs) => {
      const newest = { after, signal, backwards: true, limit: 1 }
      for await (const event of readEvents([{ ...stream, types: [type] }], newest)) return event
      return undefined
    },
    getLatestEvents: async ({ type, after, signal, ...stream }: LatestArgs) =>
      list([{ ...stream, types: [type] }], { after, signal }),
    getEventStream: async ({ after, limit, signal, ...stream }: StreamArgs) =>
      list([stream], { after, limit, signal }),
    getEventStreams: async ({ streams, ...readOptions }: ReadOptions & { streams: Streams }) =>
      list(streams, readOptions),
    load: ({ streams, ...loadOptions }: LoadOptions & { streams: Streams }) =>
      load(streams, loadOptions),
    readEvents: ({ streams, ...readOptions }: ReadOptions & { streams: Streams }) =>
      readEvents(streams, readOptions),
    saveProjection: (projection: ProjectionWrite) =>
      saveDocument(store, { ...projection, if: 'not-older', otherwise: 'skip' }),
    forceUpdateProjection: ({ type, id, data, signal }: Omit<ProjectionWrite, 'cursor'>) =>
      saveDocument(store, { type, id, data, signal, if: 'present' }),
    conditionalUpdateProjection: (projection: ProjectionWrite) =>
      saveDocument(store, { ...projection, if: ['present', 'newer'] }),
    getProjection: ({ type, id }: { type: string; id: string }) => store.documents.get(type, id),
    queryProjections: (query: DocumentQuery) => store.documents.query(query),
    within: (transaction: unknown) => {
      if (store.within === undefined) {
        throw new UnsupportedError(
          'this store has no transactions of yours: put everything into one commit',
        )
      }
      return createEventClient({ ...options, store: store.within(transaction) })
    },
    close: () => store.close(),
  } satisfies Record<keyof Client<EventShape>, unknown>
  return client as unknown as Client<Event, Input>
}

function isSame(stored: StoredEvent | undefined, sent: NewEvent | undefined): boolean {
  return stored !== undefined && stored.id === sent?.id
}

function isList(value: unknown): value is readonly NewEvent[] {
  return Array.isArray(value)
}

function first(events: readonly StoredEvent[]): StoredEvent {
  return events[0] as StoredEvent
}
