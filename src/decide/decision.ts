import type { Client } from '../client/client.ts'
import { foldOf, type Evolve } from '../client/fold.ts'
import type { ExactStreams, StreamsOf, TypeIn } from '../client/typed-stream.ts'
import type { EventDefinitions } from '../event/definition.ts'
import type { EventShape, New, Stored } from '../event/event.ts'
import type { Cursor, Streams } from '../store/stream.ts'
import { executeRule, type Rule } from './execute.ts'
import type { Rejection } from './reject.ts'

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
  /**
   * The state before the first event. Each run starts from a copy made with `structuredClone`; for a
   * state that holds functions or objects of a class, give a function that makes it.
   */
  readonly initialState: State | ((command: NoInfer<Command>) => State)
  readonly evolve: Evolve<Event, TypeIn<Event, Many>, NoInfer<State>>
  /**
   * Reads nothing but what it is given and changes nothing: it is asked again after a conflict, and must
   * not wait for another decision on the same boundary (`INVALID_ARGUMENT` where that is noticed).
   */
  readonly decide: (
    command: NoInfer<Command>,
    state: NoInfer<State>,
  ) => Decided<Input> | Promise<Decided<Input>>
}

/** How a decision is executed. */
export interface ExecuteOptions {
  /**
   * Answers a repeated command with its first result, before it is decided again. Another command
   * with the same key is refused with `IDEMPOTENCY_MISMATCH`. A key stands for one command of one
   * decision: two decisions that take equal commands need keys of their own. A command that became no
   * event leaves no answer, and is decided again.
   */
  readonly idempotencyKey?: string | undefined
  /** How often it is decided at most, when others keep changing the boundary. Default is 20. */
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
  /** Whether this is the answer that the idempotency key or the event ids already had. */
  readonly replayed: boolean
  /** How often it was decided; 0 where the key was answered before. */
  readonly attempts: number
}

/** A rule with its boundary. See {@link defineDecision}. */
export interface Decision<Event extends EventShape, Input extends EventShape, Command, State> {
  /**
   * Reads, decides and appends; on conflict it does so again, after a random, growing pause.
   *
   * Throws `REJECTED` where the decision says no, and `CONFLICT` where the attempts were used up; then
   * nothing is written. Decisions of one process about the same values run one after another; more than
   * 10,000 in a row are refused with `LIMIT`. On a transaction of yours it runs with `client.within(tx)`.
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
    options?: { readonly signal?: AbortSignal | undefined },
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
  const rule: Rule<Command, State> = {
    streams: definition.streams as unknown as Rule<Command, State>['streams'],
    fold: foldOf(definition.initialState, definition.evolve),
    decide: definition.decide,
  }
  const decision: Decision<EventShape, EventShape, Command, State> = {
    execute: (client, command, options = {}) => executeRule(rule, client, command, options),
    load: async (client, command, { signal } = {}) => {
      const { events, cursor } = await client.load({ streams: rule.streams(command), signal })
      return { state: rule.fold.add(rule.fold.start(command), events), cursor }
    },
    streams: rule.streams,
    decide: rule.decide,
  }
  return decision as unknown as Decision<Event, Input, Command, State>
}
