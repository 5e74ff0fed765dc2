import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Client, EventClient, EventsOf, InputsOf } from '../client/client.ts'
import { describeIssues } from '../client/issues.ts'
import { createSession, type LoadedForSession, type Session } from '../client/session.ts'
import type { FilterOf, StreamOf } from '../client/typed-stream.ts'
import { checkData } from '../event/check-data.ts'
import type { EventShape, New, Stored } from '../event/event.ts'
import type { DocumentResult, StoredDocument } from '../store/document.ts'
import { ArgumentError, ValidationError } from '../store/errors.ts'
import type { Cursor, DataFilter, Streams } from '../store/stream.ts'
import { loadProjection } from './load.ts'

/** How a projection is opened. */
export interface ProjectionOptions {
  /**
   * Whether to start from the saved state. Default is `false`: the whole history is folded, and
   * `getExistingState()` is `null`.
   */
  readonly loadExisting?: boolean | undefined
}

interface Loaded<Event extends EventShape> extends LoadedForSession<Event> {
  readonly saved?: StoredDocument | undefined
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
    const { loadExisting = false } = options
    const client = eventClient as unknown as Client<EventShape>
    this.eventClient = eventClient
    this.#session = createSession<EventsOf<Events>, Loaded<EventsOf<Events>>>(
      eventClient.definitions,
      async () => {
        const { type, id } = this
        const projection = { type, id, streams: this.streamsToRead() }
        return (await loadProjection(client, projection, { loadExisting })) as never
      },
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
    this.#session.stage(events)
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

  /**
   * The saved state; `null` where there is none, or without `loadExisting`. Throws `INVALID_EVENT` where
   * it does not fit {@link jsonSchema}.
   */
  async getExistingState(): Promise<StandardSchemaV1.InferOutput<View> | null> {
    const { saved } = await this.#session.loaded()
    if (saved === undefined) return null
    const result = await this.jsonSchema['~standard'].validate(saved.data)
    if (result.issues) {
      throw this.#misfit('The saved', result.issues, ': save it again without loadExisting')
    }
    return result.value
  }

  /**
   * The events since the saved state, or all of them; then the staged ones. Throws `INVALID_EVENT` where
   * a staged event does not fit its schema.
   */
  getEvents(): Promise<readonly Stored<EventsOf<Events>>[]> {
    return this.#session.events()
  }

  /** Reduces what {@link getEvents} gives. */
  reduceEvents<State>(
    reducer: (state: State, event: Stored<EventsOf<Events>>) => State,
    initialState: State,
  ): Promise<State> {
    return this.#session.reduce(reducer, initialState)
  }

  /** Reduces the stored events alone. */
  reduceOnlyDbEvents<State>(
    reducer: (state: State, event: Stored<EventsOf<Events>>) => State,
    initialState: State,
  ): Promise<State> {
    return this.#session.reduceStored(reducer, initialState)
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
   * where the view does not fit {@link jsonSchema}, or has keys that the schema would drop.
   */
  async save(): Promise<DocumentResult> {
    const { type, id } = this
    this.#refuseStaged()
    const cursor = await this.cursor()
    const loaded = await this.#session.loaded()
    if (loaded.saved === undefined && loaded.events.length === 0) {
      throw new ArgumentError(`Cannot save projection with no events (${type} ${id})`)
    }
    const checked = await checkData(this.jsonSchema, await this.asJson())
    if (checked.issues) throw this.#misfit('The', checked.issues)
    this.#refuseStaged()
    if (loaded !== (await this.#session.loaded())) {
      throw new ArgumentError(
        `Projection ${type} ${id} was refreshed while it was saved, so its view may be of two times: save it again`,
      )
    }
    return this.eventClient.saveProjection({ type, id, data: checked.value, cursor })
  }

  #refuseStaged(): void {
    if (!this.#session.hasStaged()) return
    throw new ArgumentError(
      `Cannot save projection with applied events (${this.type} ${this.id}): save them through a validator or the client first`,
    )
  }

  #misfit(which: string, issues: readonly StandardSchemaV1.Issue[], advice = ''): ValidationError {
    const name = `${which} projection ${this.type} ${this.id}`
    const reason = `${describeIssues(issues)}${advice}`
    return new ValidationError(`${name} does not fit its jsonSchema: ${reason}`, { issues })
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
  Inputs extends StandardSchemaV1 | undefined = undefined,
  View extends StandardSchemaV1 = StandardSchemaV1,
> extends ProjectionOfStreams<Events, Inputs, View> {
  abstract get types(): readonly EventsOf<Events>['type'][]
  abstract get filter(): FilterOf<EventsOf<Events>['data']> | undefined

  protected streamsToRead(): Streams {
    const { types, filter } = this
    return [{ types, filter: filter as DataFilter | undefined }]
  }
}

/** As {@link SingleStreamProjection}, over several streams, merged in order. */
export abstract class MultiStreamProjection<
  Events extends StandardSchemaV1,
  Inputs extends StandardSchemaV1 | undefined = undefined,
  View extends StandardSchemaV1 = StandardSchemaV1,
> extends ProjectionOfStreams<Events, Inputs, View> {
  abstract get streamConfig(): readonly StreamOf<EventsOf<Events>>[]

  protected streamsToRead(): Streams {
    return this.streamConfig as Streams
  }
}
