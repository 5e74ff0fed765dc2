import { afterAll, beforeAll } from 'vitest'
import { created, type CartClient, type CartEvent } from './cart.fixture.ts'
import type { AnyDb, Engine, TestDb } from './databases.fixture.ts'
import {
  createEventClient,
  createEventsTable,
  createProjectionBaseClasssTable,
  migrate,
  type LogTables,
} from './index.ts'

/** A shop with many carts in one log, as the tests of a driver share it. */
export interface Shop {
  readonly tables: LogTables
  readonly db: AnyDb
  readonly client: CartClient
  /** A client on the database, or on a transaction. */
  readonly clientOn: (on: AnyDb) => CartClient
  /** Runs a statement of the application's own. */
  readonly execute: (text: string, on?: AnyDb) => Promise<Record<string, unknown>[]>
  /** An id that no cart has yet. */
  readonly newId: () => string
  /** The id of a cart that was just created. */
  readonly newCart: () => Promise<string>
  /** What has happened to a cart. */
  readonly typesIn: (cartId: string) => Promise<string[]>
}

/** Opens a shop before the tests of a block, and closes it after them. */
export function useShop({ open }: Engine): Shop {
  const events = createEventsTable({
    schema: 'my_app',
    name: 'events',
    dataIndexes: ['cartId', 'productId'],
    additionalIndexes: [{ name: 'events_by_time', columns: ['createdAt', 'type'] }],
  })
  const projections = createProjectionBaseClasssTable({
    schema: 'my_app',
    name: 'views',
    dataIndexes: ['cartId'],
  })
  const tables = { events, projections }
  const clientOn = (on: AnyDb): CartClient =>
    createEventClient<CartEvent['type'], CartEvent>(on, events, projections)
  let opened: TestDb | undefined
  let client: CartClient | undefined
  let carts = 0

  beforeAll(async () => {
    opened = await open()
    await migrate(opened.db, tables)
    client = clientOn(opened.db)
  })
  afterAll(async () => {
    await client?.close()
    await opened?.[Symbol.asyncDispose]()
  })

  const shop: Shop = {
    tables,
    clientOn,
    get db() {
      return opened!.db
    },
    get client() {
      return client!
    },
    execute: (text, on = shop.db) => opened!.execute(on, text),
    newId: () => `cart_${(carts += 1)}`,
    newCart: async () => {
      const cartId = shop.newId()
      await shop.client.saveEvent(created(cartId))
      return cartId
    },
    typesIn: async (cartId) => {
      const types = ['CART_CREATED', 'ITEM_ADDED', 'ITEM_REMOVED', 'CART_CHECKED_OUT'] as const
      const stream = await shop.client.getEventStream(types, { data: { cartId } })
      return stream.map(({ type }) => type)
    },
  }
  return shop
}
