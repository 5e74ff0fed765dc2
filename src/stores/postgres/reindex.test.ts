import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createEventId } from '../../event/id.ts'
import { isEventfoldError } from '../../store/errors.ts'
import { carts, happened, openLog, type Log } from './faults/log.fixture.ts'
import { faultsOf } from './faults/whole.fixture.ts'
import { emptyJournal, send, type Journal } from './faults/workload.fixture.ts'
import { migrate, openPostgres, reindexPostgres, type PostgresEventStore } from './index.ts'

const identifiers = ['sku', '*Id']
const other = { code: 'STORE', fault: 'identifiers', retryable: false, outcome: 'none' }

const sold = (n: number) => ({
  id: createEventId(),
  type: n % 2 === 0 ? 'SOLD' : 'RETURNED',
  data: { cartId: `cart_${n % 3}`, sku: `sku_${n % 5}`, n },
})

/** Commits one after the other, until it is told that the log was filed anew. */
async function sell(
  store: PostgresEventStore,
  seed: number,
  journal: Journal,
  isOver: () => boolean,
): Promise<unknown> {
  for (let n = seed; !isOver(); n += 100) {
    const events = [sold(n)]
    try {
      const streams = [{ filter: { cartId: events[0]?.data.cartId ?? '', n } }]
      await send(store, { events, ...(n % 3 === 0 && { conditions: [{ streams }] }) }, journal)
    } catch (error) {
      return error
    }
    if (journal.refused.size + journal.unknown.length > 0) {
      return await store.commit({ events }).catch((error: unknown) => error)
    }
  }
  return undefined
}

/** The keys of a log, by the event that is filed under them. */
async function keysOfLog(log: Log): Promise<unknown[]> {
  const [{ name } = { name: '' }] = await log.query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables where tablename like '%.keys%'`,
  )
  return await log.query(
    `select k.key, k.position::int, k.type, e.id from ${name} k join events e using (position) order by 2, 1`,
  )
}

test.each([
  ['the procedure', {}],
  ['early release', { earlyRelease: true }],
  ['plain statements', { plainStatements: true }],
])('a log is filed anew while others write through %s, and ends as a new one', async (_, way) => {
  await using log = await openLog(way)
  const journal = emptyJournal()
  for (let n = 0; n < 20; n += 1) await send(log.store, { events: [sold(n)] }, journal)
  const stores = [log.store, log.open(way), log.open(way)]
  let isOver = false
  const writing = stores.flatMap((store, index) =>
    [0, 1, 2].map((writer) => sell(store, 1000 + index * 10 + writer, journal, () => isOver)),
  )
  while (journal.acknowledged.size < 60) await delay(1)
  await reindexPostgres(log.pool, { identifiers }).catch((error: unknown) => {
    isOver = true
    throw error
  })

  for (const error of await Promise.all(writing)) expect(error).toMatchObject(other)
  const streams = [{ filter: { sku: 'sku_1' } }]
  for (const store of stores) {
    await expect(store.commit({ events: [sold(1)] })).rejects.toMatchObject(other)
    await expect(store.load([{ filter: { cartId: 'cart_1' } }])).rejects.toMatchObject(other)
  }
  expect(await faultsOf(log.url, { identifiers, journals: [journal] })).toEqual([])

  const store = openPostgres({ pool: log.pool, identifiers, ...way })
  const { events, cursor } = await store.load(streams)
  const all = (await store.load('all')).events
  expect(events).toEqual(all.filter(({ data }) => (data as { sku: string }).sku === 'sku_1'))
  await store.commit({ events: [sold(1)], conditions: [{ streams, after: cursor }] })
  await expect(
    store.commit({ events: [sold(1)], conditions: [{ streams, after: cursor }] }),
  ).rejects.toMatchObject({ code: 'CONFLICT' })
  expect(await faultsOf(log.url, { identifiers })).toEqual([])

  // The same events in a log that had these identifiers from the beginning.
  await using fresh = await openLog()
  await fresh.query('drop schema eventfold cascade; drop table events, projections')
  await migrate(fresh.pool, {}, { identifiers })
  const copy = openPostgres({ pool: fresh.pool, identifiers })
  for await (const { id, type, data } of store.read('all')) {
    await copy.commit({ events: [{ id, type, data }] })
  }
  expect(await keysOfLog(log)).toEqual(await keysOfLog(fresh))
})

test('what was stopped half-way changes nothing, and may begin anew', async () => {
  await using log = await openLog()
  await log.store.commit({ events: Array.from({ length: 12_000 }, (_, n) => sold(n)) })
  const controller = new AbortController()
  const stopped = reindexPostgres(log.pool, { identifiers, signal: controller.signal })
  const begun = `select 1 from pg_tables where tablename like '%.keys %'`
  while ((await log.query(begun)).length === 0) await delay(1)
  controller.abort()
  const error = await stopped.catch((reason: unknown) => reason)
  expect(isEventfoldError(error, 'ABORTED')).toBe(true)
  await log.store.commit({ events: [happened('k1')] })
  expect(await faultsOf(log.url)).toEqual([])
  await reindexPostgres(log.pool, { identifiers })
  expect(await faultsOf(log.url, { identifiers })).toEqual([])
  await expect(log.store.commit({ events: [happened('k1')] })).rejects.toMatchObject(other)
  // And back, with nothing left of the other ones.
  await reindexPostgres(log.pool, { identifiers: ['*Id', '*_id'] })
  await log.store.commit({ events: [happened('k1')] })
  expect(await faultsOf(log.url)).toEqual([])
  expect(await log.query(begun)).toEqual([])
  expect(
    await log.query(
      `select proname from pg_proc where proname like '%.append%' or proname like '%.commit%'`,
    ),
  ).toHaveLength(2)
})

test('other identifiers than the log has make nothing, and the same ones change nothing', async () => {
  await using log = await openLog()
  await log.store.commit({ events: [happened('k1')] })
  await reindexPostgres(log.pool, { identifiers: ['*Id', '*_id'] })
  expect(await carts(log.store)).toEqual(['1 k1'])
  const tables = { events: { name: 'nowhere' } }
  await expect(reindexPostgres(log.pool, { identifiers, tables })).rejects.toMatchObject({
    code: 'STORE',
    fault: 'not-a-log',
    message: expect.stringContaining('migrate'),
  })
})
