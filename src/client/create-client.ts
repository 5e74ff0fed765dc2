import type { EventDefinitions } from '../event/definition.ts'
import type { EventShape, NewEvent, StoredEvent } from '../event/event.ts'
import type { Commit, Committed } from '../store/commit.ts'
import { ArgumentError, UnsupportedError } from '../store/errors.ts'
import type { DocumentQuery, DocumentWrite } from '../store/document.ts'
import { checkLimit } from '../store/query-documents.ts'
import type { EventStore, LoadOptions, ReadOptions } from '../store/store.ts'
import type { After, Stream, Streams } from '../store/stream.ts'
import type { CallOptions, Client, ProjectionWrite, SaveOptions } from './client.ts'
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

interface StreamArgs extends Stream, CallOptions, Pick<ReadOptions, 'after' | 'limit'> {}

interface StreamsArgs extends ReadOptions, CallOptions {
  readonly streams: Streams
}

interface LatestArgs extends Omit<StreamArgs, 'types' | 'limit'> {
  readonly type: string
}

interface Validation extends SaveOptions {
  readonly events: readonly NewEvent[]
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
  const readable = async <Result extends { readonly events: readonly StoredEvent[] }>(
    result: Result,
  ) => ({ ...result, events: await readAll(read, result.events) })

  const inside = (transaction: unknown): EventStore => {
    if (!store.within) {
      throw new UnsupportedError('this store has no transactions: put all into one commit')
    }
    return store.within(transaction)
  }
  /** Where a call runs: every call asks here. */
  const on = (tx: unknown): EventStore => (tx === undefined ? store : inside(tx))

  const commit = async (given: Commit, { signal, tx }: CallOptions = {}): Promise<Committed> => {
    const events = Array.isArray(given.events)
      ? await writableEvents(definitions, given.events as readonly NewEvent[])
      : given.events
    const sent = events?.[0]
    // The store knows events by their ids; documents and messages alone it knows by the key alone.
    const isKnown = (sent ?? given.idempotency) !== undefined
    const send = async () => on(tx).commit({ ...given, events }, { signal })
    const committed = await resend(send, { signal, isKnown })
    if (!committed.replayed) return committed
    // Ids that were made here come back only where this very call wrote them and the answer was lost.
    const isOwn = sent && given.events?.[0]?.id === undefined && sent.id === committed.events[0]?.id
    // A replayed event may be of an older schema version than the one that was sent.
    return { ...(await readable(committed)), replayed: !isOwn }
  }

  const save = async (
    events: readonly NewEvent[],
    { idempotencyKey, ...callOptions }: SaveOptions = {},
    conditions?: Commit['conditions'],
  ): Promise<readonly StoredEvent[]> => {
    const idempotency = idempotencyKey === undefined ? undefined : { key: idempotencyKey }
    return (await commit({ events, conditions, idempotency }, callOptions)).events
  }

  const saveValidated = ({ events, streams, after, ...saveOptions }: Validation) =>
    save(events, saveOptions, [{ streams, after }])

  const readEvents = async function* ({
    streams,
    limit,
    tx,
    ...readOptions
  }: StreamsArgs): AsyncGenerator<StoredEvent> {
    checkLimit(limit)
    // What is skipped does not count, so that only the reader can.
    const most = options.unknownEvents === 'skip' ? undefined : limit
    let left = limit ?? Infinity
    for await (const event of on(tx).read(streams, { ...readOptions, limit: most })) {
      if (left === 0) return
      const pending = read(event)
      const current = pending instanceof Promise ? await pending : pending
      if (!current) continue
      left -= 1
      yield current
    }
  }

  const load = async ({
    streams,
    tx,
    ...loadOptions
  }: LoadOptions & CallOptions & { readonly streams: Streams }) => {
    const send = async () => on(tx).load(streams, loadOptions)
    const loaded = await readable(await resend(send, loadOptions))
    const { replayed } = loaded
    return replayed ? { ...loaded, replayed: await readable(replayed) } : loaded
  }

  const list = async (args: StreamsArgs): Promise<readonly StoredEvent[]> =>
    args.limit === undefined ? (await load(args)).events : Array.fromAsync(readEvents(args))

  // What is no option is part of the stream, so that the store refuses a key that it does not know.
  const latest = async ({ type, after, signal, tx, ...stream }: LatestArgs, newest?: ReadOptions) =>
    list({ streams: [{ ...stream, types: [type] }], after, signal, tx, ...newest })

  const put = async ({ tx, ...write }: DocumentWrite & CallOptions) => saveDocument(on(tx), write)

  // The types are those of `Client`, for which the definitions vouch; here every event is just an event.
  const client = {
    store,
    definitions,
    saveEvent: async (event: NewEvent, saveOptions?: SaveOptions) =>
      (await save([event], saveOptions))[0],
    saveEvents: (events: readonly NewEvent[], saveOptions?: SaveOptions) =>
      save(events, saveOptions),
    saveEventWithStreamValidation: async ({ event, ...args }: Validation & { event: NewEvent }) =>
      (await saveValidated({ ...args, events: [event] }))[0],
    saveEventsWithStreamValidation: saveValidated,
    commit,
    getLatestEvent: async (args: LatestArgs) =>
      (await latest(args, { backwards: true, limit: 1 }))[0],
    getLatestEvents: (args: LatestArgs) => latest(args),
    getEventStream: async ({ after, limit, signal, tx, ...stream }: StreamArgs) =>
      list({ streams: [stream], after, limit, signal, tx }),
    getEventStreams: list,
    load,
    readEvents,
    saveProjection: (projection: ProjectionWrite) =>
      put({ ...projection, if: 'not-older', otherwise: 'skip' }),
    forceUpdateProjection: (projection: Omit<ProjectionWrite, 'cursor'>) =>
      put({ ...projection, cursor: undefined, if: 'present' }),
    conditionalUpdateProjection: (projection: ProjectionWrite) =>
      put({ ...projection, if: ['present', 'newer'] }),
    getProjection: async ({ type, id, tx }: CallOptions & { type: string; id: string }) =>
      on(tx).documents.get(type, id),
    queryProjections: async ({ tx, ...query } = {} as CallOptions & DocumentQuery) =>
      on(tx).documents.query(query),
    within: (tx: unknown) => createEventClient({ ...options, store: inside(tx) }),
    close: () => store.close(),
  } satisfies Record<keyof Client<EventShape>, unknown>
  return client as unknown as Client<Event, Input>
}
