import type { Next } from '../client/fold.ts'
import type { EventMetadata, EventShape, NewEvent } from '../event/event.ts'

/** The data of an event of a union, or the payload itself where a union of payloads is used. */
export type PayloadOf<Inbound, Type = string> = [Inbound] extends [EventShape]
  ? OfType<Inbound, Type>['data']
  : Inbound

type OfType<Event extends EventShape, Type> = Event extends EventShape
  ? Event['type'] extends Type
    ? Event
    : never
  : never

type NewOf<Type extends string, Data> = Omit<NewEvent<Type, Data>, 'aggregate'>

/** What is appended: an event of a union, or any type with one of the payloads. */
export type InputOfAggregate<Inbound> = [Inbound] extends [EventShape]
  ? { readonly [Type in Inbound['type']]: NewOf<Type, PayloadOf<Inbound, Type>> }[Inbound['type']]
  : NewOf<string, Inbound>

/** An event as a rule sees it beside the one that it handles. */
export type InboundEvent<Inbound> = (Inbound extends EventShape
  ? Inbound
  : { readonly type: string; readonly data: Inbound }) & { readonly metadata: EventMetadata }

/** Hands a message to the outbox: a message of a union, or any type with one of the payloads. */
export type Publish<Outbound> = [Outbound] extends [EventShape]
  ? <const Type extends Outbound['type']>(
      type: Type,
      data: Extract<Outbound, { readonly type: Type }>['data'],
    ) => void
  : (type: string, data: Outbound) => void

/** What a rule is given. */
export interface StateUpdaterInput<State, Inbound, Outbound, Current> {
  /** The rule's own copy: it may be changed and returned. */
  readonly state: State
  /** The data of the event that the rule handles: its own copy, too. */
  readonly current: Current
  /** The events that are appended together. An event that is replayed is alone. */
  readonly newInboundEvents: readonly InboundEvent<Inbound>[]
  /** All events before this one. Throws unless the processor was made with `history: true`. */
  readonly pastInboundEvents: readonly InboundEvent<Inbound>[]
  /** The event's place in the history of its aggregate, from 0: its version less one. */
  readonly currentIndex: number
  /**
   * Whether the event is stored already. What others append to the aggregate passes no rule first: a rule
   * that throws for such an event makes the aggregate unreadable, unless it throws only where this is false.
   */
  readonly isReplayed: boolean
  /**
   * Writes a message to the outbox, in the same commit as the events. What is published is copied. Where
   * the event is replayed, nothing is published a second time.
   */
  readonly publish: Publish<Outbound>
}

/**
 * A rule: the state with one more event. It depends on nothing but its input, for it is asked again
 * after a conflict and whenever the events are replayed. To refuse the event, it throws.
 */
export type StateUpdater<State, Inbound, Outbound, Current> = (
  input: StateUpdaterInput<State, Inbound, Outbound, Current>,
) => State

/** A rule in whose place one for a narrower payload may stand: a method, so that the payload may be annotated. */
type AnyUpdater<State, Inbound, Outbound> = {
  update(input: StateUpdaterInput<State, Inbound, Outbound, Inbound>): Next<State>
}['update']

/** Rules by event type. Where `Inbound` is a union of events, each rule knows the data of its type. */
export type RuleTable<State, Inbound, Outbound> = [Inbound] extends [EventShape]
  ? {
      readonly [Type in Inbound['type']]?: (
        input: StateUpdaterInput<State, Inbound, Outbound, PayloadOf<Inbound, Type>>,
      ) => Next<State>
    }
  : { readonly [type: string]: AnyUpdater<State, Inbound, Outbound> }

/** Rules by event type, as a map or as an object. */
export type Rules<State, Inbound, Outbound> =
  | ReadonlyMap<string, StateUpdater<State, Inbound, Outbound, PayloadOf<Inbound>>>
  | RuleTable<NoInfer<State>, Inbound, Outbound>
