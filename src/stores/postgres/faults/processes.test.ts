import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { Pool } from 'pg'
import { afterEach, expect, inject, test } from 'vitest'
import { migrate } from '../index.ts'
import { freshDatabase } from '../server.fixture.ts'
import { faultsOf } from './whole.fixture.ts'
import type { Journal } from './workload.fixture.ts'

const ROUNDS = 20 + 2 * Number(process.env['SOAK'] ?? 0)

interface Journalled {
  readonly acknowledged: readonly [string, number][]
  readonly refused: readonly string[]
  readonly failures: readonly string[]
  readonly unknown: Journal['unknown']
}

const children = new Set<ChildProcess>()
afterEach(() => {
  for (const child of children) child.kill('SIGKILL')
})

async function writer(url: string, options: object, seed: number): Promise<Journal> {
  const script = join(import.meta.dirname, 'writer.fixture.ts')
  const args = [url, JSON.stringify(options), String(seed), String(ROUNDS)]
  const child = spawn(process.execPath, ['--conditions=eventfold-source', script, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.add(child)
  const [output, errors] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ])
  children.delete(child)
  if (child.exitCode !== 0) throw new Error(errors)
  const journal = JSON.parse(output) as Journalled
  return {
    acknowledged: new Map(journal.acknowledged),
    refused: new Set(journal.refused),
    failures: [...journal.failures],
    unknown: journal.unknown,
  }
}

async function raced(url: string): Promise<readonly Journal[]> {
  const pool = new Pool({ connectionString: url })
  await migrate(pool)
  await pool.end()
  const ways = [{}, { earlyRelease: true }, { plainStatements: true }, {}]
  const journals = await Promise.all(ways.map((way, seed) => writer(url, way, seed)))
  await expect(faultsOf(url, { journals })).resolves.toEqual([])
  for (const { acknowledged, refused, failures } of journals) {
    expect(failures).toEqual([])
    expect(acknowledged.size).toBeGreaterThan(ROUNDS)
    // Without a conflict it was no race.
    expect(refused.size).toBeGreaterThan(0)
  }
  return journals
}

const TIME = 60_000 + ROUNDS * 1000

test(
  'four processes on one log race as if they came one after the other',
  async () => {
    await using database = await freshDatabase()
    await expect(raced(database.url)).resolves.toHaveLength(4)
  },
  TIME,
)

test(
  'four processes race as if they came one after the other on PostgreSQL 15',
  async (context) => {
    const server = inject('postgres15Url')
    if (server === undefined) return context.skip(inject('postgres15Missing'))
    await using database = await freshDatabase(server)
    await expect(raced(database.url)).resolves.toHaveLength(4)
  },
  TIME,
)
