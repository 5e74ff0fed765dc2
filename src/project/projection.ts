import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { EventClient, EventsOf, InputsOf } from '../client/client.ts'
import { describeIssues } from '../client/issues.ts'
import { createSession, type Session } from '../client/session.ts'
import type { FilterOf, StreamOf } from '../client/typed-stream.ts'
import type { EventShape, New, NewEvent, Stored } from '../event/event.ts'
import type { DocumentResult, StoredDocument } from '../store/document.ts'
import { ArgumentError, ValidationError } from '../store/errors.ts'
import type { Cursor, Streams } from '../store/stream.ts'
import { loadProjection } from './load.ts'

/** How a projection is opened. */
export interface ProjectionOptions {
  /**
   * Whether to start from the saved state. Default is `false`: the whole history is folded, and
   * `getExistingState()` is `null`.
   */
  readonly loadExisting?: boolean
}

interface Loaded<Event extends EventShape> {
  readonly saved?: StoredDocument | undefined
  readonly events: readonly Stored<Event>[]
  /** Absent where the history was given. */
  readonly cursor?: Cursor
}

/** What both projections share. Subclasses say what is shown. */
abstract class ProjectionOfStreams<
  Events extends StandardSchemaV1,
  Inputs extends StandardSchemaV1 | undefined,
  View extends StandardSchemaV1,
> {
  protected readonly eventClient: EventClient<Events, Inputs>
  readonly #session: Session<EventsOf<Events>, Loaded<EventsOf<Events>>>

  constructor(eventClient: EventClient<Events, Inputs>, options: ProjectionOptions = {}) {
    this.eventClient = eventClient
    this.#session = createSession<EventsOf<Events>, Loaded<EventsOf<Events>>>(() =>
      loadProjection(eventClient as never, { type: this.type, id: this.id }, this.streamsToRead(), {
        loadExisting: options.loadExisting ?? false,
      }),
    )
  }

  /** The name under which it is saved, with {@link id}. */
  abstract get type(): string
  abstract get id(): string
  /** What {@link asJson} gives. It is asked before a state is saved, and when a saved one is read. */
  abstract get jsonSchema(): View
  /** The view: reduces events, all of one load. */
  abstract asJson(): Promise<StandardSchemaV1.InferOutput<View>>
  protected abstract streamsToRead(): Streams

  /** Stages events: they follow the stored ones in every reducer. Such a what-if cannot be saved. */
  apply(events: New<InputsOf<Events, Inputs>> | readonly New<InputsOf<Events, Inputs>>[]): this {
    this.#session.stage(Array.isArray(events) ? (events as NewEvent[]) : [events as NewEvent])
    return this
  }

  /** Reads again what is stored; staged events stay. */
  refresh(): Promise<void> {
    return this.#session.refresh()
  }

  /** Takes these events as the whole history, instead of reading it. */
  fromHistory(events: readonly Stored<EventsOf<Events>>[]): this {
    this.#session.replace({ events })
    return this
  }

  /** The saved state; `null` where there is none, or without `loadExisting`. */
  async getExistingState(): Promise<StandardSchemaV1.InferOutput<View> | null> {
    const { saved } = await this.#session.loaded()
    return saved === undefined ? null : this.#checked(saved.data, 'The saved')
  }

  /** The events since the saved state, or all of them; then the staged ones. */
  getEvents(): Promise<readonly Stored<EventsOf<Events>>[]> {
    return this.#session.events()
  }

  /** Reduces what {@link getEvents} gives. */
  async reduceEvents<State>(
    reducer: (state: State, event: Stored<EventsOf<Events>>) => State,
    initialState: State,
  ): Promise<State> {
    return (await this.#session.events()).reduce(
      (state, event) => reducer(state, event),
      initialState,
    )
  }

  /** Reduces the stored events alone. */
  async reduceOnlyDbEvents<State>(
    reducer: (state: State, event: Stored<EventsOf<Events>>) => State,
    initialState: State,
  ): Promise<State> {
    const { events } = await this.#session.loaded()
    return events.reduce((state, event) => reducer(state, event), initialState)
  }

  /** What this projection has seen: the `after` of a decision that is made on it. */
  async cursor(): Promise<Cursor> {
    const { cursor } = await this.#session.loaded()
    if (cursor === undefined) {
      throw new ArgumentError(
        `Projection ${this.type} ${this.id} was given its history, so it has no cursor: leave fromHistory out`,
      )
    }
    return cursor
  }

  /**
   * Saves the view, unless one with a newer cursor is saved already: then its status is `'skipped'`.
   *
   * Throws `INVALID_ARGUMENT` with staged events and where there is nothing to show, and `INVALID_EVENT`
   * where the view does not fit {@link jsonSchema}.
   */
  async save(): Promise<DocumentResult> {
    const { type, id } = this
    if (this.#session.staged().length > 0) {
      throw new ArgumentError(
        `Cannot save projection with applied events (${type} ${id}): save them through a validator or the client first`,
      )
    }
    const cursor = await this.cursor()
    const { saved, events } = await this.#session.loaded()
    if (saved === undefined && events.length === 0) {
      throw new ArgumentError(`Cannot save projection with no events (${type} ${id})`)
    }
    const data = await this.#checked(await this.asJson(), 'The')
    return this.eventClient.saveProjection({ type, id, data, cursor })
  }

  async #checked(data: unknown, which: string): Promise<StandardSchemaV1.InferOutput<View>> {
    const result = await this.jsonSchema['~standard'].validate(data)
    if (result.issues) {
      throw new ValidationError(
        `${which} projection ${this.type} ${this.id} does not fit its jsonSchema: ${describeIssues(result.issues)}`,
        { issues: result.issues },
      )
    }
    return result.value as StandardSchemaV1.InferOutput<View>
  }
}

/**
 * A view of one stream, as a class. {@link defineProjection} does the same as a function.
 *
 * ```ts
 * class CartView extends SingleStreamProjection<typeof events, undefined, typeof cartSchema> {
 *   readonly jsonSchema = cartSchema
 *   readonly type = 'cart'
 *   readonly types = ['ITEM_ADDED'] as const
 *   readonly id: string
 *   constructor(client: EventClient<typeof events>, cartId: string) {
 *     super(client)
 *     this.id = cartId
 *   }
 *   get filter() {
 *     return { cartId: this.id }
 *   }
 *   async asJson() {
 *     return { items: await this.reduceEvents((items) => items + 1, 0) }
 *   }
 * }
 * ```
 */
export abstract class SingleStreamProjection<
  Events extends StandardSchemaV1,
  Inputs extends StandardSchemaV1 | undefined,
  View extends StandardSchemaV1,
> extends ProjectionOfStreams<Events, Inputs, View> {
  abstract get types(): readonly EventsOf<Events>['type'][]
  abstract get filter(): FilterOf<EventsOf<Events>['data']> | undefined

  protected streamsToRead(): Streams {
    const { types, filter } = this
    return [{ types, ...(filter && { filter: filter as never }) }]
  }
}

/** As {@link SingleStreamProjection}, over several streams, merged in order. */
export abstract class MultiStreamProjection<
  Events extends StandardSchemaV1,
  Inputs extends StandardSchemaV1 | undefined,
  View extends StandardSchemaV1,
> extends ProjectionOfStreams<Events, Inputs, View> {
  abstract get streamConfig(): readonly StreamOf<EventsOf<Events>>[]

  protected streamsToRead(): Streams {
    return this.streamConfig as readonly StreamOf<EventShape>[] as Streams
  }
}
