import { setTimeout as delay } from 'node:timers/promises'
import { Pool } from 'pg'
import { describe, expect, test } from 'vitest'
import { drivers } from '../drivers.fixture.ts'
import { fromPg, openPostgres } from '../index.ts'
import { carts, happened, openLog } from './log.fixture.ts'
import { faultsOf } from './whole.fixture.ts'

const streams = [{ filter: { cartId: 'k1' } }]
const busy = { code: 'STORE', fault: 'busy', retryable: true, outcome: 'none' }

describe.each(Object.entries(drivers))('%s', (_, connect) => {
  test('a pool of one connection is enough', async () => {
    await using log = await openLog()
    const driver = connect(log.url, 1)
    const store = openPostgres({ pool: driver.hand })
    const work = Array.from({ length: 20 }, async (_each, index) => {
      await store.commit({ events: [happened(`k${index}`)] })
      const { cursor } = await store.load(streams)
      for await (const event of store.read('all', { limit: 3 })) {
        await store.documents.get('cart', event.id)
      }
      const conditions = [{ streams: [{ filter: { cartId: `k${index}` } }], after: cursor }]
      await store.commit({ events: [happened(`k${index}`)], conditions })
      await driver.transaction(async (transaction) => {
        await store.within(transaction).commit({ events: [happened(`k${index}`)] })
      })
    })
    await Promise.all(work)
    expect(await carts(store)).toHaveLength(60)
    expect(await faultsOf(log.url)).toEqual([])
    await driver.end()
  })

  test.each([
    [1, /no connection of the pool was free within 400 ms.*use within\(transaction\)/],
    [
      4,
      /another transaction has held the log public\.events for 400 ms.*use within\(transaction\)/,
    ],
  ])(
    'a commit of its own, awaited in a transaction with %i connections, ends in an error that names the cause',
    async (connections, message) => {
      await using log = await openLog()
      const driver = connect(log.url, connections)
      const store = openPostgres({ pool: driver.hand })
      const impatient = openPostgres({ pool: driver.hand, lockTimeout: 400 })
      await store.commit({ events: [happened('k0')] })
      // It shall wait for the log, and not for a connection that is made.
      await Promise.all([1, 2, 3].map(() => store.load('all')))
      const reason = await driver
        .transaction(async (transaction) => {
          await store.within(transaction).commit({ events: [happened('k1')] })
          await impatient.commit({ events: [happened('k2')] })
        })
        .catch((error: unknown) => error)
      expect(reason).toMatchObject({ ...busy, message: expect.stringMatching(message) })
      // It was rolled back, and everything works again.
      await store.commit({ events: [happened('k3')], conditions: [{ streams }] })
      await driver.transaction(async (transaction) => {
        await store.within(transaction).commit({ events: [happened('k4')] })
      })
      expect(await carts(store)).toEqual(['1 k0', '2 k3', '3 k4'])
      expect(await faultsOf(log.url)).toEqual([])
      await driver.end()
    },
  )

  test('a pool whose connections are all taken says so, and works when one is free', async () => {
    await using log = await openLog()
    const driver = connect(log.url, 2)
    const store = openPostgres({ pool: driver.hand })
    const impatient = openPostgres({ pool: driver.hand, lockTimeout: 400 })
    const free = Promise.withResolvers<void>()
    let open = 0
    const taken = [1, 2].map(() =>
      driver.transaction(async () => {
        open += 1
        await free.promise
      }),
    )
    while (open < 2) await delay(1)
    const sent = [
      impatient.commit({ events: [happened('k1')] }),
      impatient.commit({ events: [happened('k2')] }),
      impatient.load('all'),
      impatient.documents.get('cart', 'k1'),
    ]
    for (const result of await Promise.allSettled(sent)) {
      expect(result).toMatchObject({
        reason: { ...busy, message: expect.stringContaining('no connection of the pool') },
      })
    }
    free.resolve()
    await Promise.all(taken)
    await store.commit({ events: [happened('k3')] })
    expect(await carts(store)).toEqual(['1 k3'])
    await driver.end()
  })

  test('a pool that was ended says so, at once and for good', async () => {
    await using log = await openLog()
    const driver = connect(log.url, 2)
    const store = openPostgres({ pool: driver.hand })
    await store.commit({ events: [happened('k1')] })
    await driver.end()
    for (const call of [
      () => store.commit({ events: [happened('k2')] }),
      () => store.load('all'),
    ]) {
      await expect(call()).rejects.toMatchObject({
        code: 'STORE',
        fault: 'driver',
        retryable: false,
        outcome: 'none',
      })
    }
    await store.close()
    expect(await carts(log.store)).toEqual(['1 k1'])
  })
})

test.each([{}, { earlyRelease: true }, { plainStatements: true }])(
  'a commit of its own on a connection that is in a transaction is refused: %o',
  async (way) => {
    await using log = await openLog()
    const client = await log.connect()
    const store = openPostgres({ pool: fromPg(client), ...way })
    await store.commit({ events: [happened('k1')] })
    await client.query('begin')
    await client.query('create table orders ()')
    await expect(store.commit({ events: [happened('k2')] })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining('within(transaction)'),
    })
    await client.query('rollback')
    expect(await log.query(`select to_regclass('orders') as found`)).toEqual([{ found: null }])
    await store.commit({ events: [happened('k3')] })
    expect(await carts(log.store)).toEqual(['1 k1', '2 k3'])
  },
)

test('a database whose transactions are stricter by default takes commits and transactions', async () => {
  await using log = await openLog()
  const [{ name } = { name: '' }] = await log.query<{ name: string }>(
    'select current_database() as name',
  )
  await log.query(`alter database ${name} set default_transaction_isolation = 'serializable'`)
  for (const way of [{}, { earlyRelease: true }, { plainStatements: true }]) {
    const pool = new Pool({ connectionString: log.url, max: 3 })
    pool.on('error', () => {})
    const store = openPostgres({ pool, ...way })
    await Promise.all(
      ['k1', 'k2', 'k3', 'k4'].map((key) => store.commit({ events: [happened(key)] })),
    )
    const client = await pool.connect()
    await client.query('begin isolation level read committed')
    await store.within(client).commit({ events: [happened('k5')] })
    await client.query('commit')
    await client.query('begin')
    await expect(store.within(client).commit({ events: [happened('k6')] })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining('SERIALIZABLE'),
    })
    await client.query('rollback')
    client.release()
    await pool.end()
  }
  expect(await carts(log.store)).toHaveLength(15)
  expect(await faultsOf(log.url)).toEqual([])
})
