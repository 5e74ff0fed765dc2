import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Client, SaveOptions } from '../../client/client.ts'
import { createEventClient } from '../../client/create-client.ts'
import type { EventShape, NewEvent, StoredEvent } from '../../event/event.ts'
import { parseCursor } from '../../store/cursor.ts'
import type { DocumentQuery, StoredDocument } from '../../store/document.ts'
import { ArgumentError } from '../../store/errors.ts'
import type { EventStore } from '../../store/store.ts'
import type { KnexClient, KnexCommit, Projection } from './client.ts'
import { definitionsOf } from './definitions.ts'
import { eventDecoder, serialising, shownEvent, type AnyEvent } from './event.ts'
import { createPositions, type Positions } from './positions.ts'
import { withTransactions } from './with-transactions.ts'

/** A log, and what turns a position into an id. */
export interface Log {
  readonly store: EventStore
  readonly idAt: (position: number) => Promise<string | undefined>
  readonly within: (transaction: unknown) => Log
}

/** How a client of this door reads and writes. */
export interface Schemas {
  readonly eventUnion: StandardSchemaV1
  readonly inputUnion: StandardSchemaV1
  /** Default is `true`. */
  readonly validateOnRead?: boolean | undefined
}

type AnyClient = KnexClient<AnyEvent, EventShape>

interface Positioned {
  readonly afterId?: bigint | undefined
}
interface Validation extends SaveOptions {
  readonly latestEventId: bigint
  /** Of any shape: the store looks at them. */
  readonly streams: 'all'
}
interface Write {
  readonly type: string
  readonly id: string
  readonly data: unknown
  readonly eventId: bigint
}

type CoreClient = Client<EventShape>
type CoreQuery = Parameters<CoreClient['load']>[0]
type CoreValidation = Parameters<CoreClient['saveEventsWithStreamValidation']>[0]

// Registered, because an application may load two copies of this module.
const CORE = Symbol.for('eventfold.knex.core')

/** The core's client under one of this door, for validators and projections. Its events are decoded. */
export function coreOf(client: unknown): Client<EventShape> {
  const core = (client as { [CORE]?: Client<EventShape> } | null | undefined)?.[CORE]
  if (core === undefined) {
    throw new ArgumentError('eventClient: expected a client of createEventClient of eventfold/knex')
  }
  return core
}

/** The client of this door over a log: its arguments and results, and the core's client in between. */
export function createDoorClient(schemas: Schemas, log: Log, outside?: Positions): AnyClient {
  const readWith = schemas.validateOnRead === false ? undefined : schemas.eventUnion
  const decode = eventDecoder(readWith)
  const positions = createPositions(log.idAt, outside)
  const client = createEventClient({
    store: log.store,
    events: definitionsOf(schemas.inputUnion, readWith),
  })

  const decoded = (event: StoredEvent): Promise<StoredEvent> => {
    positions.add(event)
    return decode(event)
  }
  const decodeAll = (events: readonly StoredEvent[]): Promise<StoredEvent[]> =>
    Promise.all(events.map(decoded))
  const show = async (event: StoredEvent): Promise<AnyEvent> => shownEvent(await decoded(event))
  const showAll = (events: readonly StoredEvent[]): Promise<AnyEvent[]> =>
    Promise.all(events.map(show))
  /** Arguments with a cursor where they name a position. */
  const placed = async <Args extends Positioned>({ afterId, ...args }: Args) =>
    afterId === undefined ? args : { ...args, after: await positions.cursorOf(afterId, 'afterId') }
  const validated = async <Args extends Validation>({ latestEventId, ...args }: Args) => ({
    ...args,
    after: await positions.cursorOf(latestEventId, 'latestEventId'),
  })
  const written = async <Args extends { readonly eventId?: bigint | undefined }>({
    eventId,
    ...write
  }: Args) => ({
    ...write,
    cursor: await positions.cursorOf(eventId as bigint, 'eventId'),
  })
  const within = (transaction: unknown): AnyClient =>
    createDoorClient(schemas, log.within(transaction), positions)

  const core = {
    ...client,
    load: async (query: CoreQuery) => {
      const loaded = await client.load(query)
      return { ...loaded, events: await decodeAll(loaded.events) }
    },
    saveEventsWithStreamValidation: async (args: CoreValidation) =>
      decodeAll(await client.saveEventsWithStreamValidation(args)),
  }

  const door = {
    saveEvent: async (event: NewEvent, options?: SaveOptions) =>
      show(await client.saveEvent(event, options)),
    saveEvents: async (events: readonly NewEvent[], options?: SaveOptions) =>
      showAll(await client.saveEvents(events, options)),
    saveEventWithStreamValidation: async (args: Validation & { readonly event: NewEvent }) =>
      show(await client.saveEventWithStreamValidation(await validated(args))),
    saveEventsWithStreamValidation: async (args: Validation & { readonly events: NewEvent[] }) =>
      showAll(await client.saveEventsWithStreamValidation(await validated(args))),
    commit: async (
      { conditions, documents, ...rest }: KnexCommit<EventShape>,
      options?: object,
    ) => {
      const committed = await client.commit(
        {
          ...rest,
          conditions: conditions && (await Promise.all(conditions.map(placed))),
          documents:
            documents &&
            (await Promise.all(
              documents.map(async (write) =>
                write.eventId === undefined ? write : await written(write),
              ),
            )),
        } as never,
        options,
      )
      return { ...committed, events: await showAll(committed.events) }
    },

    getLatestEvent: async (query: Positioned) => {
      const event = await client.getLatestEvent((await placed(query)) as never)
      return event === undefined ? null : show(event)
    },
    getLatestEvents: async (query: Positioned) =>
      showAll(await client.getLatestEvents((await placed(query)) as never)),
    getEventStream: async (query: Positioned) =>
      showAll(await client.getEventStream(await placed(query))),
    getEventStreams: async (query: Positioned) =>
      showAll(await client.getEventStreams((await placed(query)) as never)),
    readEvents: async function* (query: Positioned) {
      for await (const event of client.readEvents((await placed(query)) as never)) {
        yield await show(event)
      }
    },

    saveProjection: async (projection: Write) => client.saveProjection(await written(projection)),
    forceUpdateProjection: async (projection: Omit<Write, 'eventId'>) =>
      client.forceUpdateProjection(projection),
    conditionalUpdateProjection: async (projection: Write) =>
      client.conditionalUpdateProjection(await written(projection)),
    getProjection: async (name: { readonly type: string; readonly id: string }) => {
      const document = await client.getProjection(name)
      return document === undefined ? null : projectionOf(document)
    },
    queryProjections: async (query: DocumentQuery) =>
      (await client.queryProjections(query)).documents.map(projectionOf),

    within,
    close: () => client.close(),
  } satisfies Record<keyof AnyClient, unknown>
  return { ...withTransactions(door as unknown as AnyClient), [CORE]: core } as AnyClient
}

function projectionOf({ id, type, data, cursor }: StoredDocument): Projection {
  const lastEventId = cursor === undefined ? 0n : BigInt(parseCursor(cursor).position)
  return serialising({ id, type, data, lastEventId }, 'lastEventId')
}
