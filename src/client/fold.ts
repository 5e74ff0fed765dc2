import type { EventShape, Stored, StoredEvent } from '../event/event.ts'
import type { OfType } from './typed-stream.ts'

/** One handler for each type of event that is read; it gives the next state and changes nothing. */
export type Evolve<Event extends EventShape, Type, State> = {
  readonly [One in Type & string]?: (state: State, event: Stored<OfType<Event, One>>) => Next<State>
}

/**
 * The next state. The second half adds nothing to the first: it tells the compiler to keep literals as
 * they are written, so that `status: 'closed'` is not just a string.
 */
export type Next<State> = State | (State & Literal)

type Literal = '' | 0 | true | null | [] | readonly Literal[] | { readonly [key: string]: Literal }

/** How a state begins and how events add up to it. */
export interface Fold<State, Subject> {
  /** The state before the first event; nobody else has it. */
  readonly start: (subject: Subject) => State
  /** Adds events. Types without a handler change nothing. */
  readonly add: (state: State, events: readonly StoredEvent[]) => State
}

/** The fold of an initial state, or a function that makes it, and a table of handlers. */
export function foldOf<State, Subject>(
  initialState: State | ((subject: Subject) => State),
  evolve: object,
): Fold<State, Subject> {
  const handlers = new Map<string, (state: State, event: StoredEvent) => State>(
    Object.entries(evolve),
  )
  return {
    start: (subject) => {
      if (typeof initialState === 'function') {
        return (initialState as (subject: Subject) => State)(subject)
      }
      return structuredClone(initialState)
    },
    add: (state, events) =>
      events.reduce((current, event) => {
        const handler = handlers.get(event.type)
        return handler ? handler(current, event) : current
      }, state),
  }
}
