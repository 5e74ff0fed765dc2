import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqlite } from 'eventfold/sqlite'
import { z } from 'zod'
import { defineEvents } from '../event/definition.ts'
import { StoreError } from '../store/errors.ts'
import type { EventStore } from '../store/store.ts'
import { MemoryEventStore } from '../stores/memory/index.ts'
import type { Client, EventsOf, InputsOf } from './client.ts'
import { createEventClient } from './create-client.ts'
import type { ReadRules } from './read-events.ts'

/** A log of one test, gone when the test ends. */
export interface TestLog extends AsyncDisposable {
  readonly store: EventStore
  /** The same log as another process would open it; the same store again where nothing else can. */
  readonly reopen: () => EventStore
}

/** A kind of store that behaviour is tested on. */
export interface TestStore {
  readonly name: string
  readonly open: () => TestLog
}

function openMemory(): TestLog {
  const store = new MemoryEventStore()
  return { store, reopen: () => store, [Symbol.asyncDispose]: () => store.close() }
}

function openFile(): TestLog {
  const folder = mkdtempSync(join(tmpdir(), 'eventfold-'))
  const opened: EventStore[] = []
  const open = (): EventStore => {
    const store = openSqlite(join(folder, 'log.db'), { synchronous: 'NORMAL' })
    opened.push(store)
    return store
  }
  return {
    store: open(),
    reopen: open,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(opened.map((store) => store.close()))
      rmSync(folder, { recursive: true })
    },
  }
}

const all: readonly TestStore[] = [
  { name: 'memory', open: openMemory },
  { name: 'sqlite', open: openFile },
]
const chosen = process.env['STORES']?.split(',')

/** All stores, or those that the environment names in `STORES`. */
export const stores: readonly TestStore[] = all.filter(({ name }) => chosen?.includes(name) ?? true)

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
