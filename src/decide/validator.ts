import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { EventClient, EventsOf, InputsOf, SaveOptions } from '../client/client.ts'
import { createSession, type LoadedForSession, type Session } from '../client/session.ts'
import type { FilterOf, StreamOf } from '../client/typed-stream.ts'
import type { EventShape, New, NewEvent, Stored } from '../event/event.ts'
import { RejectedError } from '../store/errors.ts'
import type { Stream } from '../store/stream.ts'

/** What both validators share. Subclasses say what is valid. */
abstract class Validator<
  Events extends StandardSchemaV1,
  Inputs extends StandardSchemaV1 | undefined,
> {
  protected readonly eventClient: EventClient<Events, Inputs>
  readonly #streams: readonly Stream[]
  readonly #session: Session<EventsOf<Events>, LoadedForSession<EventsOf<Events>>>
  #saving: Promise<readonly Stored<EventsOf<Events>>[]> | undefined

  constructor(eventClient: EventClient<Events, Inputs>, streams: readonly Stream[]) {
    this.eventClient = eventClient
    this.#streams = streams
    this.#session = createSession(() => eventClient.load({ streams: streams as never }) as never)
  }

  /** Whether the staged events may follow the stored ones. May also throw, to say why not. */
  abstract isValid(): Promise<boolean>

  /** Stages events: they follow the stored ones in every reducer, and `save` writes them. */
  apply(events: New<InputsOf<Events, Inputs>> | readonly New<InputsOf<Events, Inputs>>[]): this {
    this.#session.stage(Array.isArray(events) ? (events as NewEvent[]) : [events as NewEvent])
    return this
  }

  /** Reads again what is stored; staged events stay. */
  refresh(): Promise<void> {
    return this.#session.refresh()
  }

  /** The stored events, then the staged ones. Read once; see {@link refresh}. */
  getEvents(): Promise<readonly Stored<EventsOf<Events>>[]> {
    return this.#session.events()
  }

  /** Reduces the stored events, then the staged ones. */
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

  /**
   * Appends the staged events if they are valid and nothing in the streams happened since they were
   * read. Nothing is staged afterwards, so that a second `save` writes nothing.
   *
   * Throws `REJECTED` ("Validation failed") and `CONFLICT`; then the events stay staged, and after
   * {@link refresh} `save` may be tried again.
   */
  save(options: SaveOptions = {}): Promise<readonly Stored<EventsOf<Events>>[]> {
    this.#saving ??= this.#save(options).finally(() => {
      this.#saving = undefined
    })
    return this.#saving
  }

  async #save(options: SaveOptions): Promise<readonly Stored<EventsOf<Events>>[]> {
    const events = this.#session.staged()
    if (events.length === 0) return []
    // Read before it is judged: also a rule that reads nothing is guarded.
    const { cursor } = await this.#session.loaded()
    if (!(await this.isValid())) throw new RejectedError('Validation failed')
    const client = this.eventClient as unknown as EventClient<StandardSchemaV1<EventShape>>
    const conditions = [{ streams: this.#streams, after: cursor }]
    const { idempotencyKey, signal } = options
    const idempotency = idempotencyKey === undefined ? undefined : { key: idempotencyKey }
    const saved = await client.commit({ events, conditions, idempotency }, { signal })
    this.#session.settle(events)
    return saved.events as readonly Stored<EventsOf<Events>>[]
  }
}

/**
 * A rule over one stream, as a class: stage what should happen with `apply`, say in `isValid` whether it
 * may, and `save`. {@link defineDecision} does the same as a function.
 *
 * ```ts
 * class AddItem extends SingleStreamValidator<typeof events> {
 *   constructor(client: EventClient<typeof events>, cartId: string) {
 *     super(client, ['ITEM_ADDED'], { cartId })
 *   }
 *   async isValid() {
 *     return (await this.getEvents()).length <= 3
 *   }
 * }
 * const item = { cartId: 'cart_123', productId: 'prod_789', quantity: 1 }
 * await new AddItem(client, 'cart_123').apply({ type: 'ITEM_ADDED', data: item }).save()
 * ```
 */
export abstract class SingleStreamValidator<
  Events extends StandardSchemaV1,
  Inputs extends StandardSchemaV1 | undefined = undefined,
> extends Validator<Events, Inputs> {
  constructor(
    eventClient: EventClient<Events, Inputs>,
    types: readonly EventsOf<Events>['type'][],
    filter?: FilterOf<EventsOf<Events>['data']>,
  ) {
    super(eventClient, [{ types, ...(filter && { filter: filter as never }) }])
  }
}

/** As {@link SingleStreamValidator}, over several streams. */
export abstract class MultiStreamValidator<
  Events extends StandardSchemaV1,
  Inputs extends StandardSchemaV1 | undefined = undefined,
> extends Validator<Events, Inputs> {
  constructor(
    eventClient: EventClient<Events, Inputs>,
    streams: readonly StreamOf<EventsOf<Events>>[],
  ) {
    super(eventClient, streams as readonly Stream[])
  }
}
