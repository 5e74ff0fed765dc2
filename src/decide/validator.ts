import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Client, EventClient, EventsOf, InputsOf, SaveOptions } from '../client/client.ts'
import { createSession, type LoadedForSession, type Session } from '../client/session.ts'
import type { FilterOf, StreamOf } from '../client/typed-stream.ts'
import type { EventShape, New, Stored } from '../event/event.ts'
import { RejectedError } from '../store/errors.ts'
import type { Cursor, DataFilter, Streams } from '../store/stream.ts'

/** What both validators share. Subclasses say what is valid. */
abstract class Validator<
  Events extends StandardSchemaV1,
  Inputs extends StandardSchemaV1 | undefined,
> {
  protected readonly eventClient: EventClient<Events, Inputs>
  /** The same client, without its types: what it is given has been checked at this class's door. */
  readonly #client: Pick<Client<EventShape>, 'load' | 'saveEventsWithStreamValidation'>
  readonly #streams: 'all'
  readonly #session: Session<EventsOf<Events>, LoadedForSession<EventsOf<Events>>>
  #lastSave: Promise<unknown> = Promise.resolve()

  constructor(eventClient: EventClient<Events, Inputs>, streams: Streams) {
    this.eventClient = eventClient
    this.#client = eventClient
    this.#streams = streams as 'all'
    this.#session = createSession(
      eventClient.definitions,
      () => this.#client.load({ streams: this.#streams }) as never,
    )
  }

  /**
   * Whether the staged events may follow the stored ones. May also throw, to say why not. It must not
   * wait for {@link save}, which waits for it.
   */
  abstract isValid(): Promise<boolean>

  /** Stages events: they follow the stored ones in every reducer, and `save` writes them. */
  apply(events: New<InputsOf<Events, Inputs>> | readonly New<InputsOf<Events, Inputs>>[]): this {
    this.#session.stage(events)
    return this
  }

  /** Reads again what is stored; staged events stay. */
  refresh(): Promise<void> {
    return this.#session.refresh()
  }

  /**
   * The stored events, then the staged ones. Read once; see {@link refresh}. Throws `INVALID_EVENT`
   * where a staged event does not fit its schema.
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

  /**
   * Appends the staged events if they are valid and nothing in the streams happened since they were
   * read. Nothing is staged afterwards, so that a second `save` writes nothing and answers `[]`. Saves of
   * one instance run one after another; what is applied meanwhile waits for the next.
   *
   * Throws `REJECTED` ("Validation failed") and `CONFLICT`; then the events stay staged, and after
   * {@link refresh} `save` may be tried again. With an idempotency key that was answered before, the
   * first answer comes again, whether or not the events would be valid now. On a transaction of yours it
   * runs with a client that is `within` it.
   */
  save(options: Omit<SaveOptions, 'tx'> = {}): Promise<readonly Stored<EventsOf<Events>>[]> {
    const saved = this.#lastSave.then(() => this.#save(options))
    this.#lastSave = saved.catch(() => {})
    return saved
  }

  async #save(options: SaveOptions): Promise<readonly Stored<EventsOf<Events>>[]> {
    if (!this.#session.hasStaged()) return []
    return this.#session.write(async (events) => {
      // Read before it is judged: also a rule that reads nothing is guarded.
      const { cursor } = await this.#session.loaded()
      if (!(await this.#isAnswered(options, cursor)) && !(await this.isValid())) {
        throw new RejectedError('Validation failed')
      }
      const condition = { streams: this.#streams, after: cursor }
      return this.#client.saveEventsWithStreamValidation({ ...options, events, ...condition })
    }) as Promise<readonly Stored<EventsOf<Events>>[]>
  }

  async #isAnswered({ idempotencyKey, signal }: SaveOptions, after?: Cursor): Promise<boolean> {
    if (idempotencyKey === undefined) return false
    const query = { streams: this.#streams, after, signal }
    const { replayed } = await this.#client.load({ ...query, idempotency: { key: idempotencyKey } })
    return replayed !== undefined
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
    super(eventClient, [{ types, filter: filter as DataFilter | undefined }])
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
    super(eventClient, streams as Streams)
  }
}
