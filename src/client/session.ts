import type { EventShape, NewEvent, Stored } from '../event/event.ts'
import { createEventId } from '../event/id.ts'
import type { Cursor } from '../store/stream.ts'
import type { Client } from './client.ts'
import { writableEvents } from './write-events.ts'

/** What a session loads: the events of one read, and the cursor that has seen them. */
export interface LoadedForSession<Event extends EventShape> {
  readonly events: readonly Stored<Event>[]
  /** Absent where the history was given. */
  readonly cursor?: Cursor
}

type Reducer<Event extends EventShape, State> = (state: State, event: Stored<Event>) => State

/** Events of one load, and events that are staged on top of them. */
export interface Session<Event extends EventShape, Loaded extends LoadedForSession<Event>> {
  /** Loads once; later calls see the same. */
  readonly loaded: () => Promise<Loaded>
  /** The loaded events, then the staged ones as they would be stored. */
  readonly events: () => Promise<readonly Stored<Event>[]>
  readonly reduce: <State>(reducer: Reducer<Event, State>, initialState: State) => Promise<State>
  /** As `reduce`, without the staged events. */
  readonly reduceStored: <State>(
    reducer: Reducer<Event, State>,
    initialState: State,
  ) => Promise<State>
  readonly stage: (events: NewEvent | readonly NewEvent[]) => void
  readonly hasStaged: () => boolean
  /** Forgets what was loaded, keeps what is staged, and loads again. */
  readonly refresh: () => Promise<void>
  /** Takes the place of what would be loaded. */
  readonly replace: (loaded: Loaded) => void
  /**
   * Hands over the staged events, with their ids. What is staged meanwhile waits for the next time.
   * Where `write` resolves they are stored, so they are no longer staged, and what was loaded is old.
   */
  readonly write: <Result>(
    write: (staged: readonly NewEvent[]) => Promise<Result>,
  ) => Promise<Result>
}

interface Staged<Event extends EventShape> {
  readonly event: NewEvent & { readonly id: string }
  /** The event as reducers see it: checked, with the output of its schema, after all that is stored. */
  readonly shown: () => Promise<Stored<Event>>
}

/** What validators and projections share: load once, stage, reduce. */
export function createSession<Event extends EventShape, Loaded extends LoadedForSession<Event>>(
  definitions: Client<Event>['definitions'],
  load: () => Promise<Loaded>,
): Session<Event, Loaded> {
  let loading: Promise<Loaded> | undefined
  let staged: readonly Staged<Event>[] = []
  let waiting: readonly Staged<Event>[] | undefined

  const loaded = (): Promise<Loaded> => {
    if (loading !== undefined) return loading
    const current = load()
    loading = current
    current.catch(() => {
      if (loading === current) loading = undefined
    })
    return current
  }

  const events = async (): Promise<readonly Stored<Event>[]> => {
    const stored = (await loaded()).events
    // After a lost answer a staged event may be among the stored ones.
    const known = staged.length === 0 ? undefined : new Set(stored.map(({ id }) => id))
    const others = staged.filter(({ event }) => !known?.has(event.id))
    return [...stored, ...(await Promise.all(others.map(({ shown }) => shown())))]
  }

  return {
    loaded,
    events,
    reduce: async (reducer, initialState) =>
      (await events()).reduce((state, event) => reducer(state, event), initialState),
    reduceStored: async (reducer, initialState) =>
      (await loaded()).events.reduce((state, event) => reducer(state, event), initialState),
    stage: (given) => {
      const added = (isList(given) ? given : [given]).map((event) =>
        stagedEvent(definitions, event),
      )
      if (waiting === undefined) staged = [...staged, ...added]
      else waiting = [...waiting, ...added]
    },
    hasStaged: () => staged.length > 0,
    refresh: async () => {
      loading = undefined
      await loaded()
    },
    replace: (given) => {
      loading = Promise.resolve(given)
    },
    write: async (write) => {
      waiting = []
      try {
        const result = await write(staged.map(({ event }) => event))
        staged = []
        loading = undefined
        return result
      } finally {
        staged = [...staged, ...waiting]
        waiting = undefined
      }
    },
  }
}

function stagedEvent<Event extends EventShape>(
  definitions: Client<Event>['definitions'],
  given: NewEvent,
): Staged<Event> {
  const event = { ...given, id: given.id ?? createEventId() }
  const timestamp = new Date().toISOString()
  let shown: Promise<Stored<Event>> | undefined
  const show = async (): Promise<Stored<Event>> => {
    const [written] = await writableEvents(definitions, [event])
    return { ...written, position: Infinity, timestamp } as unknown as Stored<Event>
  }
  return { event, shown: () => (shown ??= show()) }
}

function isList(given: NewEvent | readonly NewEvent[]): given is readonly NewEvent[] {
  return Array.isArray(given)
}
