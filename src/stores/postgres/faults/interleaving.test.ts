import { describe, expect, test } from 'vitest'
import { faultsOf } from './whole.fixture.ts'
import { carts, happened, openLog } from './log.fixture.ts'

const K1 = [{ filter: { cartId: 'k1' } }]
const K2 = [{ filter: { cartId: 'k2' } }]

describe.each([
  ['through the procedure', {}],
  ['with early release', { earlyRelease: true }],
  ['with plain statements', { plainStatements: true }],
] as const)('%s', (_, way) => {
  test('an event in flight is waited for, and never hidden behind a cursor', async () => {
    await using log = await openLog(way)
    const { store } = log
    await store.commit({ events: [happened('k0')] })
    const first = await log.connect()
    await first.query('begin')
    await store.within(first).commit({ events: [happened('k1')] })

    // Another key, but it must not get the place before the first one, and not the one after it either.
    let isDone = false
    const second = store.commit({ events: [happened('k2')] }).then((committed) => {
      isDone = true
      return committed
    })
    await log.waiting()
    const between = await store.load(K1)
    expect(between).toMatchObject({ events: [], cursor: expect.stringMatching(/^1~/) })
    expect(await carts(store)).toEqual(['1 k0'])
    expect(isDone).toBe(false)
    // What decides on this cursor waits as well, and is refused once it sees what it has missed.
    const other = log.open(way)
    const decided = Promise.allSettled([
      other.commit({
        events: [happened('k1')],
        conditions: [{ streams: K1, after: between.cursor }],
      }),
    ])
    await log.waiting(2)
    await first.query('commit')

    expect(await second).toMatchObject({ events: [{ position: 3 }] })
    expect(await decided).toMatchObject([
      { reason: { code: 'CONFLICT', conflict: { reason: 'condition', event: { position: 2 } } } },
    ])
    expect((await store.load(K1, { after: between.cursor })).events).toMatchObject([
      { position: 2, data: { cartId: 'k1' } },
    ])
    expect(await carts(store)).toEqual(['1 k0', '2 k1', '3 k2'])
    expect(await faultsOf(log.url)).toEqual([])
  })

  test('a transaction that is rolled back leaves no gap, and what waited for it is accepted', async () => {
    await using log = await openLog(way)
    const { store } = log
    const first = await log.connect()
    await first.query('begin')
    await store.within(first).commit({
      events: [happened('k1')],
      idempotency: { key: 'command_1' },
      documents: [{ type: 'cart', id: 'k1', data: 1 }],
      outbox: [{ type: 'happened', data: {} }],
    })
    const second = store.commit({ events: [happened('k1')], conditions: [{ streams: K1 }] })
    await log.waiting()
    await first.query('rollback')
    expect(await second).toMatchObject({ events: [{ position: 1 }] })
    expect(await store.documents.get('cart', 'k1')).toBeUndefined()
    expect(await store.outbox.read()).toEqual([])
    expect(await faultsOf(log.url)).toEqual([])
  })

  test('a log that is held too long is said to be busy, and nothing is written', async () => {
    await using log = await openLog()
    const impatient = log.open({ ...way, lockTimeout: 400 })
    await impatient.load('all')
    const first = await log.connect()
    await first.query('begin')
    await log.store.within(first).commit({ events: [happened('k1')] })
    const sent = ['k2', 'k3'].map((key) => impatient.commit({ events: [happened(key)] }))
    for (const result of await Promise.allSettled(sent)) {
      expect(result).toMatchObject({
        reason: {
          code: 'STORE',
          fault: 'busy',
          retryable: true,
          outcome: 'none',
          message: expect.stringMatching(/public\.events for 400 ms.*within\(transaction\)/),
        },
      })
    }
    await first.query('commit')
    await impatient.commit({ events: [happened('k4')], conditions: [{ streams: K2 }] })
    expect(await carts(log.store)).toEqual(['1 k1', '2 k4'])
    expect(await faultsOf(log.url)).toEqual([])
  })

  test('foreign transactions that are left open stop nobody', async () => {
    await using log = await openLog(way)
    await log.store.commit({ events: [happened('k1')] })
    const reading = await log.connect()
    await reading.query('begin isolation level repeatable read')
    await reading.query('select * from events')
    const writing = await log.connect()
    await writing.query('create table orders (n int)')
    await writing.query('begin')
    await writing.query('insert into orders values (1)')
    await writing.query('select pg_current_xact_id()')
    const seen = (await log.store.load(K1)).cursor
    await log.store.commit({
      events: [happened('k1')],
      conditions: [{ streams: K1, after: seen }],
    })
    expect(await carts(log.store)).toEqual(['1 k1', '2 k1'])
    expect((await log.store.load(K1, { after: seen })).events).toHaveLength(1)
    expect((await reading.query('select * from events')).rows).toHaveLength(1)
    await Promise.all([writing.query('rollback'), reading.query('commit')])
    expect(await faultsOf(log.url)).toEqual([])
  })
})

test('a reader that follows misses nothing of writers in transactions of all lengths', async () => {
  await using log = await openLog()
  const { store } = log
  const writer = async (index: number): Promise<void> => {
    const client = await log.connect()
    for (let round = 0; round < 12; round += 1) {
      await client.query('begin')
      await store.within(client).commit({ events: [happened(`${index} ${round}`)] })
      if ((index + round) % 3 === 0) await client.query('select pg_sleep(0.005)')
      await client.query((index + round) % 4 === 0 ? 'rollback' : 'commit')
      if (index % 2 === 0) await store.commit({ events: [happened(`${index} ${round} more`)] })
    }
  }
  let ended = false
  const writing = Promise.all([0, 1, 2, 3].map(writer)).finally(() => {
    ended = true
  })
  const seen: number[] = []
  let cursor: string | undefined
  for (let last = false; !last;) {
    last = ended
    const loaded = await store.load('all', cursor === undefined ? {} : { after: cursor })
    seen.push(...loaded.events.map(({ position }) => position))
    cursor = loaded.cursor
  }
  await writing
  expect(seen).toEqual(Array.from({ length: 36 + 24 }, (_, index) => index + 1))
  expect(await faultsOf(log.url)).toEqual([])
})
