import type { EventShape, NewEvent, Stored } from '../event/event.ts'
import { createEventId } from '../event/id.ts'
import type { Cursor } from '../store/stream.ts'

/** Events of one load, and events that are staged on top of them. */
export interface Session<Event extends EventShape, Loaded extends LoadedForSession<Event>> {
  /** Loads once; later calls see the same. */
  readonly loaded: () => Promise<Loaded>
  /** The loaded events, then the staged ones. */
  readonly events: () => Promise<readonly Stored<Event>[]>
  /** The staged events as they will be sent, with their ids. */
  readonly staged: () => readonly NewEvent[]
  readonly stage: (events: readonly NewEvent[]) => void
  /** Forgets what was loaded, keeps what is staged, and loads again. */
  readonly refresh: () => Promise<void>
  /** Takes the place of what would be loaded. */
  readonly replace: (loaded: Loaded) => void
  /** Forgets what was loaded, and the staged events that are stored now. */
  readonly settle: (sent: readonly NewEvent[]) => void
}

export interface LoadedForSession<Event extends EventShape> {
  readonly events: readonly Stored<Event>[]
  readonly cursor?: Cursor
}

/** What validators and projections share: load once, stage, reduce. */
export function createSession<Event extends EventShape, Loaded extends LoadedForSession<Event>>(
  load: () => Promise<Loaded>,
): Session<Event, Loaded> {
  let loading: Promise<Loaded> | undefined
  let staged: readonly NewEvent[] = []

  const loaded = (): Promise<Loaded> => {
    loading ??= load().catch((error: unknown) => {
      loading = undefined
      throw error
    })
    return loading
  }
  return {
    loaded,
    events: async () => [
      ...(await loaded()).events,
      ...staged.map((event) => asStored(event) as Stored<Event>),
    ],
    staged: () => staged,
    stage: (events) => {
      staged = [
        ...staged,
        ...events.map((event) => ({ ...event, id: event.id ?? createEventId() })),
      ]
    },
    refresh: async () => {
      loading = undefined
      await loaded()
    },
    replace: (given) => {
      loading = Promise.resolve(given)
    },
    settle: (sent) => {
      loading = undefined
      staged = staged.filter((event) => !sent.includes(event))
    },
  }
}

/** A staged event as reducers see it: after everything that is stored. */
function asStored(event: NewEvent): object {
  return {
    metadata: {},
    ...event,
    position: Number.POSITIVE_INFINITY,
    timestamp: new Date().toISOString(),
  }
}
