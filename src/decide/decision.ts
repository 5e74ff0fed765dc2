import type { Client } from '../client/client.ts'
import { backOff } from '../client/resend.ts'
import { foldOf, type Evolve } from '../client/fold.ts'
import type { ExactStreams, StreamsOf, TypeIn } from '../client/typed-stream.ts'
import type { EventDefinitions } from '../event/definition.ts'
import type { EventShape, New, Stored } from '../event/event.ts'
import { isEventfoldError, RejectedError } from '../store/errors.ts'
import { canonicalJson } from '../store/json.ts'
import type { Cursor, Streams } from '../store/stream.ts'
import { takeTurn } from './queue.ts'
import { isRejection, type Rejection } from './reject.ts'

/** What `decide` answers: events, an empty list where there is nothing to do, or a rejection. */
export type Decided<Input extends EventShape> = New<Input> | readonly New<Input>[] | Rejection

/** What {@link defineDecision} takes. */
export interface DecisionDefinition<
  Event extends EventShape,
  Input extends EventShape,
  Command,
  Many extends StreamsOf<Event>,
  State,
> {
  /** The boundary: what is read, and what must not change until the decision is stored. */
  readonly streams: (command: Command) => Many & ExactStreams<Event, Many>
  /** The state before the first event. Each run starts from a copy. */
  readonly initialState: State
  readonly evolve: Evolve<Event, TypeIn<Event, Many>, NoInfer<State>>
  readonly decide: (
    command: NoInfer<Command>,
    state: NoInfer<State>,
  ) => Decided<Input> | Promise<Decided<Input>>
}

/** How a decision is executed. */
export interface ExecuteOptions {
  /**
   * Answers a repeated command with its first result, before it is decided again. Another command
   * with the same key is refused with `IDEMPOTENCY_MISMATCH`.
   */
  readonly idempotencyKey?: string | undefined
  /** How often it is decided at most, when others keep changing the boundary. Default is 10. */
  readonly attempts?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** What a decision has done. */
export interface DecisionResult<Event extends EventShape, State> {
  /** The events that it stored; none where there was nothing to do. */
  readonly events: readonly Stored<Event>[]
  /** The state with these events. */
  readonly state: State
  /** What this state has seen. */
  readonly cursor: Cursor
  /** Whether this is the answer that the idempotency key already had. */
  readonly replayed: boolean
  /** How often it was decided; 0 for a replay. */
  readonly attempts: number
}

/** A rule with its boundary. See {@link defineDecision}. */
export interface Decision<Event extends EventShape, Input extends EventShape, Command, State> {
  /**
   * Reads, decides and appends; on conflict it does so again, after a random, growing pause.
   *
   * Throws `REJECTED` where the decision says no, and `CONFLICT` where the attempts were used up; then
   * nothing is written. Decisions of one process on the same boundary run one after another.
   */
  readonly execute: (
    client: Client<Event, Input>,
    command: Command,
    options?: ExecuteOptions,
  ) => Promise<DecisionResult<Event, State>>
  /** Reads and folds the boundary without deciding: to show what a command would find. */
  readonly load: (
    client: Client<Event, Input>,
    command: Command,
  ) => Promise<{ readonly state: State; readonly cursor: Cursor }>
  readonly streams: (command: Command) => Streams
  readonly decide: (command: Command, state: State) => Decided<Input> | Promise<Decided<Input>>
}

/**
 * Defines a rule: which streams it reads, how their events add up to a state, and which events a command
 * becomes in that state. Nothing that the streams match can be stored between reading and appending.
 *
 * ```ts
 * const addItem = defineDecision(events, {
 *   streams: (command: AddItem) => [
 *     { types: ['CART_CREATED', 'CART_CHECKED_OUT'], filter: { cartId: command.cartId } },
 *   ],
 *   initialState: { open: false },
 *   evolve: { CART_CREATED: () => ({ open: true }), CART_CHECKED_OUT: () => ({ open: false }) },
 *   decide: (command, cart) =>
 *     cart.open ? { type: 'ITEM_ADDED', data: command } : reject('the cart is closed'),
 * })
 * await addItem.execute(client, { cartId: 'cart_123', productId: 'prod_789', quantity: 2 })
 * ```
 */
export function defineDecision<
  Event extends EventShape,
  Input extends EventShape,
  Command,
  const Many extends StreamsOf<Event>,
  State,
>(
  _events: EventDefinitions<Event, Input>,
  definition: DecisionDefinition<Event, Input, Command, Many, State>,
): Decision<Event, Input, Command, State> {
  const streamsOf = (command: Command): Streams => definition.streams(command) as unknown as Streams
  const fold = foldOf<State>(definition.evolve)

  const decideOnce = async (
    client: Client<EventShape>,
    command: Command,
    { idempotencyKey, signal }: ExecuteOptions,
    attempts: number,
  ): Promise<DecisionResult<EventShape, State>> => {
    const streams = streamsOf(command)
    const idempotency =
      idempotencyKey === undefined
        ? undefined
        : { key: idempotencyKey, fingerprint: canonicalJson(command ?? null) }
    const { events, cursor, replayed } = await client.load({
      streams: streams as 'all',
      idempotency,
      signal,
    })
    const state = fold(structuredClone(definition.initialState), events)
    if (replayed) return { events: replayed.events, state, cursor, replayed: true, attempts: 0 }
    const decided = await definition.decide(command, state)
    if (isRejection(decided)) throw new RejectedError(decided.rejected, decided.details)
    const decidedEvents = (
      Array.isArray(decided) ? decided : [decided]
    ) as readonly New<EventShape>[]
    if (decidedEvents.length === 0) return { events: [], state, cursor, replayed: false, attempts }
    const committed = await client.commit(
      { events: decidedEvents, conditions: [{ streams, after: cursor }], idempotency },
      { signal },
    )
    return {
      events: committed.events,
      state: fold(state, committed.events),
      cursor: committed.cursor ?? cursor,
      replayed: committed.replayed,
      attempts,
    }
  }

  const execute = async (
    client: Client<EventShape>,
    command: Command,
    options: ExecuteOptions = {},
  ): Promise<DecisionResult<EventShape, State>> => {
    const { attempts = 10, signal } = options
    return takeTurn(client.store, streamsOf(command), signal, async () => {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await decideOnce(client, command, options, attempt)
        } catch (error) {
          if (attempt >= attempts || !isEventfoldError(error, 'CONFLICT')) throw error
          await backOff(attempt, signal)
        }
      }
    })
  }

  return {
    execute: execute as unknown as Decision<Event, Input, Command, State>['execute'],
    load: async (client, command) => {
      const streams = streamsOf(command)
      const { events, cursor } = await client.load({ streams: streams as 'all' })
      return { state: fold(structuredClone(definition.initialState), events), cursor }
    },
    streams: streamsOf,
    decide: definition.decide,
  }
}
