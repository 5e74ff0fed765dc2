import { isStoredSnapshot, type Snapshot } from '../../aggregate/snapshot.ts'
import { snapshotType } from '../../aggregate/stored.ts'
import { resend } from '../../client/resend.ts'
import type { AggregateRef, StoredEvent } from '../../event/event.ts'
import { refuse } from '../../store/check-value.ts'
import { formatCursor } from '../../store/cursor.ts'
import { isEventfoldError } from '../../store/errors.ts'
import type { EventStore } from '../../store/store.ts'
import type { Cursor } from '../../store/stream.ts'

/** An aggregate that got new events. */
export interface AggregateChange<State> {
  readonly ref: AggregateRef
  /** Who has appended the newest of them: this very store, or another one, of this or another tab. */
  readonly source: 'local' | 'storage'
  /** The aggregate with them. `undefined` where they were not appended by an `Aggregate`, which leaves one. */
  readonly snapshot: Snapshot<State> | undefined
}

/** Who is told by `subscribe`. */
export type ChangeListener<State> = (change: AggregateChange<State>) => void

/** Tells who listens which aggregates have changed. */
export interface AggregateChanges<State> {
  /** The store's own commit, which it has to know. */
  readonly commit: EventStore['commit']
  readonly subscribe: (listener: ChangeListener<State>) => () => void
  readonly stop: () => void
}

/** What has happened since the listeners came. */
interface Following {
  /** Up to where they were told. `undefined` where it could not be read. */
  cursor: Cursor | undefined
  /** Until `cursor` is known. */
  starting: Promise<void> | undefined
  isTelling: boolean
  isOld: boolean
  /** The events of this store of which nobody was told, with their positions. */
  readonly own: Map<string, number>
  readonly end: () => void
}

type WithAggregate = StoredEvent & { readonly aggregate: NonNullable<StoredEvent['aggregate']> }

/** Changes of a store with one order that can be watched: nothing is polled. */
export function aggregateChanges<State>(store: EventStore): AggregateChanges<State> {
  const listeners = new Set<ChangeListener<State>>()
  /** Commits without an answer: nobody knows yet whose their events are. */
  const running = new Set<Promise<unknown>>()
  let following: Following | undefined

  const begin = (): Following => {
    const begun: Following = {
      cursor: undefined,
      starting: undefined,
      isTelling: false,
      isOld: false,
      own: new Map(),
      end: store.watch?.(() => void tell(begun)) ?? (() => {}),
    }
    begun.starting = start(begun).finally(() => (begun.starting = undefined))
    return begun
  }
  const start = async (begun: Following): Promise<void> => {
    try {
      begun.cursor = await headOf(store)
    } catch {
      // Who commits or reads is told why. From the next change on it is tried again.
    }
  }
  const stop = (): void => {
    following?.end()
    following = undefined
    listeners.clear()
  }

  const tell = async (current: Following): Promise<void> => {
    current.isOld = true
    if (current.isTelling) return
    current.isTelling = true
    while (current.isOld && current === following) {
      current.isOld = false
      const changes = await resend(() => changesSince(current), {}).catch(() => [])
      for (const change of changes) {
        for (const listener of listeners) {
          // Each on its own, so that one that throws keeps nothing from the others.
          queueMicrotask(() => {
            if (listeners.has(listener)) listener(change)
          })
        }
      }
    }
    current.isTelling = false
  }

  const changesSince = async (current: Following): Promise<AggregateChange<State>[]> => {
    await current.starting
    if (current.cursor === undefined) {
      await start(current)
      return []
    }
    const newest = new Map<string, WithAggregate>()
    let seen: StoredEvent | undefined
    try {
      for await (const event of store.read('all', { after: current.cursor })) {
        seen = event
        if (isOfAggregate(event)) newest.set(JSON.stringify(refOf(event)), event)
      }
    } catch (error) {
      // Of a log that is not the one of before, nothing is known.
      if (isEventfoldError(error, 'CONFLICT')) current.cursor = undefined
      throw error
    }
    if (!seen) return []
    await Promise.allSettled(running)
    const changes = await Promise.all([...newest.values()].map((event) => changeBy(current, event)))
    current.cursor = formatCursor(seen)
    for (const [id, position] of current.own) {
      if (position <= seen.position) current.own.delete(id)
    }
    return changes
  }

  const changeBy = async (
    { own }: Following,
    event: WithAggregate,
  ): Promise<AggregateChange<State>> => ({
    ref: refOf(event),
    source: own.has(event.id) ? 'local' : 'storage',
    snapshot: await snapshotWith(store, event),
  })

  return {
    commit: async (commit, options) => {
      // What is committed after listeners have come is told to them.
      if (following?.starting) await following.starting
      const committing = store.commit(commit, options).then((committed) => {
        for (const { id, position } of committed.events) following?.own.set(id, position)
        return committed
      })
      running.add(committing)
      try {
        return await committing
      } finally {
        running.delete(committing)
      }
    },
    subscribe: (listener) => {
      if (typeof listener !== 'function') refuse(['subscribe'], 'a function', listener)
      following ??= begin()
      // One function may listen twice.
      const own: ChangeListener<State> = (change) => listener(change)
      listeners.add(own)
      return () => {
        listeners.delete(own)
        if (listeners.size === 0) stop()
      }
    },
    stop,
  }
}

async function headOf(store: EventStore): Promise<Cursor> {
  const [newest] = await Array.fromAsync(store.read('all', { backwards: true, limit: 1 }))
  return newest ? formatCursor(newest) : '0'
}

/** The snapshot that its append has made, or a later one has. */
async function snapshotWith<State>(
  store: EventStore,
  event: WithAggregate,
): Promise<Snapshot<State> | undefined> {
  const ref = refOf(event)
  const data = (await store.documents.get(await snapshotType(ref), ref.id))?.data
  if (!isStoredSnapshot<State>(data)) return undefined
  const { state, sequence, eventId } = data
  const { version } = event.aggregate
  const hasIt = sequence === version ? eventId === event.id : sequence > version
  return hasIt ? { ref, state, sequence } : undefined
}

function refOf({ aggregate: { type, id } }: WithAggregate): AggregateRef {
  return { type, id }
}

function isOfAggregate(event: StoredEvent): event is WithAggregate {
  return event.aggregate !== undefined
}
