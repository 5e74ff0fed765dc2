import { Pool } from 'pg'
import { expect, test } from 'vitest'
import { migrate, openPostgres, type PostgresOptions } from '../index.ts'
import { startServer, type Server } from '../server.fixture.ts'
import { setTimeout as delay } from 'node:timers/promises'
import { faultsOf } from './whole.fixture.ts'
import { emptyJournal, sendAgain, write, type Journal } from './workload.fixture.ts'

/** `npm run soak` says how often the server is killed, when it is to run for long. */
const KILLS = Number(process.env['SOAK'] ?? 6)
const WRITERS = 12

const ways: readonly Partial<PostgresOptions>[] = [
  {},
  { earlyRelease: true },
  { plainStatements: true },
]

// Only what was flushed on purpose is on the disk in time.
const settings = { wal_writer_delay: '10000ms' }

test(
  'what was acknowledged is there after kill -9 of the server, and what was refused is not',
  async () => {
    await using server = await startServer({ settings })
    const journal = emptyJournal()
    await migrateOnce(server)
    for (let life = 0; life < KILLS; life += 1) {
      const way = ways[life % ways.length] ?? {}
      await writeUntilKilled(server, way, journal, life)
      await server.start()
      await answerAll(server, way, journal)
      const faults = await faultsOf(server.url, { journals: [journal] })
      expect(faults, JSON.stringify({ life, way })).toEqual([])
    }
    expect(journal.acknowledged.size).toBeGreaterThan(KILLS * 20)
  },
  KILLS * 30_000,
)

test('a server that is stopped and started under load leaves every commit answered, once', async () => {
  await using server = await startServer({ settings })
  const journal = emptyJournal()
  await migrateOnce(server)
  const pool = poolOf(server)
  const store = openPostgres({ pool })
  let stops = 0
  const goesOn = (): boolean => stops < 3
  const writing = Array.from({ length: WRITERS }, (_, seed) =>
    write(store, { seed, rounds: Infinity, goesOn }, journal),
  )
  for (; stops < 3; stops += 1) {
    await acknowledged(journal, 30)
    await server.stop()
    await server.start()
  }
  await Promise.all(writing)
  await sendAgain(store, journal)
  expect(await faultsOf(server.url, { journals: [journal] })).toEqual([])
  await store.close()
  await pool.end()
})

async function migrateOnce(server: Server): Promise<void> {
  const pool = poolOf(server)
  await migrate(pool)
  await pool.end()
}

function poolOf(server: Server): Pool {
  const pool = new Pool({ connectionString: server.url, max: 16 })
  pool.on('error', () => {})
  return pool
}

/** Returns when more was acknowledged. */
async function acknowledged(journal: Journal, more: number): Promise<void> {
  const { size } = journal.acknowledged
  while (journal.acknowledged.size < size + more) await delay(1)
}

async function writeUntilKilled(
  server: Server,
  way: Partial<PostgresOptions>,
  journal: Journal,
  life: number,
): Promise<void> {
  const pool = poolOf(server)
  const store = openPostgres({ pool, ...way })
  let isAlive = true
  const writing = Array.from({ length: WRITERS }, (_, index) =>
    write(
      store,
      { seed: life * WRITERS + index, rounds: Infinity, goesOn: () => isAlive },
      journal,
    ),
  )
  await acknowledged(journal, 20 + Math.floor(Math.random() * 60))
  await delay(Math.random() * 20)
  // The next load of a writer would wait for a server that is gone.
  const killed = server.kill()
  isAlive = false
  await killed
  await Promise.all(writing)
  await store.close()
  await pool.end()
}

/** The commits whose answer was lost, sent again by another process after the crash. */
async function answerAll(
  server: Server,
  way: Partial<PostgresOptions>,
  journal: Journal,
): Promise<void> {
  const pool = poolOf(server)
  const store = openPostgres({ pool, ...way })
  await sendAgain(store, journal)
  await store.close()
  await pool.end()
}
