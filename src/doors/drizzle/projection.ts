import type { Client } from '../../client/client.ts'
import { createEventClient } from '../../client/create-client.ts'
import { createSession, type LoadedForSession, type Session } from '../../client/session.ts'
import type { FilterOf } from '../../client/typed-stream.ts'
import type { EventDefinitions } from '../../event/definition.ts'
import type { EventShape } from '../../event/event.ts'
import { loadProjection } from '../../project/load.ts'
import type { StoredDocument } from '../../store/document.ts'
import { ArgumentError } from '../../store/errors.ts'
import type { EventStore } from '../../store/store.ts'
import type { Cursor, Stream } from '../../store/stream.ts'
import type { ProjectionResult, ReadRequest, SavedProjection } from './client.ts'
import { check } from './check-arguments.ts'
import { cursorOf, eventIdOf, eventOf, recordOf, savedOf, streamOf } from './codec.ts'
import { streamOfRequest } from './several-streams.ts'
import type { EventLike, EventRecord, GenericEventBase, InputOf } from './types.ts'

/** What a projection needs of a client. */
export interface ProjectionSource {
  readonly store: EventStore
  readonly definitions: EventDefinitions
}

interface Loaded extends LoadedForSession<EventShape> {
  readonly saved?: StoredDocument | undefined
}

/** What both projections share. Subclasses say what is shown. */
abstract class ProjectionOfStreams<
  Event extends EventLike,
  EventsClient extends ProjectionSource,
  View extends object,
> {
  protected readonly eventsClient: EventsClient
  readonly #core: Client<EventShape>
  readonly #session: Session<EventShape, Loaded>
  readonly #loadExisting: boolean
  /**
   * From where events are given. It is decided by what is asked for first: the saved state, and then the
   * events since; or events, and then all of them, as if nothing were saved.
   */
  #from: 'saved' | 'start' | undefined
  /** Grows whenever what was read is replaced. */
  #reading = 0

  /** Without `loadExisting` what is saved is not looked at. */
  constructor(eventsClient: EventsClient, loadExisting: boolean = true) {
    const { store, definitions } = Object(eventsClient) as EventsClient
    this.eventsClient = eventsClient
    this.#loadExisting = loadExisting
    this.#core = createEventClient({ store, events: definitions })
    this.#session = createSession<EventShape, Loaded>(definitions, async () => {
      const { projectionType: type, id } = this
      const streams = await this.streamsToRead()
      const options = { loadExisting: this.#from === 'saved' }
      return loadProjection(this.#core, { type, id, streams }, options)
    })
  }

  /** The name under which it is saved, with {@link id}. */
  protected abstract get projectionType(): string
  abstract get id(): string
  /**
   * The view. It starts from {@link savedProjection} and reduces the events since; or it starts from
   * constants, and reduces all events.
   */
  abstract asJson(): Promise<View>
  protected abstract streamsToRead(): Promise<readonly Stream[]>

  /**
   * The saved state; `undefined` where there is none, without `loadExisting`, and where events were read
   * before it: those were all of them.
   */
  protected get savedProjection(): Promise<SavedProjection<View> | undefined> {
    return this.#load(this.#loadExisting ? 'saved' : 'start').then(
      ({ saved }) => saved && (savedOf(saved) as SavedProjection<View>),
    )
  }

  /** A key of the saved state, or the fallback. It reads {@link savedProjection}. */
  protected async fromProjectionOrDefault<Key extends keyof View>(
    key: Key,
    fallback: View[Key],
  ): Promise<View[Key]> {
    const saved = await this.savedProjection
    return saved !== undefined && Object.hasOwn(saved.data, key) ? saved.data[key] : fallback
  }

  /** The stored events, then the staged ones: since the saved state, if that was read first, else all. */
  protected async projectionEvents(): Promise<EventRecord<Event>[]> {
    this.#from ??= 'start'
    const events = await this.#session.events()
    return events.map(recordOf) as EventRecord<Event>[]
  }

  /** Reduces what {@link projectionEvents} gives. */
  protected async reduceEvents<State>(
    reducer: (state: State, event: EventRecord<Event>) => State,
    initialState: State,
  ): Promise<State> {
    const events = await this.projectionEvents()
    return events.reduce((state, event) => reducer(state, event), initialState)
  }

  /** Stages events: they follow the stored ones. Such a what-if cannot be saved. */
  apply(events: InputOf<Event> | readonly InputOf<Event>[]): this {
    this.#session.stage(events)
    return this
  }

  /** Takes these events, with their ids, as the whole history, instead of reading it. */
  fromHistory(events: readonly EventRecord<Event>[]): this {
    this.#from = 'start'
    this.#reading += 1
    this.#session.replace({ events: (events as readonly GenericEventBase[]).map(eventOf) })
    return this
  }

  /** Reads again what is stored; staged events stay. */
  async refresh(): Promise<void> {
    this.#reading += 1
    if (this.#from !== undefined) await this.#session.refresh()
  }

  /** What this projection has read: the `latestEventId` of a save that depends on it. */
  async cursor(): Promise<Cursor> {
    return this.#cursorOf(await this.#load('start'))
  }

  /**
   * Saves the view, unless one that has seen more is saved: then the status is `'skipped'`. Throws
   * `INVALID_ARGUMENT` with staged events, and where there is nothing to save.
   */
  async saveProjection(): Promise<ProjectionResult<View>> {
    const { projectionType: type, id } = this
    this.#refuseStaged()
    const reading = this.#reading
    const data = await this.asJson()
    this.#refuseStaged()
    if (reading !== this.#reading) {
      throw new ArgumentError(
        `Projection ${type} ${id} was refreshed while it was saved, so its view may be of two times: save it again`,
      )
    }
    const loaded = await this.#load('start')
    if (loaded.saved === undefined && loaded.events.length === 0) {
      throw new ArgumentError(`No events to save: projection ${type} ${id} has none`)
    }
    const cursor = await this.#cursorOf(loaded)
    const { status } = await this.#core.saveProjection({ type, id, data, cursor })
    const latestEventId = eventIdOf(cursor)
    return { status: status as ProjectionResult['status'], type, id, data, latestEventId }
  }

  #load(from: 'saved' | 'start'): Promise<Loaded> {
    this.#from ??= from
    return this.#session.loaded()
  }

  async #cursorOf({ cursor, events }: Loaded): Promise<Cursor> {
    if (cursor !== undefined) return cursor
    const last = events.at(-1)
    return last === undefined ? '0' : cursorOf(this.#core.store, last.id)
  }

  #refuseStaged(): void {
    if (!this.#session.hasStaged()) return
    throw new ArgumentError(
      `Cannot save projection with unpersisted events (${this.projectionType} ${this.id}): save them through the client first`,
    )
  }
}

/**
 * A view of one stream, as a class.
 *
 * `asJson` either starts from `savedProjection` and gets the events since, or starts from constants and
 * gets all events; what it asks for first decides.
 *
 * ```ts
 * import { ProjectionBase, type EventClient } from 'eventfold/drizzle'
 *
 * type AppEvent = { type: 'ITEM_ADDED'; data: { cartId: string; productId: string } }
 * type AppClient = EventClient<AppEvent['type'], AppEvent>
 *
 * class ItemCount extends ProjectionBase<AppEvent['type'], AppEvent, AppClient, { items: number }> {
 *   readonly id = 'cart_123'
 *   protected readonly projectionType = 'ITEM_COUNT'
 *   protected readonly eventTypes = ['ITEM_ADDED'] as const
 *   protected getEventIdentifiers() {
 *     return { cartId: this.id }
 *   }
 *   async asJson() {
 *     const saved = await this.fromProjectionOrDefault('items', 0)
 *     return { items: await this.reduceEvents((items) => items + 1, saved) }
 *   }
 * }
 * ```
 */
export abstract class ProjectionBase<
  EventType extends string,
  Event extends EventLike<EventType>,
  EventsClient extends ProjectionSource,
  View extends object = Record<string, unknown>,
> extends ProjectionOfStreams<Event, EventsClient, View> {
  protected abstract get eventTypes(): readonly Event['type'][]
  /** Which of these events: values of keys of `data`, as in the options of `getEventStream`. */
  protected abstract getEventIdentifiers():
    | FilterOf<Event['data']>
    | Promise<FilterOf<Event['data']>>

  protected async streamsToRead(): Promise<readonly Stream[]> {
    return [streamOf(this.eventTypes, await this.getEventIdentifiers())]
  }
}

/**
 * As {@link ProjectionBase}, over several streams: their events come merged, in order, each once.
 * `getStreamOptions` says which.
 */
export abstract class MultiStreamProjectionBase<
  EventType extends string,
  Event extends EventLike<EventType>,
  EventsClient extends ProjectionSource,
  View extends object = Record<string, unknown>,
> extends ProjectionOfStreams<Event, EventsClient, View> {
  protected abstract getStreamOptions():
    | readonly ReadRequest<Event>[]
    | Promise<readonly ReadRequest<Event>[]>

  protected async streamsToRead(): Promise<readonly Stream[]> {
    const requests = await this.getStreamOptions()
    check.readRequests(requests)
    return requests.map(streamOfRequest)
  }
}

/** {@link ProjectionBase} for your events, as a class to extend. */
export function createProjectionBaseClass<
  EventType extends string,
  Event extends EventLike<EventType>,
  EventsClient extends ProjectionSource,
  View extends object = Record<string, unknown>,
>(): abstract new (
  eventsClient: EventsClient,
  loadExisting?: boolean,
) => ProjectionBase<EventType, Event, EventsClient, View> {
  return ProjectionBase
}

/** {@link MultiStreamProjectionBase} for your events, as a class to extend. */
export function createMultiStreamProjectionBaseClass<
  EventType extends string,
  Event extends EventLike<EventType>,
  EventsClient extends ProjectionSource,
  View extends object = Record<string, unknown>,
>(): abstract new (
  eventsClient: EventsClient,
  loadExisting?: boolean,
) => MultiStreamProjectionBase<EventType, Event, EventsClient, View> {
  return MultiStreamProjectionBase
}
