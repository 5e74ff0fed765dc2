import { expect, test } from 'vitest'
import { createEventClient } from '../../../client/create-client.ts'
import { defineEvents } from '../../../event/definition.ts'
import { z } from 'zod'
import type { Commit } from '../../../store/commit.ts'
import { carts, happened, openLog, type Log } from './log.fixture.ts'
import { faultsOf } from './whole.fixture.ts'

const ways = [
  ['through the procedure', {}],
  ['with early release', { earlyRelease: true }],
  ['with plain statements', { plainStatements: true }],
] as const

const streams = [{ filter: { cartId: 'k1' } }]
const byKey: Commit = {
  events: [happened('k1')],
  conditions: [{ streams }],
  idempotency: { key: 'command_1' },
  documents: [{ type: 'cart', id: 'k1', data: 1, if: 'absent' }],
  outbox: [{ id: 'message_1', type: 'happened', data: {} }],
}
const byId: Commit = { events: [happened('k2', 'event_2')] }
const lost = { code: 'STORE', fault: 'driver', outcome: 'unknown', retryable: true }

async function cut(log: Log, pids: readonly number[]): Promise<void> {
  for (const pid of pids) await log.query(`select pg_terminate_backend(${pid})`)
}

/** Everything of the two commits is there, once. */
async function expectOnce({ store, url }: Log): Promise<void> {
  const answered = await store.load('all', { idempotency: { key: 'command_1' } })
  expect(answered.replayed?.events).toMatchObject([{ data: { cartId: 'k1' } }])
  expect((await carts(store)).map((text) => text.slice(2)).sort()).toEqual(['k1', 'k2'])
  expect(await store.documents.get('cart', 'k1')).toMatchObject({ revision: 1 })
  expect(await store.outbox.read()).toMatchObject([{ id: 'message_1' }])
  expect(await faultsOf(url)).toEqual([])
}

test.each(ways)('a commit that is cut off while it waits for the log, %s', async (_, way) => {
  await using log = await openLog(way)
  await log.store.load('all')
  const other = await log.connect()
  await other.query('begin')
  await log.store.within(other).commit({ events: [happened('k0')] })
  const sent = Promise.allSettled([log.store.commit(byKey), log.store.commit(byId)])
  await cut(log, await log.waiting())
  for (const result of await sent) expect(result).toMatchObject({ reason: lost })
  await other.query('rollback')
  const { replayed } = await log.store.load('all', { idempotency: { key: 'command_1' } })
  expect(replayed).toBeUndefined()
  expect(await log.store.commit(byKey)).toMatchObject({ replayed: false })
  expect(await log.store.commit(byId)).toMatchObject({ replayed: false })
  await expectOnce(log)
})

/** The number of a lock that something inside waits for. */
const GATE = 4711

async function closeGate(log: Log): Promise<() => Promise<void>> {
  const keeper = await log.connect()
  await keeper.query(`select pg_advisory_lock(${GATE})`)
  return async () => {
    await keeper.query(`select pg_advisory_unlock(${GATE})`)
  }
}

test.each(ways)('a commit that is cut off when it has written half, %s', async (_, way) => {
  await using log = await openLog(way)
  await log.query(`create function wait_at_gate() returns trigger language plpgsql as $$
    begin perform pg_advisory_xact_lock(${GATE}); return null; end $$`)
  await log.query(
    `create trigger gate after insert on events for each row execute function wait_at_gate()`,
  )
  await log.store.load('all')
  const openGate = await closeGate(log)
  const sent = Promise.allSettled([log.store.commit(byKey), log.store.commit(byId)])
  await cut(log, await log.waiting())
  for (const result of await sent) expect(result).toMatchObject({ reason: lost })
  expect(await carts(log.store)).toEqual([])
  await openGate()
  expect(await log.store.commit(byKey)).toMatchObject({ replayed: false })
  expect(await log.store.commit(byId)).toMatchObject({ replayed: false })
  await expectOnce(log)
})

test.each(ways.slice(0, 2))(
  'a commit that is cut off when it is stored and not yet answered, %s',
  async (_, way) => {
    await using log = await openLog(way)
    const [{ text } = { text: '' }] = await log.query<{ text: string }>(
      `select pg_get_functiondef('eventfold."public.events.commit"'::regproc) as text`,
    )
    const wait = `commit; perform pg_advisory_xact_lock(${GATE});`
    const slow = text.replace(/\bend \$/u, `${wait} end $`)
    expect(slow).not.toBe(text)
    await log.query(slow)
    await log.store.load('all')
    const openGate = await closeGate(log)
    const sent = Promise.allSettled([log.store.commit(byKey), log.store.commit(byId)])
    await cut(log, await log.waiting())
    for (const result of await sent) expect(result).toMatchObject({ reason: lost })
    await openGate()
    expect(await log.store.commit(byKey)).toMatchObject({
      replayed: true,
      events: [{ position: 1 }],
    })
    expect(await log.store.commit(byId)).toMatchObject({
      replayed: true,
      events: [{ position: 2 }],
    })
    await expectOnce(log)
    const other = { ...byKey, events: [happened('k3')] }
    await expect(log.store.commit(other)).rejects.toMatchObject({ code: 'IDEMPOTENCY_MISMATCH' })
  },
)

test('a client sends again what was cut off, and stores it once', async () => {
  await using log = await openLog()
  const events = defineEvents({ HAPPENED: z.object({ cartId: z.string() }) })
  const client = createEventClient({ store: log.store, events })
  await log.store.load('all')
  const other = await log.connect()
  await other.query('begin')
  await log.store.within(other).commit({ events: [happened('k0')] })
  const event = { type: 'HAPPENED', data: { cartId: 'k1' } } as const
  const saved = client.saveEventWithStreamValidation({ event, streams })
  await cut(log, await log.waiting())
  await cut(log, await log.waiting())
  await log.waiting()
  await other.query('rollback')
  await expect(saved).resolves.toMatchObject({ position: 1 })
  expect(await carts(log.store)).toEqual(['1 k1'])
  expect(await faultsOf(log.url)).toEqual([])
})

test('connections that are cut off while they idle cost no commit and no read', async () => {
  await using log = await openLog()
  for (const id of ['k1', 'k2', 'k3']) {
    await log.store.commit({ events: [happened(id)] })
    await Promise.all(Array.from({ length: 5 }, () => log.store.load('all')))
    await log.query(`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`)
    await expect.poll(() => log.pool.totalCount).toBe(0)
  }
  expect(await carts(log.store)).toEqual(['1 k1', '2 k2', '3 k3'])
})
