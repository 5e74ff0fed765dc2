import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { EventsOf } from '../../client/client.ts'
import type { FilterOf, StreamOf } from '../../client/typed-stream.ts'
import type { New, StoredEvent } from '../../event/event.ts'
import {
  MultiStreamProjection as CoreProjection,
  type ProjectionOptions,
} from '../../project/projection.ts'
import type { DocumentResult } from '../../store/document.ts'
import type { EventClient, InputsOf } from './client.ts'
import { coreOf } from './door-client.ts'
import { shownEvent } from './event.ts'

/** What the core asks of a projection of this door. */
interface Shown {
  readonly type: string
  readonly id: string
  readonly jsonSchema: StandardSchemaV1
  readonly streams: unknown
  asJson(): Promise<unknown>
}

/** The core's projection, which asks one of this door. */
class Session extends CoreProjection<StandardSchemaV1> {
  readonly #shown: () => Shown

  constructor(client: unknown, options: ProjectionOptions, shown: () => Shown) {
    super(coreOf(client) as never, options)
    this.#shown = shown
  }
  get type(): string {
    return this.#shown().type
  }
  get id(): string {
    return this.#shown().id
  }
  get jsonSchema(): StandardSchemaV1 {
    return this.#shown().jsonSchema
  }
  get streamConfig(): never[] {
    return this.#shown().streams as never[]
  }
  asJson(): Promise<unknown> {
    return this.#shown().asJson()
  }
}

/** What both projections share. Subclasses say what is shown. */
abstract class ProjectionOfStreams<
  Events extends StandardSchemaV1,
  Inputs extends StandardSchemaV1,
  View extends StandardSchemaV1,
> {
  protected readonly eventClient: EventClient<Events, Inputs>
  readonly #session: Session

  constructor(eventClient: EventClient<Events, Inputs>, options: ProjectionOptions = {}) {
    this.eventClient = eventClient
    this.#session = new Session(eventClient, options, () => this.#shown())
  }

  /** The name under which it is saved, with {@link id}. */
  abstract get type(): string
  abstract get id(): string
  /** What {@link asJson} gives. It is asked before a state is saved, and when a saved one is read. */
  abstract get jsonSchema(): View
  /** The view: reduces events, all of one load. */
  abstract asJson(): Promise<StandardSchemaV1.InferOutput<View>>
  protected abstract streamsToRead(): readonly StreamOf<EventsOf<Events>>[]

  /** Adds events: they follow the stored ones in every reducer. Such a what-if cannot be saved. */
  apply(events: New<InputsOf<Inputs>> | readonly New<InputsOf<Inputs>>[]): this {
    this.#session.apply(events as never)
    return this
  }

  /** Reads again what is stored; applied events stay. */
  async refresh(): Promise<this> {
    await this.#session.refresh()
    return this
  }

  /**
   * Saves the view, unless one of a later event is saved already: then its status is `'skipped'`.
   * Throws `INVALID_ARGUMENT` with applied events and where there is nothing to show, and
   * `INVALID_EVENT` where the view does not fit {@link jsonSchema}.
   */
  save(): Promise<DocumentResult> {
    return this.#session.save()
  }

  /** The saved state; `null` where there is none, or without `loadExisting`. */
  protected getExistingState(): Promise<StandardSchemaV1.InferOutput<View> | null> {
    return this.#session.getExistingState()
  }

  /** The events since the saved state, or all of them; then the applied ones. */
  protected async getEvents(): Promise<EventsOf<Events>[]> {
    return (await this.#session.getEvents()).map((event) => this.#eventOf(event))
  }

  /** Reduces what {@link getEvents} gives. */
  protected reduceEvents<State>(
    reducer: (state: State, event: EventsOf<Events>) => State,
    initialState: State,
  ): Promise<State> {
    return this.#session.reduceEvents(
      (state, event) => reducer(state, this.#eventOf(event)),
      initialState,
    )
  }

  /** Reduces the stored events alone. */
  protected reduceOnlyDbEvents<State>(
    reducer: (state: State, event: EventsOf<Events>) => State,
    initialState: State,
  ): Promise<State> {
    return this.#session.reduceOnlyDbEvents(
      (state, event) => reducer(state, this.#eventOf(event)),
      initialState,
    )
  }

  #eventOf(event: StoredEvent): EventsOf<Events> {
    return shownEvent(event) as unknown as EventsOf<Events>
  }

  #shown(): Shown {
    const { type, id, jsonSchema } = this
    return { type, id, jsonSchema, streams: this.streamsToRead(), asJson: () => this.asJson() }
  }
}

/**
 * A view of one stream.
 *
 * ```ts
 * import { SingleStreamProjection, type EventClient } from 'eventfold/knex'
 * import { z } from 'zod'
 *
 * type Events = z.ZodType<{ type: 'ITEM_ADDED'; data: { listId: string } }>
 * const listSchema = z.object({ items: z.number() })
 *
 * class ListView extends SingleStreamProjection<Events, Events, typeof listSchema> {
 *   readonly jsonSchema = listSchema
 *   readonly type = 'list'
 *   readonly types = ['ITEM_ADDED'] as const
 *   readonly id: string
 *   constructor(client: EventClient<Events, Events>, listId: string) {
 *     super(client, { loadExisting: true })
 *     this.id = listId
 *   }
 *   get filter() {
 *     return { listId: { eq: this.id } }
 *   }
 *   async asJson() {
 *     const saved = (await this.getExistingState()) ?? { items: 0 }
 *     return this.reduceEvents(({ items }) => ({ items: items + 1 }), saved)
 *   }
 * }
 * ```
 */
export abstract class SingleStreamProjection<
  Events extends StandardSchemaV1,
  Inputs extends StandardSchemaV1,
  View extends StandardSchemaV1,
> extends ProjectionOfStreams<Events, Inputs, View> {
  abstract get types(): readonly EventsOf<Events>['type'][]
  abstract get filter(): FilterOf<EventsOf<Events>['data']> | undefined

  protected streamsToRead(): readonly StreamOf<EventsOf<Events>>[] {
    return [{ types: this.types, filter: this.filter }]
  }
}

/** As {@link SingleStreamProjection}, over several streams, merged in order. */
export abstract class MultiStreamProjection<
  Events extends StandardSchemaV1,
  Inputs extends StandardSchemaV1,
  View extends StandardSchemaV1,
> extends ProjectionOfStreams<Events, Inputs, View> {
  abstract get streamConfig(): readonly StreamOf<EventsOf<Events>>[]

  protected streamsToRead(): readonly StreamOf<EventsOf<Events>>[] {
    return this.streamConfig
  }
}
