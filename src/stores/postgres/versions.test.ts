import { expect, test } from 'vitest'
import { happened, openLog } from './faults/log.fixture.ts'
import { migrate, openPostgres } from './index.ts'
import { olderLog, olderRoutines } from './older-log.fixture.ts'
import { VERSION } from './version.ts'

test('a log of a newer version is refused, with both versions', async () => {
  await using log = await openLog()
  const { pool, query } = log
  const open99 = openPostgres({ pool })
  await open99.commit({ events: [happened('k1')] })
  await query('update eventfold.logs set version = 99')
  const newer = {
    code: 'STORE',
    fault: 'newer-version',
    message: expect.stringMatching(new RegExp(`version 99.*version ${VERSION}`, 'u')),
  }
  await expect(migrate(pool)).rejects.toMatchObject(newer)
  const store = openPostgres({ pool })
  await expect(store.commit({ events: [happened('k1')] })).rejects.toMatchObject(newer)
  await expect(store.load('all')).rejects.toMatchObject(newer)
})

test('a log of an older version is refused until migrate has brought it up to date, and keeps its events', async () => {
  await using log = await openLog()
  const { pool, query } = log
  const first = await openPostgres({ pool }).commit({ events: [happened('k1')] })
  // As an older library may have left it: less beside the events, and other routines.
  await query(
    `drop index events_type_idx; drop table eventfold."public.events.answers"; ${olderLog}`,
  )
  const refused = {
    code: 'STORE',
    fault: 'not-a-log',
    outcome: 'none',
    message: expect.stringMatching(new RegExp(`version 1.*needs ${VERSION}.*migrate`, 'u')),
  }
  for (const way of [{}, { earlyRelease: true }, { plainStatements: true }]) {
    const store = openPostgres({ pool, ...way })
    await expect(store.commit({ events: [happened('k1')] })).rejects.toMatchObject(refused)
    await expect(store.load('all')).rejects.toMatchObject(refused)
    const client = await pool.connect()
    await client.query('begin')
    const inside = store.within(client)
    await expect(inside.commit({ events: [happened('k1')] })).rejects.toMatchObject(refused)
    await client.query('rollback')
    client.release()
  }
  await migrate(pool)
  const store = openPostgres({ pool })
  await store.commit({ events: [happened('k1')], idempotency: { key: 'key_1' } })
  const { events } = await store.load([{ filter: { cartId: 'k1' } }])
  expect(events).toHaveLength(2)
  expect(events[0]).toEqual(first.events[0])
  expect(await query('select version from eventfold.logs')).toEqual([{ version: VERSION }])
})

test('routines of another version never report what they did not write', async () => {
  await using log = await openLog()
  const { pool, query } = log
  const stores = [{}, { earlyRelease: true }].map((way) => openPostgres({ pool, ...way }))
  const commit = { events: [happened('k1')], outbox: [{ type: 'a', data: 1 }] }
  for (const store of stores) await store.commit(commit)
  // Put there while the stores are open, which do not look again.
  await query(olderRoutines)
  for (const store of stores) {
    await expect(store.commit(commit)).rejects.toMatchObject({
      fault: 'not-a-log',
      message: expect.stringContaining('migrate'),
    })
  }
  await migrate(pool)
  for (const store of stores) await store.commit(commit)
  expect(await query('select 1 from events')).toHaveLength(4)
})

test('a client of an older version that stayed is refused by the routines', async () => {
  await using log = await openLog()
  const { query } = log
  const batch = `'{"e":[{"a":0,"o":1,"i":"e1","t":"A","d":{}}]}'`
  for (const routine of ['append', 'judge']) {
    await expect(
      query(`select eventfold."public.events.${routine}"(${batch})`),
    ).rejects.toMatchObject({
      code: 'EF001',
      message: expect.stringMatching(new RegExp(`version ${VERSION}`, 'u')),
    })
  }
  expect(await query('select 1 from events')).toEqual([])
})
