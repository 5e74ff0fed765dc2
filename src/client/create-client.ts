import type { EventDefinitions } from '../event/definition.ts'
import type { EventShape, NewEvent, StoredEvent } from '../event/event.ts'
import type { Commit, Committed } from '../store/commit.ts'
import { UnsupportedError } from '../store/errors.ts'
import type { DocumentQuery, DocumentResult } from '../store/document.ts'
import type { EventStore, LoadOptions, ReadOptions } from '../store/store.ts'
import type { After, Streams } from '../store/stream.ts'
import type { Client, ProjectionWrite, SaveOptions, StreamQuery } from './client.ts'
import { eventReader, readAll, type ReadRules } from './read-events.ts'
import { resend } from './resend.ts'
import { writableEvents } from './write-events.ts'

/** What {@link createEventClient} takes. */
export interface ClientOptions<
  Event extends EventShape,
  Input extends EventShape,
> extends ReadRules {
  readonly store: EventStore
  readonly events: EventDefinitions<Event, Input>
}

interface Query extends Omit<StreamQuery<EventShape, string>, 'filter' | 'limit'> {
  readonly type?: string
  readonly streams?: Streams
  readonly filter?: object
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
  const read = eventReader(definitions, options)

  const commit = async (
    given: Commit,
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<Committed> => {
    const events = given.events && (await writableEvents(definitions, given.events))
    const fixed: Commit = { ...given, events }
    const committed = await resend(() => store.commit(fixed, { signal }), signal)
    if (!committed.replayed) return committed
    // A replayed event may be of an older schema version than the one that was sent.
    return { ...committed, events: await readAll(read, committed.events) }
  }

  const save = async (
    events: readonly NewEvent[],
    { idempotencyKey, signal }: SaveOptions,
    conditions?: Commit['conditions'],
  ): Promise<readonly StoredEvent[]> => {
    const idempotency = idempotencyKey === undefined ? undefined : { key: idempotencyKey }
    return (await commit({ events, conditions, idempotency }, { signal })).events
  }

  const readEvents = async function* (
    streams: Streams,
    readOptions: ReadOptions,
  ): AsyncGenerator<StoredEvent> {
    for await (const event of store.read(streams, readOptions)) {
      const current = await read(event)
      if (current !== undefined) yield current
    }
  }

  const load = async (streams: Streams, loadOptions: LoadOptions) => {
    const loaded = await store.load(streams, loadOptions)
    const { replayed } = loaded
    return {
      events: await readAll(read, loaded.events),
      cursor: loaded.cursor,
      ...(replayed && { replayed: { ...replayed, events: await readAll(read, replayed.events) } }),
    }
  }

  const list = async (query: Query & ReadOptions): Promise<StoredEvent[]> => {
    const streams = streamsOf(query)
    if (query.limit === undefined) return (await load(streams, query)).events
    return Array.fromAsync(readEvents(streams, query))
  }

  const saveDocument = async ({
    signal,
    ...document
  }: NonNullable<Commit['documents']>[number] & {
    readonly signal?: AbortSignal | undefined
  }): Promise<DocumentResult> => {
    const { documents } = await commit({ documents: [document] }, { signal })
    return documents[0] as DocumentResult
  }

  // The types are those of `Client`, for which the definitions vouch; here every event is just an event.
  const client = {
    store,
    saveEvent: async (event: NewEvent, saveOptions: SaveOptions = {}) =>
      first(await save([event], saveOptions)),
    saveEvents: (events: readonly NewEvent[], saveOptions: SaveOptions = {}) =>
      save(events, saveOptions),
    saveEventWithStreamValidation: async ({ event, ...args }: Validation & { event: NewEvent }) =>
      first(await save([event], args, [{ streams: args.streams, after: args.after }])),
    saveEventsWithStreamValidation: ({ events, ...args }: Validation & { events: NewEvent[] }) =>
      save(events, args, [{ streams: args.streams, after: args.after }]),
    commit,
    getLatestEvent: async (query: Query) => {
      const newest = { ...query, backwards: true, limit: 1 }
      for await (const event of readEvents(streamsOf(query), newest)) return event
      return undefined
    },
    getLatestEvents: list,
    getEventStream: list,
    getEventStreams: list,
    load: ({ streams, ...loadOptions }: LoadOptions & { streams: Streams }) =>
      load(streams, loadOptions),
    readEvents: ({ streams, ...readOptions }: ReadOptions & { streams: Streams }) =>
      readEvents(streams, readOptions),
    saveProjection: (projection: ProjectionWrite) =>
      saveDocument({ ...projection, if: 'not-older', otherwise: 'skip' }),
    forceUpdateProjection: (projection: Omit<ProjectionWrite, 'cursor'>) =>
      saveDocument({ ...projection, if: 'present' }),
    conditionalUpdateProjection: (projection: ProjectionWrite) =>
      saveDocument({ ...projection, if: ['present', 'newer'] }),
    getProjection: ({ type, id }: { type: string; id: string }) => store.documents.get(type, id),
    queryProjections: (query: DocumentQuery) => store.documents.query(query),
    within: (transaction: unknown) => {
      if (store.within === undefined) {
        throw new UnsupportedError(
          'this store cannot run on a transaction of yours: put everything into one commit',
        )
      }
      return createEventClient({ ...options, store: store.within(transaction) })
    },
    close: () => store.close(),
  } satisfies Record<keyof Client<EventShape>, unknown>
  return client as unknown as Client<Event, Input>
}

function streamsOf(query: Query): Streams {
  if (query.streams !== undefined) return query.streams
  const { type, types = type === undefined ? undefined : [type], filter, aggregate } = query
  return [
    {
      ...(types && { types }),
      ...(filter && { filter: filter as never }),
      ...(aggregate && { aggregate }),
    },
  ]
}

function first(events: readonly StoredEvent[]): StoredEvent {
  return events[0] as StoredEvent
}
