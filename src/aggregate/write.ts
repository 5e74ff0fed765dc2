import { readAll } from '../client/read-events.ts'
import { resend } from '../client/resend.ts'
import { shortName } from '../client/short-name.ts'
import type { AggregateRef, NewEvent, StoredEvent } from '../event/event.ts'
import type { Commit, Committed, Idempotency } from '../store/commit.ts'
import { formatCursor } from '../store/cursor.ts'
import type { DocumentWrite } from '../store/document.ts'
import { ArgumentError, isEventfoldError } from '../store/errors.ts'
import type { Cursor } from '../store/stream.ts'
import { copyOf } from '../store/copy.ts'
import { keysOfSnapshot } from './define-index.ts'
import {
  fold,
  messagesOf,
  type AggregateEvent,
  type Folded,
  type OutboundEvent,
} from './rulebook.ts'
import type { Snapshot, StoredSnapshot } from './snapshot.ts'
import { snapshotType, type Found, type Home, type Kind } from './stored.ts'

/** What an append did. */
export interface Appended<State> extends Snapshot<State> {
  /** The events as they were stored. */
  readonly events: readonly StoredEvent[]
  /** What the rules published for these events; it waits in the outbox. */
  readonly newOutboundEvents: readonly OutboundEvent[]
  /** Whether this is the answer that the event ids or the idempotency key already had. */
  readonly replayed: boolean
}

/** An append as it will be written, if the aggregate is still at the version that was found. */
export interface Prepared<State> {
  readonly snapshot: Snapshot<State>
  /** What will be there then. */
  readonly next: Omit<Found<State>, 'guard'>
  readonly published: Folded<State>['published']
  readonly commit: Commit
}

/** Runs the rules, and puts everything that changes into one commit. The events have ids. */
export async function prepare<State>(
  kind: Kind<State>,
  id: string,
  found: Found<State>,
  events: readonly NewEvent[],
  idempotency?: Idempotency,
): Promise<Prepared<State>> {
  const ref: AggregateRef = { type: kind.type, id }
  const folded = fold(kind.rulebook, found, numbered(ref, found.sequence, events), true)
  const { state, sequence, eventId, published } = folded
  const snapshot = { ref, state, sequence }
  const keys = keysOfSnapshot(kind.indexes, snapshot)
  // The caller may change the state that it gets.
  const next = { state: copyOf(state), sequence, eventId, keys, past: [], isCertain: false }
  const data: StoredSnapshot<State> = {
    state,
    sequence,
    eventId,
    rules: kind.rulebook.version,
    keys,
  }
  return {
    snapshot,
    next,
    published,
    commit: {
      events: events.map((event) => ({ ...event, aggregate: ref })),
      ...guardsOf(ref, found, kind),
      documents: [
        {
          type: await snapshotType(ref),
          id,
          data,
          if: found.guard,
          ...(kind.store.capabilities.totalOrder && { cursor: found.cursor }),
        },
        ...(await entryWrites(ref, found, keys)),
      ],
      outbox: published,
      idempotency,
    },
  }
}

/** Sends it; what was sent before under the same ids or the same key is answered as the first time. */
export async function write<State>(
  kind: Kind<State>,
  { snapshot, next, published, commit }: Prepared<State>,
  signal?: AbortSignal,
): Promise<Appended<State> & { readonly committed: Committed }> {
  kind.recent.delete(snapshot.ref.id)
  // Without events it is repeated, too: the snapshot of a version is the same each time.
  const send = () => kind.store.commit(commit, { signal })
  const committed = await resend(send, { signal }).catch((error: unknown) => {
    throw named(error, snapshot.ref, published)
  })
  const { replayed, documents } = committed
  if (!replayed && documents[0]) {
    const guard = { revision: documents[0].revision }
    const cursor = committed.cursor ?? cursorOf(kind, committed.events.at(-1))
    kind.recent.set(snapshot.ref.id, { ...next, guard, cursor })
  }
  const events = await readAll(kind.read, committed.events)
  const newOutboundEvents = messagesOf({ published })
  return { ...snapshot, events, newOutboundEvents, replayed: false, committed }
}

/** What cannot be stored is said in the words of the caller, who knows nothing of the commit. */
function named(
  error: unknown,
  { type, id }: AggregateRef,
  published: Prepared<unknown>['published'],
): unknown {
  if (!isEventfoldError(error, 'INVALID_ARGUMENT')) return error
  const message = error.message
    .replace(/^commit\.documents\.0\.data\.state/, 'state')
    .replace(/^commit\.outbox\.(\d+)/, (_, at) => `message ${published[Number(at)]?.type}`)
    .replace(/^commit\.events/, 'events')
  return new ArgumentError(`${type} ${id}: ${message}`)
}

/** The type of the documents that are the entries of an index under a key. */
export function entryType(type: string, index: string, key: string): Promise<string> {
  return shortName(['$index', type, index, key])
}

/** Takes an aggregate from the keys that it had to those that it has. */
async function entryWrites(
  { type, id }: AggregateRef,
  { keys, isAnew }: Found<unknown>,
  after: Found<unknown>['keys'],
): Promise<readonly DocumentWrite[]> {
  const left = Object.entries(keys).filter(([index, key]) => after[index] !== key)
  const entered = Object.entries(after).filter(([index, key]) => isAnew || keys[index] !== key)
  return Promise.all([
    ...left.map(async ([index, key]) => {
      return { type: await entryType(type, index, key), id, delete: true } as const
    }),
    ...entered.map(async ([index, key]) => {
      // One that is there says the same.
      const unless = { if: 'absent', otherwise: 'skip' } as const
      return { type: await entryType(type, index, key), id, data: { index, key }, ...unless }
    }),
  ])
}

/**
 * The aggregate must be at its version. And what is only known from a snapshot must be the newest event,
 * for a log that was rewound has another one: a condition tells, or the cursor of the snapshot. Without a
 * total order the condition is also what gives the next append its cursor.
 */
function guardsOf(
  aggregate: AggregateRef,
  { sequence, eventId, isCertain, cursor }: Found<unknown>,
  { store }: Home,
): Pick<Commit, 'conditions' | 'expect'> {
  if (!store.capabilities.totalOrder) {
    const isSeen = eventId === '' ? sequence === 0 : cursor !== undefined
    return {
      expect: [{ aggregate, version: sequence }],
      ...(isSeen && { conditions: [{ streams: [{ aggregate }], after: cursor }] }),
    }
  }
  return isCertain || eventId === '' || cursor !== undefined
    ? { expect: [{ aggregate, version: sequence }] }
    : { conditions: [{ streams: [{ aggregate }], after: { eventId } }] }
}

/** The cursor of an event, in a store whose cursors are made so. */
function cursorOf({ store }: Home, event: StoredEvent | undefined): Cursor | undefined {
  return store.capabilities.totalOrder && event ? formatCursor(event) : undefined
}

function numbered(
  ref: AggregateRef,
  sequence: number,
  events: readonly NewEvent[],
): AggregateEvent[] {
  return events.map(({ id = '', type, data, metadata = {} }, at) => {
    return { id, type, data, metadata, aggregate: { ...ref, version: sequence + 1 + at } }
  })
}
