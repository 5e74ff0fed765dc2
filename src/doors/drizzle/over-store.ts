import type { Client } from '../../client/client.ts'
import { createEventClient } from '../../client/create-client.ts'
import type { EventDefinition, EventDefinitions } from '../../event/definition.ts'
import type { EventShape, NewEvent, StoredEvent } from '../../event/event.ts'
import type { Commit } from '../../store/commit.ts'
import { parseCursor } from '../../store/cursor.ts'
import { ArgumentError } from '../../store/errors.ts'
import type { EventStore, Loaded } from '../../store/store.ts'
import type { Stream } from '../../store/stream.ts'
import type {
  EventClient,
  LimitedStreamOptions,
  ProjectionInput,
  ProjectionResult,
  ProjectionsQuery,
  ReadRequest,
  ReadStreamsOptions,
  StreamOptions,
  StreamRequest,
  ValidatedStream,
} from './client.ts'
import { afterOf, cursorOf, eventIdOf, recordOf, savedOf, streamOf } from './codec.ts'
import type { EventLike, GenericEventBase } from './types.ts'

type Options = LimitedStreamOptions<unknown>
type Written = Omit<ProjectionInput, 'latestEventId'> & Partial<ProjectionInput>

/** Any type with any data: the types of this door's events are TypeScript's alone. */
const anyEvent: EventDefinition = {
  version: 1,
  check: (data) => ({ value: data }),
  upcast: (event) => event,
}
const anyEvents: EventDefinitions = {
  types: [],
  definitionOf: () => anyEvent,
  '~standard': {
    version: 1,
    vendor: 'eventfold',
    validate: (value) => ({ value: value as EventShape }),
  },
}

/** The client of this door over any store: arguments and results translated, and nothing else. */
export function clientOver(
  store: EventStore,
  definitions: EventDefinitions = anyEvents,
): EventClient<string, EventLike> {
  const core = createEventClient({ store, events: definitions })
  const on = (tx: unknown): Client<EventShape> =>
    tx === undefined || tx === null ? core : core.within(tx)

  const saveAll = async (
    inputs: readonly NewEvent[],
    conditions: Commit['conditions'],
    tx: unknown,
  ): Promise<GenericEventBase[]> => {
    const { events } = await on(tx).commit({ events: inputs, conditions })
    return events.map(recordOf)
  }
  const conditionOf = (
    seen: string | null | undefined,
    streams: readonly ValidatedStream<EventLike>[],
  ): Commit['conditions'] => [
    {
      streams: streams.map(({ types, identifier }) => streamOf(types, identifier)),
      after: afterOf(seen),
    },
  ]
  const readOne = async (types: readonly string[], { data, after, limit, tx, signal }: Options) => {
    const query = { ...streamOf(types, data), after: afterOf(after), limit, signal }
    return (await on(tx).getEventStream(query as object)).map(recordOf)
  }
  const saveDocument = async (
    method: 'saveProjection' | 'forceUpdateProjection' | 'conditionalUpdateProjection',
    { type, id, data, latestEventId }: Written,
    tx: unknown,
  ): Promise<ProjectionResult> => {
    const client = on(tx)
    const cursor =
      latestEventId === undefined ? undefined : await cursorOf(client.store, latestEventId)
    const { status } = await client[method]({ type, id, data, ...(cursor && { cursor }) } as never)
    const latest = eventIdOf(cursor)
    return { status: status as ProjectionResult['status'], type, id, data, latestEventId: latest }
  }

  const client = {
    store,
    definitions,
    saveEvent: async (input: NewEvent, tx?: object) => (await saveAll([input], undefined, tx))[0],
    saveEvents: async (inputs: readonly NewEvent[], tx?: object) =>
      inputs.length === 0 ? [] : saveAll(inputs, undefined, tx),
    saveEventWithStreamValidation: async (
      input: NewEvent,
      seen: string | undefined,
      streams: readonly ValidatedStream<EventLike>[],
      tx?: object,
    ) => (await saveAll([input], conditionOf(seen, streams), tx))[0],
    saveEventsWithStreamValidation: async (
      inputs: readonly NewEvent[],
      seen: string | undefined,
      streams: readonly ValidatedStream<EventLike>[],
      tx?: object,
    ) => saveAll(inputs, conditionOf(seen, streams), tx),
    commit: async (commit: Commit, tx?: object) => {
      const committed = await on(tx).commit(commit)
      return { ...committed, events: committed.events.map(recordOf) }
    },
    getLatestEvent: async (type: string, { data, after, tx, signal }: Options = {}) => {
      const query = { type, filter: data, after: afterOf(after), signal }
      const found: StoredEvent | undefined = await on(tx).getLatestEvent(query)
      return found && recordOf(found)
    },
    getLatestEvents: async (type: string, options: Options = {}) => readOne([type], options),
    getEventStream: async (types: readonly string[], options: Options = {}) =>
      readOne(types, options),
    getEventStreams: async (requests: readonly StreamRequest<EventLike>[]) => {
      const { tx, signal } = sharedBy(requests)
      const loads: Loaded[] = []
      for (const [after, streams] of groupByAfter(requests)) {
        loads.push(await on(tx).load({ streams: streams as never, after: afterOf(after), signal }))
      }
      return merge(loads).map(recordOf)
    },
    readEvents: async function* (
      requests: readonly ReadRequest<EventLike>[] | 'all',
      { after, tx, ...options }: ReadStreamsOptions = {},
    ): AsyncGenerator<GenericEventBase> {
      const streams = requests === 'all' ? requests : requests.map(streamOfRequest)
      const query = { ...options, streams: streams as 'all', after: afterOf(after) }
      for await (const event of on(tx).readEvents(query)) yield recordOf(event)
    },
    saveProjection: async (projection: ProjectionInput, tx?: object) =>
      saveDocument('saveProjection', projection, tx),
    forceUpdateProjection: async ({ type, id, data }: Written, tx?: object) =>
      saveDocument('forceUpdateProjection', { type, id, data }, tx),
    conditionalUpdateProjection: async (projection: ProjectionInput, tx?: object) =>
      saveDocument('conditionalUpdateProjection', projection, tx),
    getProjection: async ({ type, id, tx }: { type: string; id: string; tx?: object }) => {
      const found = await on(tx).getProjection({ type, id })
      return found && savedOf(found)
    },
    queryProjections: async ({ data, tx, ...query }: ProjectionsQuery) => {
      const { documents } = await on(tx).queryProjections({ ...query, filter: data })
      return documents.map(savedOf)
    },
    within: (tx: object) => clientOver(core.within(tx).store, definitions),
    close: () => core.close(),
  } satisfies Record<keyof EventClient, unknown>
  return client as unknown as EventClient<string, EventLike>
}

function streamOfRequest({ eventTypes, options }: ReadRequest<EventLike>): Stream {
  return streamOf(eventTypes, options?.data)
}

/** The streams by what was seen of them. An empty list stays one, for the store to refuse. */
function groupByAfter(
  requests: readonly StreamRequest<EventLike>[],
): ReadonlyMap<string | undefined, Stream[]> {
  const groups = new Map<string | undefined, Stream[]>()
  if (requests.length === 0) groups.set(undefined, [])
  for (const request of requests) {
    const after = request.options?.after ?? undefined
    const streams = groups.get(after) ?? []
    groups.set(after, [...streams, streamOfRequest(request)])
  }
  return groups
}

/** Each event once, in the order of the log, up to where all of the loads have seen. */
function merge(loads: readonly Loaded[]): StoredEvent[] {
  const seenByAll = Math.min(...loads.map(({ cursor }) => parseCursor(cursor).position))
  const byPosition = new Map(
    loads.flatMap(({ events }) => events.map((event) => [event.position, event] as const)),
  )
  return [...byPosition.values()]
    .filter(({ position }) => position <= seenByAll)
    .sort((left, right) => left.position - right.position)
}

/** The transaction and the signal of streams that are read together. */
function sharedBy(
  requests: readonly StreamRequest<EventLike>[],
): Pick<StreamOptions<unknown>, 'tx' | 'signal'> {
  const given = requests.map(({ options }) => options ?? {})
  const [tx, other] = new Set(given.flatMap((options) => options.tx ?? []))
  if (other !== undefined) {
    throw new ArgumentError(
      'getEventStreams: the streams name two transactions, but are read in one',
    )
  }
  const signal = given.find((options) => options.signal)?.signal
  return { tx, signal }
}
