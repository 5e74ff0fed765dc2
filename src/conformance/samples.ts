import type { NewEvent, StoredEvent } from '../event/event.ts'
import { isEventfoldError } from '../store/errors.ts'
import type { EventStore, ReadOptions } from '../store/store.ts'
import type { Stream, Streams } from '../store/stream.ts'
import { equal } from './expect.ts'

/** An event of one cart. Laws name an identifier wherever they can, for stores that need one. */
export function added(cartId: string, more: object = {}): NewEvent {
  return { type: 'ITEM_ADDED', data: { cartId, ...more } }
}

/** Everything that happened to one cart. */
export function cart(cartId: string): Stream {
  return { filter: { cartId } }
}

/** A whole read as a list. */
export async function read(
  store: EventStore,
  streams: Streams,
  options?: ReadOptions,
): Promise<StoredEvent[]> {
  return Array.fromAsync(store.read(streams, options))
}

/** One key of the data of each event. */
export function field(events: readonly StoredEvent[], key: string): unknown[] {
  return events.map((event) => (event.data as Record<string, unknown>)[key])
}

export function ids(events: readonly StoredEvent[]): string[] {
  return events.map((event) => event.id)
}

export function positions(events: readonly StoredEvent[]): number[] {
  return events.map((event) => event.position)
}

/**
 * Appends events in as few commits as the store takes. Where that is few, an event counts `each` times:
 * once for each of its identifiers, for each identifier that is new, and for an id of its own.
 */
export async function appendAll(
  store: EventStore,
  events: readonly NewEvent[],
  each = 5,
): Promise<StoredEvent[]> {
  const { commitEvents } = store.capabilities.limits
  const size = commitEvents < 1000 ? Math.floor(commitEvents / each) : commitEvents
  const stored: StoredEvent[] = []
  for (let at = 0; at < events.length; at += size) {
    stored.push(...(await store.commit({ events: events.slice(at, at + size) })).events)
  }
  return stored
}

/** The whole numbers from `first`, `count` of them. */
export function numbers(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => first + index)
}

/** Runs `work` for 0 to `count` - 1, all at once. */
export async function atOnce<Result>(
  count: number,
  work: (index: number) => Promise<Result>,
): Promise<Result[]> {
  return Promise.all(numbers(0, count).map(work))
}

/**
 * Takes a step again and again while `work` is going on, and until one that began after its end
 * answers that there is no more.
 */
export async function meanwhile(
  work: Promise<unknown>,
  step: () => Promise<boolean>,
): Promise<void> {
  let ended = false
  const steps = async (): Promise<void> => {
    for (let more = true; more;) {
      const last = ended
      more = (await step()) || !last
      await new Promise((resolve) => setTimeout(resolve, 0))
    }
  }
  const working = work.finally(() => {
    ended = true
  })
  await Promise.all([working, steps()])
}

/** As many handles on one log as there are writers, each opened anew where the store can. */
export async function handles(
  log: { readonly store: EventStore; readonly reopen: () => Promise<EventStore> },
  count: number,
): Promise<EventStore[]> {
  const others = await atOnce(Math.max(0, Math.min(count, 4) - 1), () => log.reopen())
  const all = [log.store, ...others]
  return numbers(0, count).map((index) => all[index % all.length] as EventStore)
}

/** Whether a commit was accepted; a conflict is `false`, any other failure is thrown. */
export async function accepted(commit: Promise<unknown>): Promise<boolean> {
  try {
    await commit
    return true
  } catch (error) {
    if (isEventfoldError(error, 'CONFLICT')) return false
    throw error
  }
}

/** Fails unless the cart has no event, the document does not exist and no message waits. */
export async function holdsNothing(store: EventStore, cartId: string): Promise<void> {
  equal(await read(store, [cart(cartId)]), [], 'events')
  equal(await store.documents.get('view', cartId), undefined, 'document')
  equal(await store.outbox.read(), [], 'outbox')
}

/** Lists and objects in one another, so many levels deep. */
export function nested(depth: number, inner: unknown): unknown {
  let value = inner
  for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value] : { value }
  return value
}
