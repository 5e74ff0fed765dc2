import type { Client } from '../client/client.ts'
import { foldOf, type Next } from '../client/fold.ts'
import type { OfType } from '../client/typed-stream.ts'
import type { Decided, ExecuteOptions } from '../decide/decision.ts'
import { eventsOf, idempotencyOf } from '../decide/execute.ts'
import type { EventDefinitions } from '../event/definition.ts'
import type { EventShape, Stored, StoredEvent } from '../event/event.ts'
import { throwIfAborted } from '../store/check-read.ts'
import { name } from '../store/check-value.ts'
import { append } from './append.ts'
import { copyOf } from '../store/copy.ts'
import { indexMap, type IndexKey } from './define-index.ts'
import { kindOf } from './kind.ts'
import { queryAll, queryPage, type PageOptions, type SnapshotPage } from './query.ts'
import { checkVersion, type AggregateEvent, type OutboundEvent, type Rulebook } from './rulebook.ts'
import type { Snapshot } from './snapshot.ts'
import { find, findAnew, type Kind } from './stored.ts'
import { writableOf } from './writable.ts'
import type { Appended } from './write.ts'

/** An event of a union as an aggregate sees it: what is known before it is stored. */
type Seen<Event extends EventShape, Type> =
  OfType<Event, Type> extends infer One extends EventShape
    ? AggregateEvent<One['type'], One['data']>
    : never

/** What {@link defineAggregate} takes. */
export interface AggregateDefinition<
  Event extends EventShape,
  Input extends EventShape,
  Command,
  State,
> {
  /** The name of the aggregate type, such as `ACCOUNT`. */
  readonly type: string
  /** The state before the first event, of which each aggregate gets a copy, or a function that makes it. It is JSON. */
  readonly initialState: State | (() => State)
  /** The state with one more event. Events of a type without a handler change nothing. */
  readonly evolve: {
    readonly [Type in Event['type']]?: (
      state: NoInfer<State>,
      event: Seen<Event, Type>,
    ) => Next<NoInfer<State>>
  }
  /** Reads nothing but what it is given and changes nothing: it is asked again after a conflict. */
  readonly decide: (
    command: Command,
    state: NoInfer<State>,
  ) => Decided<Input> | Promise<Decided<Input>>
  /** Messages for the outbox, made of a new event and the state with it, in the same commit. Default is none. */
  readonly publish?: {
    readonly [Type in Event['type']]?: (
      event: Seen<Event, Type>,
      state: NoInfer<State>,
    ) => OutboundEvent | readonly OutboundEvent[]
  }
  /** By name: the key under which an aggregate is found, `null` where it has none. Default is none. */
  readonly indexes?: Readonly<Record<string, IndexKey<NoInfer<State>>>>
  /** Change it with `evolve`: snapshots of another version are rebuilt from the events. Default is 1. */
  readonly version?: number | string
}

/** What a command did to an aggregate. */
export interface Executed<Event extends EventShape, State> extends Omit<Appended<State>, 'events'> {
  /** The events that were stored; none where there was nothing to do. */
  readonly events: readonly Stored<Event>[]
}

/** Aggregates of one type. See {@link defineAggregate}. */
export interface DefinedAggregate<
  Event extends EventShape,
  Input extends EventShape,
  Command,
  State,
> {
  readonly type: string
  /**
   * Loads, decides and appends; on conflict it does so again, after a random, growing pause. Throws
   * `REJECTED` where the decision says no, `CONFLICT` where the attempts were used up, `INVALID_ARGUMENT`
   * where `evolve` or `publish` throws; then nothing is written.
   */
  execute(
    client: Client<Event, Input>,
    id: string,
    command: Command,
    options?: ExecuteOptions,
  ): Promise<Executed<Event, State>>
  /** The aggregate as it is now; before its first event the initial state, with sequence 0. */
  load(
    client: Client<Event, Input>,
    id: string,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<Snapshot<State>>
  /** The aggregates that an index has under a key, by id. Throws `INVALID_ARGUMENT` for an unknown index. */
  query(client: Client<Event, Input>, index: string, key: string): Promise<Snapshot<State>[]>
  /** As {@link DefinedAggregate.query}, in pages. */
  queryPage(
    client: Client<Event, Input>,
    index: string,
    key: string,
    options?: PageOptions,
  ): Promise<SnapshotPage<State>>
  /** Replays all events, and writes snapshot and index entries anew. */
  recalculate(client: Client<Event, Input>, id: string): Promise<Snapshot<State>>
}

/**
 * Defines aggregates of one type: how their events add up to a state, and which events a command becomes
 * in that state. Events, snapshot, index entries and messages are written in one commit; the storage is
 * that of {@link Aggregate}.
 *
 * ```ts
 * const cart = defineAggregate(events, {
 *   type: 'cart',
 *   initialState: { open: true, items: 0 },
 *   evolve: {
 *     ITEM_ADDED: (state, event) => ({ ...state, items: state.items + event.data.quantity }),
 *     CART_CHECKED_OUT: (state) => ({ ...state, open: false }),
 *   },
 *   decide: (command: AddItem, state) =>
 *     state.open ? { type: 'ITEM_ADDED', data: command } : reject('the cart is closed'),
 * })
 * const added = { cartId: 'cart_123', productId: 'prod_789', quantity: 2 }
 * const { state } = await cart.execute(client, 'cart_123', added)
 * console.assert(state.items === 2)
 * ```
 */
export function defineAggregate<Event extends EventShape, Input extends EventShape, Command, State>(
  _events: EventDefinitions<Event, Input>,
  definition: AggregateDefinition<Event, Input, Command, State>,
): DefinedAggregate<Event, Input, Command, State> {
  const { type } = definition
  name(type, ['aggregate', 'type'])
  const indexes = indexMap(type, definition.indexes ?? {})
  const rulebook = rulebookOf(definition)
  const decide = definition.decide as (
    command: Command,
    state: State,
  ) => Promise<Decided<EventShape>> | Decided<EventShape>
  const kinds = new WeakMap<Client<Event, Input>, Kind<State>>()
  const kindIn = (client: Client<Event, Input>): Kind<State> => {
    const definitions = client.definitions as unknown as EventDefinitions
    const kind =
      kinds.get(client) ?? kindOf({ type, store: client.store, rulebook, indexes, definitions })
    kinds.set(client, kind)
    return kind
  }
  const load: DefinedAggregate<Event, Input, Command, State>['load'] = async (
    client,
    id,
    options,
  ) => {
    name(id, [type, 'id'])
    throwIfAborted(options?.signal, 'the load')
    const { state, sequence } = await find(kindIn(client), id, options?.signal)
    return { ref: { type, id }, state, sequence }
  }

  return {
    type,
    execute: async (client, id, command, { idempotencyKey, ...options } = {}) => {
      name(id, [type, 'id'])
      const kind = kindIn(client)
      const executed = await append(kind, id, {
        ...options,
        idempotency: idempotencyOf(idempotencyKey, [type, id, command ?? null]),
        decide: async ({ state }, deciding) => {
          const decided = eventsOf(await deciding(() => decide(command, copyOf(state))))
          return decided.length > 0 ? writableOf(kind, id, decided) : undefined
        },
      })
      return executed as Executed<Event, State>
    },
    load,
    query: (client, index, key) => queryAll(kindIn(client), index, key),
    queryPage: (client, index, key, options) => queryPage(kindIn(client), index, key, options),
    recalculate: async (client, id) => {
      name(id, [type, 'id'])
      const kind = kindIn(client)
      return append(kind, id, {
        find: () => findAnew(kind, id),
        decide: ({ sequence }) => (sequence === 0 ? undefined : { events: [], isKnown: false }),
      })
    },
  }
}

function rulebookOf<Event extends EventShape, State>(
  definition: Omit<AggregateDefinition<Event, EventShape, never, State>, 'decide'>,
): Rulebook<State> {
  const { type, initialState, evolve, publish = {}, version = 1 } = definition
  const first = typeof initialState === 'function' ? initialState : copyOf(initialState)
  const fold = foldOf<State, void>(first, evolve)
  const makers = new Map<string, (event: AggregateEvent, state: State) => unknown>(
    Object.entries(publish),
  )
  return {
    version: checkVersion(version, [type]),
    history: false,
    refuses: false,
    initial: fold.start,
    apply: ({ state, event, isNew, publish: send }) => {
      const make = isNew ? makers.get(event.type) : undefined
      const own = make && { ...event, data: copyOf(event.data) }
      const next = fold.add(state, [event as unknown as StoredEvent])
      const messages = own ? (make(own, copyOf(next)) ?? []) : []
      for (const message of [messages].flat() as OutboundEvent[]) send(message.type, message.data)
      return next
    },
  }
}
