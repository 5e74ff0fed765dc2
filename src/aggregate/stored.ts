import { readAll, type EventReader } from '../client/read-events.ts'
import { resend } from '../client/resend.ts'
import { shortName } from '../client/short-name.ts'
import type { EventDefinitions } from '../event/definition.ts'
import type { AggregateRef, StoredEvent } from '../event/event.ts'
import type { EventStore } from '../store/store.ts'
import type { Cursor } from '../store/stream.ts'
import { copyOf } from '../store/copy.ts'
import type { IndexKey } from './define-index.ts'
import {
  emptyBase,
  fold,
  seenEvents,
  type AggregateEvent,
  type Base,
  type OutboundEvent,
  type Rulebook,
} from './rulebook.ts'
import type { Recent } from './recent.ts'
import { isStoredSnapshot } from './snapshot.ts'

/** How many events are loaded at a time. */
const PAGE = 1000

/** Where the events of an aggregate type are, and how they are read. */
export interface Home {
  readonly type: string
  readonly store: EventStore
  readonly definitions: EventDefinitions
  readonly read: EventReader
}

/** Everything that is known of the aggregates of one type. */
export interface Kind<State> extends Home {
  readonly rulebook: Rulebook<State>
  readonly indexes: ReadonlyMap<string, IndexKey<State>>
  /** What was written last: the next append need not read it, and notices where it is out of date. */
  readonly recent: Recent<Found<State>>
}

/** An aggregate as it was found. */
export interface Found<State> extends Base<State> {
  /** The keys of the index entries that it has. */
  readonly keys: Saved<State>['keys']
  /** Holds while they are the keys that it has. */
  readonly guard: Saved<State>['guard']
  /** Whether the events were looked at, too: a snapshot alone may be out of date. */
  readonly isCertain: boolean
  /** Whether index entries are written even where they should be there. */
  readonly isAnew?: boolean
  /** Of the newest event, where it is known. */
  readonly cursor?: Cursor | undefined
}

/** What replayed events have published. */
type Listener = (published: OutboundEvent) => void

/** What is kept of an aggregate beside its events. */
interface Saved<State> {
  readonly keys: Readonly<Record<string, string>>
  /** Of the document that this was read from. */
  readonly guard: 'absent' | { readonly revision: number }
  /** Absent where other rules made the snapshot. */
  readonly base?: Base<State>
}

/**
 * The type of the document that is the snapshot of an aggregate. Each has its own, since documents of one
 * type are kept together: where that is in one partition, all aggregates of a type would wait for each other.
 */
export function snapshotType({ type, id }: AggregateRef): Promise<string> {
  return shortName(['$snapshot', type, id])
}

/**
 * What the snapshot says, in one read or none. It may be out of date, which an append notices by its
 * expected version. Where an event id alone proves nothing without further reads, it is proven here.
 */
export async function findQuickly<State>(
  kind: Kind<State>,
  id: string,
  signal?: AbortSignal,
): Promise<Found<State>> {
  const recent = kind.recent.get(id)
  const { totalOrder } = kind.store.capabilities
  if (recent && (totalOrder || recent.cursor !== undefined)) return recent
  if (!totalOrder)
    return (recent && (await proven(kind, id, recent, signal))) ?? find(kind, id, signal)
  const { base, ...saved } = await savedOf(kind, id, signal)
  if (!base && saved.guard !== 'absent') return find(kind, id, signal)
  return { ...(base ?? emptyBase(kind.rulebook)), ...saved, isCertain: false }
}

/** With the cursor of its newest event, if that is still the newest one. */
async function proven<State>(
  { type, store }: Home,
  id: string,
  found: Found<State>,
  signal: AbortSignal | undefined,
): Promise<Found<State> | undefined> {
  const last = { fromVersion: found.sequence, signal }
  const load = () => store.load([{ aggregate: { type, id } }], last)
  const { events, cursor } = await resend(load, { signal })
  const isNewest = events.length === 1 && events[0]?.id === found.eventId
  return isNewest ? { ...found, cursor } : undefined
}

/** The state as of now: the snapshot where it is current, else rebuilt from the events. */
export async function find<State>(
  kind: Kind<State>,
  id: string,
  signal?: AbortSignal,
): Promise<Found<State>> {
  const [{ base, ...saved }, newest] = await Promise.all([
    savedOf(kind, id, signal),
    newestOf(kind, id, signal),
  ])
  if (!newest) return { ...emptyBase(kind.rulebook), ...saved, isCertain: true }
  const isCurrent = base?.eventId === newest.id && base.sequence === newest.aggregate?.version
  // Rules that see the past see all of it.
  const from = kind.rulebook.history ? undefined : base
  const found = isCurrent ? base : await replay(kind, id, { from, signal })
  return { ...found, ...saved, isCertain: true }
}

/** Everything anew from the events; what they published goes to `hear`. */
export async function findAnew<State>(
  kind: Kind<State>,
  id: string,
  hear?: Listener,
): Promise<Found<State>> {
  const { keys, guard } = await savedOf(kind, id)
  const base = await replay(kind, id, { hear })
  return { ...base, keys, guard, isCertain: true, isAnew: true }
}

/** With all events before, where the rules of the next ones may look at them. */
export async function withPast<State>(
  kind: Kind<State>,
  id: string,
  found: Found<State>,
  signal?: AbortSignal,
): Promise<Found<State>> {
  const { sequence } = found
  if (!kind.rulebook.history || found.past.length === sequence) return found
  const past: AggregateEvent[] = []
  for await (const page of pages(kind, id, 1, signal)) {
    for (const event of page) if (event.aggregate.version <= sequence) past.push(event)
    if (past.length === sequence) break
  }
  return { ...found, past: seenEvents(past) }
}

/** What the snapshot has, and whether it may be used. */
export async function savedOf<State>(
  { type, store, rulebook }: Kind<State>,
  id: string,
  signal?: AbortSignal,
): Promise<Saved<State>> {
  const documentType = await snapshotType({ type, id })
  const document = await resend(() => store.documents.get(documentType, id), { signal })
  if (!document) return { keys: {}, guard: 'absent' }
  const guard = { revision: document.revision }
  if (!isStoredSnapshot<State>(document.data)) return { keys: {}, guard }
  const { state, sequence, eventId, rules, keys } = document.data
  if (rules !== rulebook.version) return { keys, guard }
  return { keys, guard, base: { state: copyOf(state), sequence, eventId, past: [] } }
}

async function newestOf(
  { type, store }: Home,
  id: string,
  signal: AbortSignal | undefined,
): Promise<StoredEvent | undefined> {
  const streams = [{ aggregate: { type, id } }]
  const options = { backwards: true, limit: 1, signal }
  const [event] = await resend(async () => Array.fromAsync(store.read(streams, options)), {
    signal,
  })
  return event
}

/** Adds what is stored to a base, whose newest event must be there: otherwise to the beginning. */
async function replay<State>(
  kind: Kind<State>,
  id: string,
  options: {
    readonly from?: Base<State> | undefined
    readonly hear?: Listener | undefined
    readonly signal?: AbortSignal | undefined
  },
): Promise<Base<State>> {
  const { from, hear, signal } = options
  let base = from ?? emptyBase(kind.rulebook)
  for await (const page of pages(kind, id, Math.max(base.sequence, 1), signal)) {
    const isSeen = base.sequence > 0 && base === from
    if (isSeen && page[0]?.id !== base.eventId) break
    const folded = fold(kind.rulebook, base, isSeen ? page.slice(1) : page, false)
    if (hear) folded.published.forEach(hear)
    base = folded
  }
  return from !== undefined && base === from
    ? replay(kind, id, { ...options, from: undefined })
    : base
}

async function* pages(
  { type, store, read }: Home,
  id: string,
  first: number,
  signal?: AbortSignal,
): AsyncGenerator<readonly AggregateEvent[]> {
  const streams = [{ aggregate: { type, id } }]
  for (let fromVersion = first; ; fromVersion += PAGE) {
    const span = { fromVersion, toVersion: fromVersion + PAGE - 1, signal }
    const { events } = await resend(() => store.load(streams, span), { signal })
    if (events.length > 0) yield (await readAll(read, events)) as readonly AggregateEvent[]
    if (events.length < PAGE) return
  }
}
