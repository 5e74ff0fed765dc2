import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { DEFAULT_IDENTIFIERS, identifierTest } from '../../event/identifiers.ts'
import { nodeSqlite } from './hands/node-sqlite.ts'
import { faultsOf } from './index-check.fixture.ts'
import { openSqlite } from './index.ts'
import { temporaryFolder } from './stores.fixture.ts'

interface Writer {
  readonly kill: () => void
  /** Resolves when it has written. */
  readonly began: Promise<unknown>
  /** What it said, whether or not it was killed. */
  readonly said: Promise<readonly string[]>
}

function startWriter(path: string, name: string, rounds: number): Writer {
  const script = join(import.meta.dirname, 'processes.fixture.ts')
  const child = spawn(
    process.execPath,
    ['--conditions=eventfold-source', script, path, name, String(rounds)],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const ended = new Promise<number | null>((resolve) => {
    child.on('close', resolve)
  })
  const began = Promise.race([once(child.stdout, 'data'), ended])
  const said = Promise.all([text(child.stdout), text(child.stderr), ended]).then(
    ([output, errors, code]) => {
      if (code !== 0 && code !== null) throw new Error(errors)
      // A line that was cut off says nothing.
      return output.split('\n').slice(0, -1)
    },
  )
  return { kill: () => child.kill('SIGKILL'), began, said }
}

/** Everything that must hold of a log that several processes wrote, given what was acknowledged. */
async function expectWhole(path: string, said: readonly (readonly string[])[]): Promise<number> {
  const connection = nodeSqlite(path)
  expect(faultsOf(connection, identifierTest(DEFAULT_IDENTIFIERS))).toEqual([])
  const filed = connection.query<readonly [number]>('select filed from eventfold_meta').get()?.[0]
  expect(filed).toBeGreaterThan(0)
  connection.close()
  await using store = openSqlite(path)
  const counted = (await store.load([{ types: ['COUNTED'] }])).events
  const numbers = counted.map(({ data }) => (data as { number: number }).number)
  expect(numbers).toEqual(numbers.map((_, index) => index + 1))
  const acknowledged = said.flat().filter((line) => line.startsWith('counted '))
  expect(new Set(acknowledged).size).toBe(acknowledged.length)
  expect(numbers.map((number) => `counted ${number}`)).toEqual(expect.arrayContaining(acknowledged))
  for (const [writer, lines] of said.entries()) {
    const own = [{ types: ['NOTED'], filter: { writerId: `writer_${writer}` } }]
    const rounds = (await store.load(own)).events.map(
      ({ data }) => (data as { round: number }).round,
    )
    const noted = lines.filter((line) => line.startsWith('noted ')).length
    expect(rounds.length).toBeGreaterThanOrEqual(3 * noted)
  }
  return numbers.length
}

test('four processes that append conditionally to one file lose, tear and double nothing', async () => {
  using folder = temporaryFolder()
  const path = folder.file('log.db')
  const writers = [0, 1, 2, 3].map((number) => startWriter(path, `writer_${number}`, 40))
  const said = await Promise.all(writers.map((writer) => writer.said))
  expect(said.map((lines) => lines.length)).toEqual([80, 80, 80, 80])
  await expect(expectWhole(path, said)).resolves.toBe(160)
})

test('what was acknowledged is there, and whole, when writers are killed at any moment', async () => {
  using folder = temporaryFolder()
  const path = folder.file('log.db')
  const said: (readonly string[])[] = []
  let number = 0
  const live = async (): Promise<void> => {
    for (let life = 0; life < 4; life += 1) {
      const own = number
      number += 1
      const writer = startWriter(path, `writer_${own}`, 10_000)
      await writer.began
      await new Promise((resolve) => {
        setTimeout(resolve, Math.random() * 400)
      })
      writer.kill()
      said[own] = await writer.said
    }
  }
  await Promise.all([live(), live(), live(), live()])
  const counted = await expectWhole(path, said)
  expect(counted).toBeGreaterThan(0)

  // And the next one goes on from there.
  const next = startWriter(path, `writer_${number}`, 5)
  said[number] = await next.said
  await expect(expectWhole(path, said)).resolves.toBe(counted + 5)
})
