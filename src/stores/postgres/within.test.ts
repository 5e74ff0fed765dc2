import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { createEventClient } from '../../client/create-client.ts'
import { defineEvents } from '../../event/definition.ts'
import { drivers } from './drivers.fixture.ts'
import { carts, happened, openLog, type Log } from './faults/log.fixture.ts'
import { faultsOf } from './faults/whole.fixture.ts'
import { openPostgres, type PostgresEventStore } from './index.ts'
import type { Driver } from './stores.fixture.ts'

const streams = [{ filter: { cartId: 'k1' } }]
const sorted = (texts: readonly string[]): string[] => [...texts].sort((a, b) => (a < b ? -1 : 1))
const undone = new Error('undone')

describe.each(Object.entries(drivers))('%s', (_, connect) => {
  let log: Log
  let driver: Driver
  let store: PostgresEventStore
  beforeAll(async () => {
    log = await openLog()
    await log.query('create table orders (name text)')
    driver = connect(log.url, 8)
    store = openPostgres({ pool: driver.hand, lockTimeout: 30_000 })
  })
  afterAll(async () => {
    await driver.end()
    await log[Symbol.asyncDispose]()
  })

  const reset = async (): Promise<void> => {
    const names = ['keys', 'outbox', 'answers'].map((part) => `eventfold."public.events.${part}"`)
    await log.query(`truncate orders, events, projections, ${names.join(', ')}`)
  }
  const orders = async (): Promise<string[]> =>
    (await log.query<{ name: string }>('select name from orders order by name')).map(
      (row) => row.name,
    )
  const order = (transaction: unknown, name: string): Promise<unknown> =>
    driver.hand.within(transaction)({
      text: 'insert into orders values ($1::text)',
      values: [name],
    })
  const execute = (transaction: unknown, text: string): Promise<unknown> =>
    driver.hand.within(transaction)({ text })

  test('fifty pairs of commit and rollback at once leave exactly what was committed', async () => {
    await reset()
    let kept: string[] = []
    await Promise.all(
      Array.from({ length: 100 }, async (_each, index) => {
        const name = `k${index}`
        const isKept = index % 2 === 0
        const sent = driver.transaction(async (transaction) => {
          await order(transaction, name)
          const inside = store.within(transaction)
          const { cursor } = await inside.load([{ filter: { cartId: name } }])
          const { events } = await inside.commit({
            events: [happened(name, `event of ${name}`)],
            conditions: [{ streams: [{ filter: { cartId: name } }], after: cursor }],
            documents: [{ type: 'cart', id: name, data: { name }, if: 'absent' }],
            outbox: [{ id: `message of ${name}`, type: 'happened', data: {} }],
            idempotency: { key: `command of ${name}` },
          })
          expect((await inside.load([{ filter: { cartId: name } }])).events).toEqual(events)
          expect(await inside.documents.get('cart', name)).toMatchObject({ data: { name } })
          if (!isKept) throw undone
        })
        if (isKept) kept.push(name)
        await sent.catch((error: unknown) => {
          if (isKept || error !== undone) throw error
        })
      }),
    )
    kept = sorted(kept)
    expect(kept).toHaveLength(50)
    expect(await orders()).toEqual(kept)
    expect(sorted((await carts(store)).map((text) => text.split(' ')[1] ?? ''))).toEqual(kept)
    const { documents } = await store.documents.query({ type: 'cart' })
    expect(sorted(documents.map(({ id }) => id))).toEqual(kept)
    const messages = await store.outbox.read({ limit: 1000 })
    expect(sorted(messages.map(({ id }) => id))).toEqual(kept.map((name) => `message of ${name}`))
    const keys = await log.query<{ key: string }>(
      'select key from eventfold."public.events.answers"',
    )
    expect(sorted(keys.map(({ key }) => key))).toEqual(kept.map((name) => `command of ${name}`))
    expect(await faultsOf(log.url)).toEqual([])
  })

  test.each(['REPEATABLE READ', 'SERIALIZABLE'])(
    '%s is refused, whatever is appended',
    async (level) => {
      await reset()
      for (const conditions of [[], [{ streams }]]) {
        const sent = driver.transaction(async (transaction) => {
          await execute(transaction, `set transaction isolation level ${level}`)
          await store.within(transaction).commit({ events: [happened('k1')], conditions })
        })
        await expect(sent).rejects.toMatchObject({
          code: 'UNSUPPORTED',
          retryable: false,
          message: expect.stringMatching(new RegExp(`${level}.*READ COMMITTED`, 'u')),
        })
      }
      expect(await carts(store)).toEqual([])
    },
  )

  test('what is rolled back to a savepoint is gone, and the rest stays', async () => {
    await reset()
    await driver.transaction(async (transaction) => {
      const inside = store.within(transaction)
      await execute(transaction, 'savepoint first')
      await inside.commit({ events: [happened('k1')] })
      await execute(transaction, 'rollback to savepoint first')
      await inside.commit({ events: [happened('k2')], conditions: [{ streams }] })
      await execute(transaction, 'savepoint second')
      await order(transaction, 'gone')
      await inside.commit({
        events: [happened('k1')],
        documents: [{ type: 'cart', id: 'k1', data: 1 }],
      })
      await execute(transaction, 'rollback to savepoint second')
      await execute(transaction, 'savepoint third')
      await order(transaction, 'kept')
      await inside.commit({ events: [happened('k3')] })
      await execute(transaction, 'release savepoint third')
      // A commit that is refused costs nothing of the transaction.
      const refused = inside.commit({ events: [happened('k4')], conditions: [{ streams: 'all' }] })
      await expect(refused).rejects.toMatchObject({ code: 'CONFLICT' })
      await inside.commit({ events: [happened('k5')] })
    })
    expect(await carts(store)).toEqual(['1 k2', '2 k3', '3 k5'])
    expect(await orders()).toEqual(['kept'])
    expect(await faultsOf(log.url)).toEqual([])
  })

  test('a statement that fails in the transaction is not sent again by the client', async () => {
    await reset()
    await log.query(`create sequence if not exists attempts;
      create or replace function refuse() returns trigger language plpgsql as $$ begin
        perform nextval('attempts');
        raise exception 'come again' using errcode = '40001';
      end $$;
      create or replace trigger refuse before insert on events for each row
        when (new.data ->> 'cartId' = 'poison') execute function refuse();
      select setval('attempts', 1, false)`)
    const attempts = async (): Promise<unknown> =>
      (await log.query(`select last_value::int as n, is_called from attempts`))[0]
    const events = defineEvents({ HAPPENED: z.object({ cartId: z.string() }) })
    const client = createEventClient({ store, events })
    const event = { type: 'HAPPENED', data: { cartId: 'poison' } } as const
    const sent = driver.transaction(async (transaction) => {
      await order(transaction, 'gone')
      const saved = client.within(transaction).saveEvent(event)
      await expect(saved).rejects.toMatchObject({
        code: 'STORE',
        retryable: false,
        outcome: 'none',
        // The first answer: a second statement would be told that the transaction has failed.
        message: expect.stringContaining('come again'),
      })
      expect(await attempts()).toEqual({ n: 1, is_called: true })
      await saved
    })
    await expect(sent).rejects.toMatchObject({ code: 'STORE' })
    // On its own it is sent again.
    await expect(client.saveEvent(event)).rejects.toMatchObject({ code: 'STORE', retryable: true })
    expect(await attempts()).toEqual({ n: expect.toSatisfy((n: number) => n > 2), is_called: true })
    expect([await carts(store), await orders()]).toEqual([[], []])
    await log.query('drop trigger refuse on events')
  })

  test('a statement of the caller that has failed dooms the commit, and nothing is stored', async () => {
    await reset()
    const sent = driver.transaction(async (transaction) => {
      await order(transaction, 'gone')
      await expect(execute(transaction, 'select 1 / 0')).rejects.toThrow('division by zero')
      await store.within(transaction).commit({ events: [happened('k1')] })
    })
    await expect(sent).rejects.toMatchObject({ code: 'STORE', retryable: false, outcome: 'none' })
    expect([await carts(store), await orders()]).toEqual([[], []])
  })

  test.each([false, true])(
    'commits sent at once on one transaction keep apart (plain statements: %s)',
    async (plainStatements) => {
      await reset()
      const names = Array.from({ length: 12 }, (_each, index) => `k${index}`)
      const stores = [0, 1].map(() => openPostgres({ pool: driver.hand, plainStatements }))
      await driver.transaction(async (transaction) => {
        const results = await Promise.all(
          names.map((id, index) =>
            (stores[index % 2] as PostgresEventStore).within(transaction).commit({
              documents: [{ type: 'cart', id, data: { id } }],
              ...(index % 3 > 0 && { events: [happened(id, id)] }),
            }),
          ),
        )
        expect(results.map(({ documents }) => documents[0]?.id)).toEqual(names)
      })
      const { documents } = await store.documents.query({ type: 'cart' })
      expect(documents.map(({ data }) => data)).toEqual(sorted(names).map((id) => ({ id })))
      expect(await carts(store)).toHaveLength(8)
      expect(await faultsOf(log.url)).toEqual([])
    },
  )

  test.each([false, true])(
    'a transaction that is awaited inside another one ends in an error that says so (plain statements: %s)',
    async (plainStatements) => {
      await reset()
      const hasty = openPostgres({ pool: driver.hand, lockTimeout: 200, plainStatements })
      await driver.transaction(async (outer) => {
        await hasty.within(outer).commit({ events: [happened('k1')] })
        const inner = driver.transaction(async (transaction) => {
          await hasty.within(transaction).commit({ events: [happened('k2')] })
        })
        await expect(inner).rejects.toMatchObject({
          code: 'STORE',
          fault: 'busy',
          retryable: false,
          outcome: 'none',
          message: expect.stringContaining('200 ms'),
        })
        const [setting] = await driver.hand.within(outer)({ text: 'show lock_timeout' })
        expect(setting).toEqual({ lock_timeout: '0' })
      })
      expect(await carts(store)).toEqual(['1 k1'])
    },
  )

  test('how long a transaction waits for a lock stays as its owner said', async () => {
    await reset()
    const hasty = openPostgres({ pool: driver.hand, lockTimeout: 60_000 })
    await driver.transaction(async (outer) => {
      await store.within(outer).commit({ events: [happened('k1')] })
      const inner = driver.transaction(async (transaction) => {
        await execute(transaction, `set local lock_timeout = '150ms'`)
        await hasty.within(transaction).commit({ events: [happened('k2')] })
      })
      await expect(inner).rejects.toMatchObject({ fault: 'busy' })
    })
    expect(await carts(store)).toEqual(['1 k1'])
  })

  test('what fails on a transaction fails nobody else', async () => {
    await reset()
    const fresh = openPostgres({ pool: driver.hand })
    const sent = driver.transaction(async (transaction) => {
      await execute(transaction, 'select 1 / 0').catch(() => {})
      const inside = fresh.within(transaction).load('all')
      const outside = fresh.load('all')
      await expect(inside).rejects.toMatchObject({ code: 'STORE' })
      expect((await outside).events).toEqual([])
    })
    await Promise.allSettled([sent])
  })
})

test('on a pool of one connection a transaction does not wait for who waits for it', async () => {
  await using log = await openLog()
  const driver = drivers.pg(log.url, 1)
  const store = openPostgres({ pool: driver.hand, lockTimeout: 30_000 })
  const waiting: Promise<unknown>[] = []
  await driver.transaction(async (transaction) => {
    waiting.push(store.commit({ events: [happened('k2')] }))
    await store.within(transaction).commit({ events: [happened('k1')] })
  })
  await Promise.all(waiting)
  expect(await carts(store)).toEqual(['1 k1', '2 k2'])
  await driver.end()
})

test('plain statements leave the settings of the transaction as they were', async () => {
  await using log = await openLog()
  const store = openPostgres({ pool: log.pool, plainStatements: true })
  const client = await log.connect()
  const settings = ['jit', 'enable_seqscan', 'enable_bitmapscan', 'plan_cache_mode', 'lock_timeout']
  const read = async (): Promise<unknown[]> =>
    (
      await client.query(
        `select ${settings.map((name) => `current_setting('${name}')`).join(` || ' ' || `)}`,
      )
    ).rows
  await client.query(`begin; set local jit = on; set local enable_seqscan = on`)
  const before = await read()
  await store.within(client).commit({ events: [happened('k1')] })
  expect(await read()).toEqual(before)
  await client.query('commit')
  expect(await carts(log.store)).toEqual(['1 k1'])
})
