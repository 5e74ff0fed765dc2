import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { freshDatabase } from '../../src/stores/postgres/server.fixture.ts'
import { faultsOf, linesOf, type Line, type Written } from './journal.fixture.ts'
import { openLog } from './store.fixture.ts'

/** `npm run soak` says how often relays are killed, when it is to run for long. */
const KILLS = Number(process.env['SOAK'] ?? 50)
const PAUSES = Math.ceil(KILLS / 8)
const LEASE = 250
const RELAYS = 3
const WRITERS = 3

interface Child {
  readonly process: ChildProcess
  readonly ready: Promise<unknown>
  /** Resolves to what it said of errors. */
  readonly ended: Promise<string>
}

const children = new Set<ChildProcess>()
afterEach(() => {
  for (const child of children) child.kill('SIGKILL')
})

function start(script: string, ...args: readonly string[]): Child {
  const path = join(import.meta.dirname, script)
  const child = spawn(process.execPath, ['--conditions=eventfold-source', path, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.add(child)
  const closed = once(child, 'close')
  const ended = Promise.all([text(child.stderr), closed]).then(([errors]) => {
    children.delete(child)
    return child.exitCode === 0 || child.signalCode === 'SIGKILL' ? '' : errors
  })
  return { process: child, ready: Promise.race([once(child.stdout, 'data'), closed]), ended }
}

/** Relays and writers on one log. */
class Scene {
  readonly #target: string
  readonly #path: string
  readonly #writers: readonly Child[]
  #relays: Child[] = []
  #started = 0
  readonly #ends: Promise<string>[] = []

  constructor(target: string, path: string) {
    this.#target = target
    this.#path = path
    writeFileSync(path, '')
    this.#writers = Array.from({ length: WRITERS }, (_, n) =>
      start('writer.fixture.ts', target, `w${n}`),
    )
    for (let count = 0; count < RELAYS; count += 1) this.#startRelay()
  }

  lines(): Line[] {
    return linesOf(this.#path)
  }

  /** Resolves to the relay that has published since, when it has. */
  async publishing(since: number): Promise<Child> {
    for (;;) {
      const last = this.lines()
        .slice(since)
        .findLast((line) => 'published' in line)
      const relay = this.#relays.find((child) => child.process.pid === last?.relay)
      if (relay) return relay
      for (const child of [...this.#relays, ...this.#writers])
        expect(child.process.exitCode).toBeNull()
      await delay(5)
    }
  }

  /** One that waits for its turn. */
  waiting(): Child {
    return this.#relays.at(-1) as Child
  }

  async kill(relay: Child): Promise<void> {
    relay.process.kill('SIGKILL')
    this.#relays = this.#relays.filter((child) => child !== relay)
    this.#startRelay()
    await relay.ended
  }

  /** Lets writers end, and relays publish what is left. Resolves to what was written, in commit order. */
  async finish(): Promise<Written[]> {
    for (const { process: writer, ended } of this.#writers) {
      writer.kill('SIGTERM')
      await expect(ended).resolves.toBe('')
    }
    const store = await openLog(this.#target)
    while ((await store.outbox.read({ limit: 1 })).length > 0) await delay(20)
    for (const relay of this.#relays) {
      await relay.ready
      relay.process.kill('SIGTERM')
    }
    await expect(Promise.all(this.#ends)).resolves.toEqual(this.#ends.map(() => ''))
    expect(await store.outbox.read()).toEqual([])
    const { events } = await store.load('all')
    await store.close()
    return events.flatMap(({ data }) => (data as { messages: Written[] }).messages)
  }

  #startRelay(): void {
    // Both ways to publish, in turn.
    const order = this.#started % 2 === 0 ? '' : 'keepsOrder'
    this.#started += 1
    const child = start('relay.fixture.ts', this.#target, this.#path, String(LEASE), order)
    this.#relays.push(child)
    this.#ends.push(child.ended)
  }
}

const engines = (process.env['STORES'] ?? 'sqlite,postgres')
  .split(',')
  .filter((name) => ['sqlite', 'postgres'].includes(name))

describe.each(engines)('relays on %s', (engine) => {
  async function play(act: (scene: Scene) => Promise<void>): Promise<Line[]> {
    const folder = mkdtempSync(join(tmpdir(), 'eventfold-relay-'))
    const database = engine === 'postgres' ? await freshDatabase() : undefined
    const target = database?.url ?? join(folder, 'log.db')
    try {
      await (await openLog(target)).close()
      const scene = new Scene(target, join(folder, 'published'))
      await act(scene)
      const written = await scene.finish()
      const lines = scene.lines()
      expect(faultsOf(lines, written, LEASE)).toEqual([])
      expect(written.length).toBeGreaterThan(KILLS)
      return lines
    } finally {
      await database?.[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true })
    }
  }

  test(
    'publish everything, in order per key, whenever they are killed',
    async () => {
      const lines = await play(async (scene) => {
        for (let kills = 0; kills < KILLS; kills += 1) {
          const since = scene.lines().length
          const relay = await scene.publishing(since)
          await delay(Math.random() * 30)
          await scene.kill(kills % 7 === 6 ? scene.waiting() : relay)
        }
      })
      const terms = lines.filter((line) => 'took' in line)
      expect(terms.length).toBeGreaterThan(KILLS / 2)
      // Without a message that was published twice nobody was killed between publishing and removing.
      const published = lines.flatMap((line) => ('published' in line ? [line.published] : []))
      expect(new Set(published).size).toBeLessThan(published.length)
    },
    60_000 + KILLS * 5000,
  )

  test(
    'publish nothing more after a pause in which another one took over',
    async () => {
      await play(async (scene) => {
        let taken = 0
        while (taken < PAUSES) {
          const since = scene.lines().length
          const relay = await scene.publishing(since)
          await delay(Math.random() * 10)
          relay.process.kill('SIGSTOP')
          const stopped = scene.lines().length
          const isTaken = (): boolean =>
            scene
              .lines()
              .slice(stopped)
              .some((line) => 'took' in line)
          // One that was stopped within a commit keeps everybody waiting.
          for (let waits = 0; !isTaken() && waits < 100; waits += 1) await delay(20)
          if (isTaken()) {
            taken += 1
            await scene.publishing(scene.lines().length)
          }
          relay.process.kill('SIGCONT')
          await delay(Math.random() * 100)
        }
      })
    },
    60_000 + PAUSES * 20_000,
  )
})
