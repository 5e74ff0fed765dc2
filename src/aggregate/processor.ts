import type { EventDefinitions } from '../event/definition.ts'
import type { EventShape, NewEvent } from '../event/event.ts'
import { isPlainObject } from '../event/plain.ts'
import { refuse } from '../store/check-value.ts'
import { ArgumentError } from '../store/errors.ts'
import { show } from '../store/show.ts'
import { copyOf } from '../store/copy.ts'
import {
  checkVersion,
  emptyBase,
  fold,
  messagesOf,
  type AggregateEvent,
  type OutboundEvent,
  type Rulebook,
  type Step,
} from './rulebook.ts'
import type { InputOfAggregate, Rules, StateUpdaterInput } from './rules.ts'

/** What a processor may be told beside its rules. */
export interface ProcessorOptions<Inbound, Input> {
  /** Whether rules see past events. They are then all loaded for each append. Default is `false`. */
  readonly history?: boolean | undefined
  /** Change it with the rules: snapshots that others made are then rebuilt from the events. Default is 1. */
  readonly version?: number | string | undefined
  /** Checks what is appended against schemas, and reads old events through their upcasters. */
  readonly events?:
    | EventDefinitions<Extract<Inbound, EventShape>, Extract<Input, EventShape>>
    | undefined
}

/** What a processor made of events. */
export interface Processed<State> {
  readonly state: State
  /** What the rules published for past events. */
  readonly pastOutboundEvents: readonly OutboundEvent[]
  /** What they published for new ones. */
  readonly newOutboundEvents: readonly OutboundEvent[]
}

type AnyInput = StateUpdaterInput<unknown, unknown, unknown, unknown>
type Rule = (input: AnyInput) => unknown

const knownOptions = ['history', 'version', 'events']

/**
 * The rules of an aggregate: for each event type a function from the state to the next one. Events of a
 * type without a rule are stored and change nothing.
 *
 * `Inbound` and `Outbound` are unions of payloads, or of events `{ type, data }`: then each rule in an
 * object of rules knows the data of its type, and so does `publish`.
 *
 * ```ts
 * type Inbound =
 *   | { type: 'ACCOUNT_OPENED'; data: { email: string } }
 *   | { type: 'BALANCE_CHANGED'; data: { amount: number } }
 * type Outbound = { type: 'BALANCE_CHANGED'; data: { balance: number } }
 *
 * const processor = new Processor<Account, Inbound, Outbound>(
 *   {
 *     ACCOUNT_OPENED: ({ state, current }) => ({ ...state, email: current.email }),
 *     BALANCE_CHANGED: ({ state, current, publish }) => {
 *       state.balance += current.amount
 *       publish('BALANCE_CHANGED', { balance: state.balance })
 *       return state
 *     },
 *   },
 *   () => ({ email: '', balance: 0 }),
 * )
 * ```
 */
export class Processor<
  State,
  Inbound,
  Outbound = unknown,
  Input = Inbound,
> implements Rulebook<State> {
  /** The version of the rules. */
  readonly version: number | string
  /** Whether the rules see past events. */
  readonly history: boolean
  /** A rule that throws refuses its event. */
  readonly refuses = true
  /** The definitions of the events, where they were given. */
  readonly events: ProcessorOptions<Inbound, Input>['events']
  readonly #rules: ReadonlyMap<string, Rule>
  readonly #initial: () => State

  constructor(
    rules: Rules<State, Inbound, Outbound>,
    initial: () => State,
    options: ProcessorOptions<Inbound, Input> = {},
  ) {
    this.#rules = ruleMap(rules)
    if (typeof initial !== 'function') {
      throw new ArgumentError(
        `Processor: expected a function that makes the state, found ${show(initial)}`,
      )
    }
    const unknown = Object.keys(options).find((key) => !knownOptions.includes(key))
    if (unknown !== undefined) {
      throw new ArgumentError(
        `Processor: unknown option ${unknown}, known are ${knownOptions.join(', ')}`,
      )
    }
    const { version = 1, history = false, events } = options
    if (typeof history !== 'boolean') refuse(['Processor', 'history'], 'true or false', history)
    this.#initial = initial
    this.version = checkVersion(version, ['Processor'])
    this.history = history
    this.events = events
  }

  /** The state before the first event. */
  initial(): State {
    return this.#initial()
  }

  /** The state with one more event; the same where its type has no rule. */
  apply(step: Step<State>): State {
    const rule = this.#rules.get(step.event.type)
    return rule ? (rule(inputOf(step, this.history)) as State) : step.state
  }

  /** Runs the rules over past and new events without a store: for tests, and for trying things out. */
  process(
    state: State | null,
    past: readonly InputOfAggregate<Input>[],
    events: readonly InputOfAggregate<Input>[],
  ): Processed<State> {
    const empty = emptyBase(this)
    const start = state === null ? empty : { ...empty, state: copyOf(state) }
    const before = fold(this, start, numbered(past as readonly NewEvent[], 1), false)
    const after = fold(this, before, numbered(events as readonly NewEvent[], past.length + 1), true)
    return {
      state: after.state,
      pastOutboundEvents: messagesOf(before),
      newOutboundEvents: messagesOf(after),
    }
  }
}

function ruleMap(rules: unknown): ReadonlyMap<string, Rule> {
  if (!(rules instanceof Map) && !isPlainObject(rules)) {
    throw new ArgumentError(`Processor: expected a Map or an object of rules, found ${show(rules)}`)
  }
  const entries: [unknown, unknown][] = rules instanceof Map ? [...rules] : Object.entries(rules)
  const wrong = entries.find(([, rule]) => typeof rule !== 'function')
  if (wrong) {
    throw new ArgumentError(
      `Processor: the rule ${show(wrong[0])} is no function, but ${show(wrong[1])}`,
    )
  }
  // A copy: rules that are added later would not be in the version.
  return new Map(entries as [string, Rule][])
}

function inputOf(step: Step<unknown>, history: boolean): AnyInput {
  const { state, event, isNew, news, past, publish } = step
  return {
    state,
    current: event.data,
    get newInboundEvents() {
      return news()
    },
    get pastInboundEvents() {
      if (history) return [...past]
      throw new ArgumentError('pastInboundEvents: make the processor with { history: true }')
    },
    currentIndex: event.aggregate.version - 1,
    isReplayed: !isNew,
    publish,
  }
}

/** Events that have no aggregate yet. */
function numbered(events: readonly NewEvent[], first: number): AggregateEvent[] {
  return events.map(({ type, data, id = '', metadata = {} }, at) => {
    const aggregate = { type: 'aggregate', id: '', version: first + at }
    return { id, type, data, metadata, aggregate }
  })
}
