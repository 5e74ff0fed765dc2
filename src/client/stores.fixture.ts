import { z } from 'zod'
import { defineEvents } from '../event/definition.ts'
import { StoreError } from '../store/errors.ts'
import type { EventStore } from '../store/store.ts'
import type { Stream, Streams } from '../store/stream.ts'
import type { Client, EventsOf, InputsOf } from './client.ts'
import { createEventClient } from './create-client.ts'
import type { FreshLog } from './every-store.fixture.ts'
import type { ReadRules } from './read-events.ts'

export { everyStore as stores, type FreshLog as TestLog } from './every-store.fixture.ts'

/** The cursor of a load of streams; of the whole log, where its order is total and both must be equal. */
export async function headOf(log: FreshLog, streams: readonly Stream[]): Promise<string> {
  return (await log.store.load(wholeLog(log, streams))).cursor
}

/** What a cursor has seen. How many events that were is told by a load, not by a commit. */
export function seenBy(cursor: string): string {
  return cursor.replaceAll(/@\d+"/g, '"')
}

/** A cursor as another log, or one that was lost since, would have given it. */
export async function foreignCursor(log: FreshLog, streams: readonly Stream[]): Promise<string> {
  if (log.store.capabilities.totalOrder) return '40~01ARZ3NDEKTSV4RRFFQ69G5FAV'
  // It has seen the same partitions, in years to come.
  return (await headOf(log, streams)).replaceAll(/"01[A-HJKMNP-TV-Z\d]/g, '"01Z')
}

/** The whole log; where that cannot be read, the streams that hold all of it. */
export function wholeLog({ store }: FreshLog, streams: readonly Stream[]): Streams {
  return store.capabilities.totalOrder ? 'all' : streams
}

/** Positions of events; on a store that does not count them, their places among all that are stored. */
export async function positionsIn(
  { store, everything }: FreshLog,
  events: readonly { readonly id: string; readonly position: number }[],
): Promise<number[]> {
  if (store.capabilities.totalOrder) return events.map(({ position }) => position)
  const ids = (await everything()).map(({ id }) => id)
  return events.map(({ id }) => ids.indexOf(id) + 1)
}

/** What may go wrong with one commit. */
export type Fault = 'lost before' | 'lost after' | 'busy' | 'none'

/** A store whose commits fail as planned, one after another; afterwards none does. */
export function faulty(store: EventStore, plan: readonly Fault[]): EventStore {
  const left = [...plan]
  return {
    ...store,
    commit: async (commit, options) => {
      const fault = left.shift() ?? 'none'
      if (fault === 'busy') throw new StoreError('busy', 'the file is locked', { retryable: true })
      const committed = fault === 'lost before' ? undefined : await store.commit(commit, options)
      if (fault === 'none' && committed) return committed
      const lost = { retryable: true, outcome: 'unknown' } as const
      throw new StoreError('driver', 'the connection was lost', lost)
    },
  }
}

const definitions = {
  CART_CREATED: z.object({ cartId: z.string(), userId: z.string() }),
  ITEM_ADDED: z.object({
    cartId: z.string(),
    productId: z.string(),
    quantity: z.number().int().positive().default(1),
    gift: z.boolean().optional(),
  }),
  CART_CHECKED_OUT: z.object({ cartId: z.string() }),
}

/** The facts of a shop. */
export const shop: ReturnType<typeof defineEvents<typeof definitions>> = defineEvents(definitions)

/** A client of the shop on a store. */
export type ShopClient = Client<EventsOf<typeof shop>, InputsOf<typeof shop, undefined>>

export function shopClient(store: EventStore, rules: ReadRules = {}): ShopClient {
  return createEventClient({ store, events: shop, ...rules })
}
