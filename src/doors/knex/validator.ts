import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { EventsOf } from '../../client/client.ts'
import type { FilterOf, StreamOf } from '../../client/typed-stream.ts'
import { MultiStreamValidator as CoreValidator } from '../../decide/validator.ts'
import type { New, StoredEvent } from '../../event/event.ts'
import type { DataFilter } from '../../store/stream.ts'
import type { EventClient, InputsOf, SavingOptions } from './client.ts'
import { coreOf } from './door-client.ts'
import { shownEvent } from './event.ts'

/** The core's validator, which asks one of this door. */
class Session extends CoreValidator<StandardSchemaV1> {
  readonly #isValid: () => Promise<boolean>

  constructor(client: unknown, streams: unknown, isValid: () => Promise<boolean>) {
    super(coreOf(client) as never, streams as never)
    this.#isValid = isValid
  }
  isValid(): Promise<boolean> {
    return this.#isValid()
  }
}

/** What both validators share. Subclasses say what is valid. */
abstract class Validator<Events extends StandardSchemaV1, Inputs extends StandardSchemaV1> {
  protected readonly eventClient: EventClient<Events, Inputs>
  readonly #session: Session

  constructor(eventClient: EventClient<Events, Inputs>, streams: unknown) {
    this.eventClient = eventClient
    this.#session = new Session(eventClient, streams, () => this.isValid())
  }

  /** Whether the applied events may follow the stored ones. May also throw, to say why not. */
  abstract isValid(): Promise<boolean>

  /** Adds events: they follow the stored ones in every reducer, and {@link save} writes them. */
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
   * Appends the applied events if they are valid and nothing in the streams happened since they were
   * read, also where `isValid` reads nothing. A second `save` writes nothing and answers `[]`.
   *
   * Throws `REJECTED` ("Validation failed") and `CONFLICT`; then the events stay applied, and after
   * {@link refresh} `save` may be tried again.
   */
  async save(options: Omit<SavingOptions, 'tx'> = {}): Promise<EventsOf<Events>[]> {
    return (await this.#session.save(options)).map((event) => this.#eventOf(event))
  }

  /** The stored events, then the applied ones. Read once; see {@link refresh}. */
  protected async getEvents(): Promise<EventsOf<Events>[]> {
    return (await this.#session.getEvents()).map((event) => this.#eventOf(event))
  }

  /** Reduces the stored events, then the applied ones. */
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
}

/**
 * A rule over one stream: apply what should happen, say in `isValid` whether it may, and `save`.
 *
 * ```ts
 * import { SingleStreamValidator, type EventClient } from 'eventfold/knex'
 * import type { z } from 'zod'
 *
 * type Events = z.ZodType<{ type: 'ITEM_ADDED'; data: { listId: string } }>
 *
 * class AddItem extends SingleStreamValidator<Events, Events> {
 *   constructor(client: EventClient<Events, Events>, listId: string) {
 *     super(client, ['ITEM_ADDED'], { listId: { eq: listId } })
 *   }
 *   async isValid() {
 *     return (await this.getEvents()).length <= 3
 *   }
 * }
 * const addItem = (client: EventClient<Events, Events>, listId: string) =>
 *   new AddItem(client, listId).apply({ type: 'ITEM_ADDED', data: { listId } }).save()
 * ```
 */
export abstract class SingleStreamValidator<
  Events extends StandardSchemaV1,
  Inputs extends StandardSchemaV1,
> extends Validator<Events, Inputs> {
  protected readonly types: readonly EventsOf<Events>['type'][]
  protected readonly filter: FilterOf<EventsOf<Events>['data']> | undefined

  constructor(
    eventClient: EventClient<Events, Inputs>,
    types: readonly EventsOf<Events>['type'][],
    filter?: FilterOf<EventsOf<Events>['data']>,
  ) {
    super(eventClient, [{ types, filter: filter as DataFilter | undefined }])
    this.types = types
    this.filter = filter
  }
}

/** As {@link SingleStreamValidator}, over several streams. */
export abstract class MultiStreamValidator<
  Events extends StandardSchemaV1,
  Inputs extends StandardSchemaV1,
> extends Validator<Events, Inputs> {
  protected readonly streams: readonly StreamOf<EventsOf<Events>>[]

  constructor(
    eventClient: EventClient<Events, Inputs>,
    streams: readonly StreamOf<EventsOf<Events>>[],
  ) {
    super(eventClient, streams)
    this.streams = streams
  }
}
