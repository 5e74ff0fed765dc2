import { PGlite } from '@electric-sql/pglite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { transactional } from '../src/conformance/transactional.fixture.ts'
import type { EventStore } from '../src/store/store.ts'
import { drivers, embedded } from '../src/stores/postgres/drivers.fixture.ts'
import { migrate, openPostgres } from '../src/stores/postgres/index.ts'
import { freshDatabase } from '../src/stores/postgres/server.fixture.ts'
import type { Driver } from '../src/stores/postgres/stores.fixture.ts'
import { shopClient, stores, type ShopClient, type TestLog } from '../src/client/stores.fixture.ts'

interface Opened {
  readonly store: EventStore
  readonly transaction: (work: (tx: unknown) => Promise<void>) => Promise<void>
  /** A row of the application, where the database has such. */
  readonly insert?: (tx: unknown) => Promise<unknown>
  readonly rows?: () => Promise<number>
  readonly end: () => Promise<unknown>
}

type CallName = Exclude<keyof ShopClient, 'store' | 'definitions' | 'within' | 'close'>
/** A call on the transaction; `seen` is a cursor that has seen all events. */
type Call = (client: ShopClient, tx: unknown, seen: string) => Promise<unknown>

const created = (cartId: string) =>
  ({ type: 'CART_CREATED', data: { cartId, userId: 'user_1' } }) as const
const streams = [{ types: ['CART_CHECKED_OUT'] }] as const
const cart = { type: 'cart', id: 'cart_1' }

/** Every call of a client, in an order in which the later ones see what the earlier ones wrote. */
const calls = {
  saveEvent: (client, tx) => client.saveEvent(created('cart_1'), { tx }),
  saveEvents: (client, tx) => client.saveEvents([created('cart_2')], { tx }),
  saveEventWithStreamValidation: (client, tx) =>
    client.saveEventWithStreamValidation({ event: created('cart_3'), streams, tx }),
  saveEventsWithStreamValidation: (client, tx) =>
    client.saveEventsWithStreamValidation({ events: [created('cart_4')], streams, tx }),
  commit: (client, tx) => {
    const events = [{ type: 'CART_CHECKED_OUT', data: { cartId: 'cart_1' } }] as const
    return client.commit({ events, outbox: [{ type: 'checked-out', data: {} }] }, { tx })
  },
  getLatestEvent: (client, tx) => client.getLatestEvent({ type: 'CART_CREATED', tx }),
  getLatestEvents: (client, tx) => client.getLatestEvents({ type: 'CART_CREATED', tx }),
  getEventStream: (client, tx) => client.getEventStream({ filter: { cartId: 'cart_1' }, tx }),
  getEventStreams: (client, tx) => client.getEventStreams({ streams: 'all', limit: 3, tx }),
  load: (client, tx) => client.load({ streams: 'all', tx }),
  readEvents: (client, tx) => Array.fromAsync(client.readEvents({ streams: 'all', tx })),
  saveProjection: (client, tx) =>
    client.saveProjection({ ...cart, data: { step: 1 }, cursor: '0', tx }),
  conditionalUpdateProjection: (client, tx, cursor) =>
    client.conditionalUpdateProjection({ ...cart, data: { step: 2 }, cursor, tx }),
  forceUpdateProjection: (client, tx) =>
    client.forceUpdateProjection({ ...cart, data: { step: 3 }, tx }),
  getProjection: (client, tx) => client.getProjection({ ...cart, tx }),
  queryProjections: (client, tx) => client.queryProjections({ type: 'cart', tx }),
} satisfies Record<CallName, Call>

const named = (cartId: string) => expect.objectContaining({ data: { cartId, userId: 'user_1' } })
const out = expect.objectContaining({ type: 'CART_CHECKED_OUT' })
const made = ['cart_1', 'cart_2', 'cart_3', 'cart_4'].map(named)
const saved = expect.objectContaining({ data: { step: 3 } })

/** What the calls answer where they all run in one place. */
const answers: Record<CallName, unknown> = {
  saveEvent: made[0],
  saveEvents: [made[1]],
  saveEventWithStreamValidation: made[2],
  saveEventsWithStreamValidation: [made[3]],
  commit: expect.objectContaining({ events: [out], replayed: false }),
  getLatestEvent: made[3],
  getLatestEvents: made,
  getEventStream: [made[0], out],
  getEventStreams: made.slice(0, 3),
  load: expect.objectContaining({ events: [...made, out] }),
  readEvents: [...made, out],
  saveProjection: expect.objectContaining({ status: 'created' }),
  conditionalUpdateProjection: expect.objectContaining({ status: 'updated' }),
  forceUpdateProjection: expect.objectContaining({ status: 'updated' }),
  getProjection: saved,
  queryProjections: { documents: [saved] },
}

async function callAll(client: ShopClient, tx: unknown): Promise<Record<string, unknown>> {
  const answered: Record<string, unknown> = {}
  let seen = ''
  for (const [name, call] of Object.entries<Call>(calls)) {
    answered[name] = await call(client, tx, seen)
    if (name === 'saveEvents') ({ cursor: seen } = await client.load({ streams: 'all', tx }))
  }
  return answered
}

async function contents({ store, rows }: Opened): Promise<Record<string, number | undefined>> {
  return {
    rows: await rows?.(),
    events: (await store.load('all')).events.length,
    documents: (await store.documents.query({ type: 'cart' })).documents.length,
    outbox: (await store.outbox.read()).length,
  }
}

async function overDriver(driver: Driver, close: () => Promise<unknown>): Promise<Opened> {
  await migrate(driver.hand)
  await driver.hand.run({ text: 'create table orders (name text)' }, 5000)
  return {
    store: openPostgres({ pool: driver.hand }),
    transaction: driver.transaction,
    insert: (tx) => driver.hand.within(tx)({ text: `insert into orders values ('order_1')` }),
    rows: async () => (await driver.hand.run({ text: 'select name from orders' }, 5000)).length,
    end: async () => {
      await driver.end()
      await close()
    },
  }
}

const opens: Record<string, () => Promise<Opened>> = {
  'a toy': async () => {
    const { store, transaction } = transactional()
    return { store, transaction: transaction!, end: () => store.close() }
  },
}
for (const [name, connect] of Object.entries(drivers)) {
  opens[name] = async () => {
    const database = await freshDatabase()
    return overDriver(connect(database.url, 4), async () => database[Symbol.asyncDispose]())
  }
}
for (const [name, connect] of Object.entries(embedded)) {
  opens[name] = async () => {
    const db = new PGlite()
    return overDriver(connect(db), () => db.close())
  }
}

describe.each(Object.entries(opens))('on a transaction of %s', (_, open) => {
  let opened: Opened
  beforeAll(async () => {
    opened = await open()
  })
  afterAll(() => opened?.end())

  const row = (count: number): number | undefined => (opened.rows ? count : undefined)
  const nothing = () => ({ rows: row(0), events: 0, documents: 0, outbox: 0 })

  test('every call sees what was written there, and all of it is rolled back together', async () => {
    const undone = new Error('undone')
    const sent = opened.transaction(async (tx) => {
      await opened.insert?.(tx)
      expect(await callAll(shopClient(opened.store), tx)).toEqual(answers)
      throw undone
    })
    await expect(sent).rejects.toBe(undone)
    expect(await contents(opened)).toEqual(nothing())
  })

  test('or committed together', async () => {
    await opened.transaction(async (tx) => {
      await opened.insert?.(tx)
      expect(await callAll(shopClient(opened.store), tx)).toEqual(answers)
    })
    expect(await contents(opened)).toEqual({ rows: row(1), events: 5, documents: 1, outbox: 1 })
  })

  test('a transaction that is none is refused', async () => {
    if (!opened.insert) return
    const sent = shopClient(opened.store).saveEvent(created('cart_9'), { tx: null })
    await expect(sent).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })
})

// DynamoDB has none either, but refuses `'all'` and conditions on types for what they are.
const others = stores.filter(({ name }) => name === 'memory' || name === 'sqlite')
describe.each(others)('without transactions: $name', ({ open }) => {
  let log: TestLog
  let client: ShopClient
  beforeAll(async () => {
    log = await open()
    client = shopClient(log.store)
  })
  afterAll(() => log[Symbol.asyncDispose]())

  test.each(Object.entries<Call>(calls))('%s refuses one', async (_, call) => {
    const sent = (async () => call(client, {}, '0'))()
    await expect(sent).rejects.toMatchObject({ code: 'UNSUPPORTED' })
    expect(await client.getEventStreams({ streams: 'all' })).toEqual([])
    expect(await client.getProjection(cart)).toBeUndefined()
  })

  test('`tx: undefined` is as if it were not there', async () => {
    expect(await callAll(client, undefined)).toEqual(answers)
  })
})
