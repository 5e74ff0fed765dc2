import { expect, test } from 'vitest'
import { openLog } from './faults/log.fixture.ts'

test('records of commits that travelled together stay in the order of their commits', async () => {
  await using log = await openLog()
  const commits = Array.from({ length: 8 }, (_, commit) =>
    log.store.commit({
      events: [{ type: 'HAPPENED', data: { commit } }],
      outbox: [0, 1, 2].map((record) => ({ type: 'message', data: record, orderKey: 'one' })),
    }),
  )
  const positions = (await Promise.all(commits)).map(({ events }) => events[0]?.position ?? 0)
  const records = await log.store.outbox.read()
  expect(records.map(({ event, data }) => [event?.position, data])).toEqual(
    positions.sort((a, b) => a - b).flatMap((at) => [0, 1, 2].map((record) => [at, record])),
  )
  const moments = await log.query('select distinct created_at from events')
  expect(moments).toHaveLength(1)
})
