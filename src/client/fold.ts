import type { EventShape, Stored, StoredEvent } from '../event/event.ts'
import type { OfType } from './typed-stream.ts'

/** One handler for each type of event that is read; it gives the next state and changes nothing. */
export type Evolve<Event extends EventShape, Type, State> = {
  readonly [One in Type & string]?: (state: State, event: Stored<OfType<Event, One>>) => State
}

/** Adds events up to a state. Types without a handler change nothing. */
export type Fold<State> = (state: State, events: readonly StoredEvent[]) => State

/** The fold of a table of handlers. */
export function foldOf<State>(evolve: object): Fold<State> {
  const handlers = new Map<string, (state: State, event: StoredEvent) => State>(
    Object.entries(evolve),
  )
  return (state, events) =>
    events.reduce((current, event) => {
      const handler = handlers.get(event.type)
      return handler === undefined ? current : handler(current, event)
    }, state)
}
