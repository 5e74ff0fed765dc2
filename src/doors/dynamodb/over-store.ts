import type { SaveOptions } from '../../client/client.ts'
import { createEventClient } from '../../client/create-client.ts'
import type { NewEvent, StoredEvent } from '../../event/event.ts'
import type { Commit } from '../../store/commit.ts'
import { checkLimit } from '../../store/query-documents.ts'
import type { EventStore } from '../../store/store.ts'
import type { Streams } from '../../store/stream.ts'
import { check } from './check-arguments.ts'
import type { CallOptions, EventClient, Limited, ProjectionWrite, Reading } from './client.ts'
import { afterOf, shownEvent, streamOf, type Asked } from './codec.ts'
import { listSince, readSince, type Readable, type Since } from './since.ts'
import type { AnyEvent } from './types.ts'
import { anyEvents, writerTo } from './write.ts'

interface Several extends Reading, Limited {
  readonly streams: readonly Asked[]
}
interface Latest extends Omit<Asked, 'eventTypes'>, Reading, Limited {
  readonly eventType: string
}
interface Validated extends SaveOptions {
  readonly streams: readonly Asked[]
  readonly after?: string | undefined
}

/** The client of this door over any store: arguments and results translated, and nothing else. */
export function clientOver(store: EventStore, partitionKey: string): EventClient {
  const core = createEventClient({ store, events: anyEvents })
  const isClocked = !store.capabilities.totalOrder
  const streamsOf = (asked: readonly Asked[]): Streams =>
    asked.map((each) => streamOf(partitionKey, each))

  const show = (event: StoredEvent): AnyEvent => shownEvent(event, partitionKey)
  const write = writerTo(store)
  const save = async (
    events: readonly NewEvent[],
    { idempotencyKey, signal }: SaveOptions = {},
    conditions?: Commit['conditions'],
  ): Promise<AnyEvent[]> => {
    const idempotency = idempotencyKey === undefined ? undefined : { key: idempotencyKey }
    const committed = await write({ events, conditions, idempotency }, { signal })
    return committed.events.map(show)
  }
  const saveValidated = (events: readonly NewEvent[], { streams, after, ...rest }: Validated) =>
    save(events, rest, [{ streams: streamsOf(streams), after: afterOf(after) }])

  const log = (streams: readonly Asked[], signal: AbortSignal | undefined): Readable => ({
    isClocked,
    read: ({ after, ...since }) =>
      core.readEvents({
        streams: streamsOf(streams) as 'all',
        after: afterOf(after),
        signal,
        ...since,
      }),
  })
  const list = async (
    { streams, signal, after, limit }: Several,
    newest: Since = {},
  ): Promise<AnyEvent[]> => {
    checkLimit(limit)
    const found = await listSince(log(streams, signal), { after, limit, ...newest })
    return found.map(show)
  }
  const several = ({ eventType, ...query }: Latest): Several =>
    listOf({ ...query, eventTypes: [eventType] })

  const client = {
    store,
    saveEvent: async (event: NewEvent, options?: SaveOptions) => {
      check.input(event)
      if (options !== undefined) check.saving(options)
      return (await save([event], options))[0]
    },
    saveEvents: async (events: readonly NewEvent[], options?: SaveOptions) => {
      check.inputs(events)
      if (options !== undefined) check.saving(options)
      return events.length === 0 ? [] : save(events, options)
    },
    saveEventWithStreamValidation: async (args: Validated & { readonly event: NewEvent }) => {
      check.validation(args)
      const { event, ...rest } = args
      check.input(event)
      return (await saveValidated([event], rest))[0]
    },
    saveEventsWithStreamValidation: async (
      args: Validated & { readonly events: readonly NewEvent[] },
    ) => {
      check.validations(args)
      const { events, ...rest } = args
      check.inputs(events)
      return saveValidated(events, rest)
    },
    commit: async (commit: Commit, options?: CallOptions) => {
      check.commit(commit)
      const committed = await write(commit, options)
      return { ...committed, events: committed.events.map(show) }
    },
    getLatestEvent: async (query: Latest) => {
      check.latest(query)
      return (await list(several(query), { limit: 1, backwards: true }))[0]
    },
    getLatestEvents: async (query: Latest) => {
      check.latest(query)
      return list(several(query))
    },
    getEventStream: async (query: Asked & Reading & Limited) => {
      check.stream(query)
      return list(listOf(query))
    },
    getEventStreams: async (query: Several) => {
      check.streams(query)
      return list(query)
    },
    load: async (query: Several) => {
      check.load(query)
      const { streams, after, signal } = query
      const asked = { streams: streamsOf(streams) as 'all', after: afterOf(after), signal }
      const { events, cursor } = await core.load(asked)
      return { events: events.map(show), cursor }
    },
    readEvents: async function* (query: Several & Since): AsyncGenerator<AnyEvent> {
      check.read(query)
      const { streams, signal, after, limit, backwards } = query
      checkLimit(limit)
      const since = { after, limit, backwards }
      for await (const event of readSince(log(streams, signal), since)) yield show(event)
    },
    saveProjection: async (projection: ProjectionWrite) => {
      check.projection(projection)
      return core.saveProjection(projection)
    },
    forceUpdateProjection: async (projection: Omit<ProjectionWrite, 'cursor'>) => {
      check.write(projection)
      return core.forceUpdateProjection(projection)
    },
    conditionalUpdateProjection: async (projection: ProjectionWrite) => {
      check.projection(projection)
      return core.conditionalUpdateProjection(projection)
    },
    getProjection: async (projection: { readonly type: string; readonly id: string }) => {
      check.name(projection)
      return core.getProjection(projection)
    },
    queryProjections: async (query: Parameters<EventClient['queryProjections']>[0]) =>
      core.queryProjections(query),
    within: (transaction: unknown) => clientOver(core.within(transaction).store, partitionKey),
    close: () => core.close(),
  } satisfies Record<keyof EventClient, unknown>
  return client as unknown as EventClient
}

function listOf({ after, limit, signal, ...stream }: Asked & Reading & Limited): Several {
  return { streams: [stream], after, limit, signal }
}
