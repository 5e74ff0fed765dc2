import type { Client } from '../../client/client.ts'
import { createEventClient } from '../../client/create-client.ts'
import type { EventDefinition, EventDefinitions } from '../../event/definition.ts'
import type { EventShape, NewEvent, StoredEvent } from '../../event/event.ts'
import type { Commit } from '../../store/commit.ts'
import type { EventStore, Loaded } from '../../store/store.ts'
import type {
  EventClient,
  LimitedStreamOptions,
  ProjectionInput,
  ProjectionResult,
  ProjectionsQuery,
  ReadRequest,
  ReadStreamsOptions,
  StreamRequest,
  ValidatedStream,
} from './client.ts'
import { check } from './check-arguments.ts'
import { afterOf, cursorOf, eventIdOf, recordOf, savedOf, streamOf } from './codec.ts'
import { groupByAfter, merge, sharedBy, streamOfRequest } from './several-streams.ts'
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
    check.inputs(inputs)
    const { events } = await on(tx).commit({ events: inputs, conditions })
    return events.map(recordOf)
  }
  const conditionOf = (
    seen: string | null | undefined,
    streams: readonly ValidatedStream<EventLike>[],
  ): Commit['conditions'] => {
    check.validatedStreams(streams)
    const guarded = streams.map(({ types, identifier }) => streamOf(types, identifier))
    return [{ streams: guarded, after: afterOf(seen) }]
  }
  const readOne = async (types: readonly string[], options: Options) => {
    const { data, after, limit, tx, signal } = options
    const query = { ...streamOf(types, data), after: afterOf(after), limit, signal }
    return (await on(tx).getEventStream(query as object)).map(recordOf)
  }
  const saveDocument = async (
    method: 'saveProjection' | 'forceUpdateProjection' | 'conditionalUpdateProjection',
    projection: Written,
    tx: unknown,
  ): Promise<ProjectionResult> => {
    check.projection(projection)
    const { type, id, data, latestEventId } = projection
    const client = on(tx)
    const seen = method === 'forceUpdateProjection' ? undefined : latestEventId
    if (method !== 'forceUpdateProjection') check.latestEventId(latestEventId)
    const cursor = seen === undefined ? undefined : await cursorOf(client.store, seen)
    const { status } = await client[method]({ type, id, data, ...(cursor && { cursor }) } as never)
    const latest = eventIdOf(cursor)
    return { status: status as ProjectionResult['status'], type, id, data, latestEventId: latest }
  }

  const client = {
    store,
    definitions,
    saveEvent: async (input: NewEvent, tx?: object) => (await saveAll([input], undefined, tx))[0],
    saveEvents: async (inputs: readonly NewEvent[], tx?: object) =>
      inputs?.length === 0 ? [] : saveAll(inputs, undefined, tx),
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
    getLatestEvent: async (type: string, options: Options = {}) => {
      check.latestOptions(options)
      const { data, after, tx, signal } = options
      const query = { type, filter: data, after: afterOf(after), signal }
      const found: StoredEvent | undefined = await on(tx).getLatestEvent(query)
      return found && recordOf(found)
    },
    getLatestEvents: async (type: string, options: Options = {}) => {
      check.latestOptions(options)
      return readOne([type], options)
    },
    getEventStream: async (types: readonly string[], options: Options = {}) => {
      check.streamOptions(options)
      return readOne(types, options)
    },
    getEventStreams: async (requests: readonly StreamRequest<EventLike>[]) => {
      check.streamRequests(requests)
      const { tx, signal } = sharedBy(requests)
      const loads: Loaded[] = []
      for (const [after, streams] of groupByAfter(requests)) {
        loads.push(await on(tx).load({ streams: streams as never, after: afterOf(after), signal }))
      }
      return merge(loads).map(recordOf)
    },
    readEvents: async function* (
      requests: readonly ReadRequest<EventLike>[] | 'all',
      given: ReadStreamsOptions = {},
    ): AsyncGenerator<GenericEventBase> {
      if (requests !== 'all') check.readRequests(requests)
      check.readOptions(given)
      const { after, tx, ...options } = given
      const streams = requests === 'all' ? requests : requests.map(streamOfRequest)
      const query = { ...options, streams: streams as 'all', after: afterOf(after) }
      for await (const event of on(tx).readEvents(query)) yield recordOf(event)
    },
    saveProjection: async (projection: ProjectionInput, tx?: object) =>
      saveDocument('saveProjection', projection, tx),
    forceUpdateProjection: async (projection: Written, tx?: object) =>
      saveDocument('forceUpdateProjection', projection, tx),
    conditionalUpdateProjection: async (projection: ProjectionInput, tx?: object) =>
      saveDocument('conditionalUpdateProjection', projection, tx),
    getProjection: async (name: { type: string; id: string; tx?: object }) => {
      check.projection(name)
      const { type, id, tx } = name
      const found = await on(tx).getProjection({ type, id })
      return found && savedOf(found)
    },
    queryProjections: async (asked: ProjectionsQuery) => {
      check.projectionsQuery(asked)
      const { data, tx, ...query } = asked
      const { documents } = await on(tx).queryProjections({ ...query, filter: data })
      return documents.map(savedOf)
    },
    within: (tx: object) => clientOver(core.within(tx).store, definitions),
    close: () => core.close(),
  } satisfies Record<keyof EventClient, unknown>
  return client as unknown as EventClient<string, EventLike>
}
