import type { AggregateRef, EventMetadata } from '../event/event.ts'
import { refuse, type Path } from '../store/check-value.ts'
import { ArgumentError, isEventfoldError, RejectedError, ValidationError } from '../store/errors.ts'
import { show } from '../store/show.ts'
import { copyOf, frozen } from '../store/copy.ts'

/** An event of an aggregate as far as it is known before it is stored. */
export interface AggregateEvent<Type extends string = string, Data = unknown> {
  readonly id: string
  readonly type: Type
  readonly data: Data
  readonly metadata: EventMetadata
  readonly aggregate: AggregateRef & { readonly version: number }
}

/** A message that a rule has published. */
export interface OutboundEvent {
  readonly type: string
  readonly data: unknown
}

/** One event and everything that a rule may know of it. */
export interface Step<State> {
  readonly state: State
  /** Its data is the rule's own. */
  readonly event: AggregateEvent
  /** Whether it is not stored yet. */
  readonly isNew: boolean
  /** What is appended together; immutable. */
  readonly news: () => readonly AggregateEvent[]
  /** What came before; immutable, and empty unless the rules ask for it. */
  readonly past: readonly AggregateEvent[]
  readonly publish: (type: string, data: unknown) => void
}

/** How events add up to a state, in whatever form the rules were given. */
export interface Rulebook<State> {
  /** Snapshots of another version are not used. */
  readonly version: number | string
  /** Whether rules look at past events. */
  readonly history: boolean
  /** Whether a rule that throws refuses the event. Otherwise it is a mistake. */
  readonly refuses: boolean
  readonly initial: () => State
  /** The next state; the same where there is no rule for the event. */
  readonly apply: (step: Step<State>) => State
}

/** A state and the events that it has seen. */
export interface Base<State> {
  readonly state: State
  readonly sequence: number
  /** Of the newest event, `''` where there is none. */
  readonly eventId: string
  readonly past: readonly AggregateEvent[]
}

/** What events made of a state. */
export interface Folded<State> extends Base<State> {
  /** Each with the index of its event. */
  readonly published: readonly (OutboundEvent & { readonly event: number })[]
}

/** A version of rules: kept in each snapshot, and compared with it. */
export function checkVersion(version: number | string, path: Path): number | string {
  const isVersion = typeof version === 'string' || Number.isFinite(version)
  return isVersion ? version : refuse([...path, 'version'], 'a number or a string', version)
}

/** The base of an aggregate without events. */
export function emptyBase<State>(rulebook: Rulebook<State>): Base<State> {
  return { state: copyOf(rulebook.initial()), sequence: 0, eventId: '', past: [] }
}

/** Adds events to a base, which stays as it is. New events see each other, replayed ones do not. */
export function fold<State>(
  rulebook: Rulebook<State>,
  base: Base<State>,
  events: readonly AggregateEvent[],
  isNew: boolean,
): Folded<State> {
  // Few rules look at other events: what they see is copied when they do.
  let copies: readonly AggregateEvent[] | undefined
  const seen = (): readonly AggregateEvent[] => (copies ??= seenEvents(events))
  const published: Folded<State>['published'][number][] = []
  const past = rulebook.history ? [...base.past] : []
  let state = copyOf(base.state)
  events.forEach((given, at) => {
    let isOver = false
    const event = copyOfEvent(given)
    const step: Step<State> = {
      state,
      event,
      isNew,
      news: () => (isNew ? seen() : seen().slice(at, at + 1)),
      past,
      publish: (type, data) => {
        if (isOver) {
          throw new ArgumentError(`publish ${show(type)}: the rule ${event.type} has ended`)
        }
        published.push({ type, data: copyOf(data), event: at })
      },
    }
    // A copy after each event, as if each was appended alone: what a rule gives may be shared.
    state = copyOf(applyOne(rulebook, step))
    isOver = true
    if (rulebook.history) past.push(seen()[at] as AggregateEvent)
  })
  const last = events.at(-1)
  return {
    state,
    sequence: last?.aggregate.version ?? base.sequence,
    eventId: last?.id ?? base.eventId,
    past,
    published,
  }
}

/** Events as rules see them beside their own: of the same form wherever they come from, and immutable. */
export function seenEvents(events: readonly AggregateEvent[]): readonly AggregateEvent[] {
  return frozen(events.map(copyOfEvent))
}

/** What is told of messages: not which event has made them. */
export function messagesOf({
  published,
}: Pick<Folded<unknown>, 'published'>): readonly OutboundEvent[] {
  return published.map(({ type, data }) => ({ type, data }))
}

function copyOfEvent({ id, type, data, metadata, aggregate }: AggregateEvent): AggregateEvent {
  return { id, type, data: copyOf(data), metadata: copyOf(metadata), aggregate: { ...aggregate } }
}

function applyOne<State>(rulebook: Rulebook<State>, step: Step<State>): State {
  const { id: eventId, type, aggregate } = step.event
  const where = `${aggregate.type} ${aggregate.id}: the rule ${type}, on version ${aggregate.version},`
  let next: State
  try {
    next = rulebook.apply(step)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    const isMistake = step.isNew && !rulebook.refuses
    if (isMistake || isEventfoldError(cause, 'INVALID_ARGUMENT')) {
      throw Object.assign(new ArgumentError(`${where} failed: ${reason}`), { cause })
    }
    if (!step.isNew) {
      const message = `cannot replay ${eventId}: ${where} failed: ${reason}`
      throw new ValidationError(message, { eventType: type, eventId, cause })
    }
    const error = new RejectedError(`${where} refused it: ${reason}`, {
      aggregate: { type: aggregate.type, id: aggregate.id },
      event: { type, version: aggregate.version },
    })
    throw Object.assign(error, { cause })
  }
  if (next === undefined) throw new ArgumentError(`${where} returned nothing: return the state`)
  if (typeof (next as { then?: unknown } | null)?.then === 'function') {
    throw new ArgumentError(`${where} returned a promise: rules are synchronous`)
  }
  return next
}
