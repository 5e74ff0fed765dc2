import { Client, Pool } from 'pg'
import { expect, test } from 'vitest'
import { migrate, openPostgres } from '../index.ts'
import { startServer } from '../server.fixture.ts'
import { carts, happened } from './log.fixture.ts'
import { faultsOf } from './whole.fixture.ts'
import { setTimeout as delay } from 'node:timers/promises'

const GATE = 4712
const streams = [{ filter: { cartId: 'k1' } }]

test('an event that a reader has seen and a crash has taken makes his next commit fail as rewound', async () => {
  await using server = await startServer({ settings: { wal_writer_delay: '10000ms' } })
  const open = (): Pool => {
    const pool = new Pool({ connectionString: server.url, max: 4 })
    pool.on('error', () => {})
    return pool
  }
  const connect = async (): Promise<Client> => {
    const client = new Client({ connectionString: server.url })
    client.on('error', () => {})
    await client.connect()
    return client
  }
  const pool = open()
  await migrate(pool)
  const early = openPostgres({ pool, earlyRelease: true })
  await early.commit({ events: [happened('k0')] })
  const before = await early.load(streams)

  // From here on, a commit waits when it has released the log and is not yet on the disk.
  const keeper = await connect()
  const [{ text } = { text: '' }] = (
    await keeper.query<{ text: string }>(
      `select pg_get_functiondef('eventfold."public.events.commit"'::regproc) as text`,
    )
  ).rows
  const flush = 'perform pg_logical_emit_message'
  expect(text.split(flush)).toHaveLength(2)
  await keeper.query(text.replace(flush, `perform pg_advisory_xact_lock(${GATE}); ${flush}`))
  await keeper.query(`select pg_advisory_lock(${GATE})`)

  let isAnswered = false
  const sent = Promise.allSettled([
    early
      .commit({ events: [happened('k1', 'event_1')], idempotency: { key: 'command_1' } })
      .finally(() => {
        isAnswered = true
      }),
  ])
  const reader = openPostgres({ pool: open() })
  let seen = await reader.load(streams)
  for (; seen.events.length === 0; seen = await reader.load(streams)) await delay(2)
  // The log is released, and nobody was told that the event is stored.
  expect(seen).toMatchObject({ events: [{ id: 'event_1', position: 2 }], cursor: '2~event_1' })
  expect(isAnswered).toBe(false)
  // Nobody else has to wait for the disk.

  await server.kill()
  expect(await sent).toMatchObject([{ reason: { code: 'STORE', outcome: 'unknown' } }])
  await server.start()
  expect(await carts(reader)).toEqual(['1 k0'])

  const conditional = (after: string) => ({
    events: [happened('k1')],
    conditions: [{ streams, after }],
  })
  const rewound = { code: 'CONFLICT', conflict: { reason: 'rewound' } }
  await expect(reader.commit(conditional(seen.cursor))).rejects.toMatchObject(rewound)
  await expect(reader.load(streams, { after: seen.cursor })).rejects.toMatchObject(rewound)
  // Also when another event has taken the place.
  await reader.commit({ events: [happened('k1', 'event_2')] })
  await expect(reader.commit(conditional(seen.cursor))).rejects.toMatchObject(rewound)
  await expect(
    reader.commit({
      documents: [{ type: 'cart', id: 'k1', data: 1, cursor: seen.cursor, if: 'newer' }],
    }),
  ).rejects.toMatchObject(rewound)
  await expect(reader.commit(conditional(before.cursor))).rejects.toMatchObject({
    conflict: { reason: 'condition', event: { id: 'event_2', position: 2 } },
  })

  // What was lost is written anew by the same commit.
  await expect(
    reader.commit({ events: [happened('k1', 'event_1')], idempotency: { key: 'command_1' } }),
  ).resolves.toMatchObject({ replayed: false, events: [{ position: 3 }] })
  expect(await carts(reader)).toEqual(['1 k0', '2 k1', '3 k1'])
  expect(await faultsOf(server.url)).toEqual([])
  await pool.end()
  await keeper.end().catch(() => {})
})
