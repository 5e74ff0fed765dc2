import type { DefinedAggregate } from '../aggregate/define-aggregate.ts'
import type { Client } from '../client/client.ts'
import { createEventClient } from '../client/create-client.ts'
import type { Decision, ExecuteOptions } from '../decide/decision.ts'
import type { EventDefinitions } from '../event/definition.ts'
import type { AggregateRef, EventShape, New } from '../event/event.ts'
import type { Projection } from '../project/define-projection.ts'
import { isEventfoldError } from '../store/errors.ts'
import { canonicalJson } from '../store/json.ts'
import { MemoryEventStore } from '../stores/memory/index.ts'

/** What happened before. */
export interface Given<Event extends EventShape, Input extends EventShape> {
  /** Executes a decision or a command of an aggregate for real, on a log that holds what was given. */
  readonly when: Execute<Event, Input>
  /** Folds a projection of what was given. */
  readonly project: <State>(
    projection: Projection<Event, Input, State>,
    id: string,
  ) => Projected<State>
}

/** How a decision or a command of an aggregate is executed. */
export interface Execute<Event extends EventShape, Input extends EventShape> {
  /** What was given are events of this aggregate, unless they name another one. */
  <Command, State>(
    aggregate: DefinedAggregate<Event, Input, Command, State>,
    id: string,
    command: NoInfer<Command>,
    options?: ExecuteOptions,
  ): When<Event>
  <Command, State>(
    decision: Decision<Event, Input, Command, State>,
    command: NoInfer<Command>,
    options?: ExecuteOptions,
  ): When<Event>
}

/** What a decision did. */
export interface When<Event extends EventShape> {
  /** It stored exactly these events, in this order; `[]` for none. */
  readonly then: (events: readonly New<Event>[]) => Promise<void>
  /** It said no, for this reason, if one is given. */
  readonly thenRejected: (reason?: string) => Promise<void>
}

/** What a projection shows. */
export interface Projected<State> {
  readonly then: (state: State) => Promise<void>
}

/**
 * A specification of decisions, aggregates and projections, for any test framework or none. It throws an
 * `AssertionError` with `expected` and `actual`, of which runners make a diff.
 *
 * ```ts
 * await given(events, [{ type: 'CART_CREATED', data: { cartId: 'cart_1', userId: 'user_1' } }])
 *   .when(addItem, { cartId: 'cart_1', productId: 'prod_1', quantity: 2 })
 *   .then([{ type: 'ITEM_ADDED', data: { cartId: 'cart_1', productId: 'prod_1', quantity: 2 } }])
 *
 * await given(events, [])
 *   .when(addItem, { cartId: 'cart_1', productId: 'prod_1', quantity: 2 })
 *   .thenRejected('the cart is closed')
 *
 * const cart = defineAggregate(events, {
 *   type: 'cart',
 *   initialState: { open: true },
 *   evolve: { CART_CHECKED_OUT: () => ({ open: false }) },
 *   decide: (command: AddItem, state) =>
 *     state.open ? { type: 'ITEM_ADDED', data: command } : reject('the cart is closed'),
 * })
 * await given(events, [{ type: 'CART_CHECKED_OUT', data: { cartId: 'cart_1' } }])
 *   .when(cart, 'cart_1', { cartId: 'cart_1', productId: 'prod_1', quantity: 2 })
 *   .thenRejected('the cart is closed')
 * ```
 */
export function given<Event extends EventShape, Input extends EventShape>(
  definitions: EventDefinitions<Event, Input>,
  history: readonly New<Input>[],
): Given<Event, Input> {
  const open = async (aggregate?: AggregateRef): Promise<Client<Event, Input>> => {
    const client = createEventClient({ store: new MemoryEventStore(), events: definitions })
    if (history.length > 0) {
      await client.saveEvents(
        aggregate ? history.map((event) => ({ aggregate, ...event })) : history,
      )
    }
    return client
  }
  return {
    when: (subject: Executable<Event, Input>, ...args: readonly unknown[]) =>
      whenRun(async () => {
        if (!('recalculate' in subject)) {
          const [command, options] = args
          return subject.execute(await open(), command, options as ExecuteOptions)
        }
        const [id, command, options] = args as [string, unknown, ExecuteOptions?]
        return subject.execute(await open({ type: subject.type, id }), id, command, options)
      }),
    project: (projection, id) => ({
      then: (state) => {
        refuseAwait(state)
        return open()
          .then((client) => projection.load(client, id))
          .then((loaded) => compare('state', loaded.state, state))
      },
    }),
  }
}

type Executable<Event extends EventShape, Input extends EventShape> =
  | DefinedAggregate<Event, Input, unknown, unknown>
  | Decision<Event, Input, unknown, unknown>

function whenRun<Event extends EventShape>(
  run: () => Promise<{ readonly events: readonly EventShape[] }>,
): When<Event> {
  return {
    then: (events) => {
      refuseAwait(events)
      return run().then((result) => compare('events', result.events.map(shape), events.map(shape)))
    },
    thenRejected: async (reason) => {
      const actual = await run().then(
        ({ events }) => ({ events: events.map(shape) }),
        (error: unknown) => {
          if (!isEventfoldError(error, 'REJECTED')) throw error
          return { rejected: error.message }
        },
      )
      if (reason !== undefined || !('rejected' in actual)) {
        compare('rejection', actual, { rejected: reason ?? 'any reason' })
      }
    },
  }
}

function shape({ type, data }: EventShape): EventShape {
  return { type, data }
}

function compare(what: string, actual: unknown, expected: unknown): void {
  if (canonicalJson(actual) === canonicalJson(expected)) return
  const message = `expected ${what} ${JSON.stringify(expected)}, found ${JSON.stringify(actual)}`
  throw Object.assign(new Error(message), { name: 'AssertionError', actual, expected })
}

/** Awaiting a specification that is not finished would call its `then` with functions. */
function refuseAwait(expected: unknown): void {
  if (typeof expected !== 'function') return
  throw new TypeError('a specification ends with .then(expected) or .thenRejected(): add it')
}
