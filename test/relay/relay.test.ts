import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { DeleteTableCommand } from '@aws-sdk/client-dynamodb'
import { buildSync } from 'esbuild'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { dynamodbEndpoint, plainClient } from '../../src/stores/dynamodb/engine.fixture.ts'
import { freshDatabase } from '../../src/stores/postgres/server.fixture.ts'
import { faultsOf, linesOf, type Line, type Written } from './journal.fixture.ts'
import { openLog } from './store.fixture.ts'

/** `npm run soak` says how often relays are killed, when it is to run for long. */
const SOAK = process.env['SOAK']
const LEASE = 250
const RELAYS = 3
const WRITERS = 3

interface Child {
  readonly process: ChildProcess
  readonly ready: Promise<unknown>
  /** Rejects with what it said, where it failed by itself. */
  readonly ended: Promise<void>
}

// Bundled, because many of them start. Where they are, packages are found.
const scripts = mkdtempSync(resolve('node_modules/.relay-'))
afterAll(() => rmSync(scripts, { recursive: true }))
buildSync({
  entryPoints: ['writer', 'relay'].map((name) => join(import.meta.dirname, `${name}.fixture.ts`)),
  outdir: scripts,
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  conditions: ['eventfold-source'],
  external: ['pg', '@aws-sdk/*'],
  outExtension: { '.js': '.mjs' },
})

const children = new Set<ChildProcess>()
afterEach(() => {
  for (const child of children) child.kill('SIGKILL')
})

function start(name: string, ...args: readonly string[]): Child {
  const child = spawn(process.execPath, [join(scripts, `${name}.fixture.mjs`), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.add(child)
  const closed = once(child, 'close')
  const ended = Promise.all([text(child.stderr), closed]).then(([errors]) => {
    children.delete(child)
    if (child.exitCode !== 0 && child.signalCode !== 'SIGKILL') throw new Error(errors)
  })
  ended.catch(() => {})
  return { process: child, ready: Promise.race([once(child.stdout, 'data'), closed]), ended }
}

/** Relays and writers on one log. */
class Scene {
  readonly #target: string
  readonly #path: string
  readonly #writers: readonly Child[]
  #relays: Child[] = []
  #started = 0

  constructor(target: string, path: string) {
    this.#target = target
    this.#path = path
    writeFileSync(path, '')
    this.#writers = Array.from({ length: WRITERS }, (_, n) => start('writer', target, `w${n}`))
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
      for (const { process: child, ended } of [...this.#relays, ...this.#writers]) {
        if (child.exitCode !== null) await ended
      }
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
      await ended
    }
    await using store = await openLog(this.#target)
    while ((await store.outbox.read({ limit: 1 })).length > 0) await delay(20)
    for (const { process: relay, ready, ended } of this.#relays) {
      await ready
      relay.kill('SIGTERM')
      await ended
    }
    // A store without a total order gives them in the order of each key.
    const events = await Array.fromAsync(store.read([{ types: ['WRITTEN'] }]))
    return events.flatMap(({ data }) => (data as { messages: Written[] }).messages)
  }

  #startRelay(): void {
    // Both ways to publish, in turn.
    const order = this.#started % 2 === 0 ? '' : 'keepsOrder'
    this.#started += 1
    this.#relays.push(start('relay', this.#target, this.#path, String(LEASE), order))
  }
}

const engines = (process.env['STORES'] ?? 'sqlite,postgres,dynamodb')
  .split(',')
  .filter((name) => ['sqlite', 'postgres', 'dynamodb'].includes(name))

/** A new place for a log outside of the folder of the test. */
async function placeFor(
  engine: string,
): Promise<({ readonly target: string } & AsyncDisposable) | undefined> {
  if (engine === 'postgres') {
    const database = await freshDatabase()
    return {
      target: database.url,
      [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
    }
  }
  if (engine !== 'dynamodb') return undefined
  const tableName = `relay-${process.pid}-${Date.now()}`
  const { host } = new URL(dynamodbEndpoint())
  const remove = async (): Promise<void> => {
    const client = plainClient()
    await client.send(new DeleteTableCommand({ TableName: tableName }))
    client.destroy()
  }
  return { target: `dynamodb://${host}/${tableName}`, [Symbol.asyncDispose]: remove }
}

describe.each(engines)('relays on %s', (engine) => {
  // The local DynamoDB is slow: a few in every run, more in the soak.
  const kills = Number(SOAK ?? (engine === 'dynamodb' ? 8 : 50))
  const pauses = Math.ceil(kills / 8)

  /** Resolves to what the relays said, and what is wrong with it. */
  async function play(
    act: (scene: Scene) => Promise<void>,
  ): Promise<{ readonly lines: readonly Line[]; readonly faults: readonly string[] }> {
    const folder = mkdtempSync(join(tmpdir(), 'eventfold-relay-'))
    const place = await placeFor(engine)
    const target = place?.target ?? join(folder, 'log.db')
    try {
      await (await openLog(target, { isNew: true })).close()
      const scene = new Scene(target, join(folder, 'published'))
      await act(scene)
      const written = await scene.finish()
      const lines = scene.lines()
      return { lines, faults: faultsOf(lines, written, LEASE) }
    } finally {
      await place?.[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true })
    }
  }

  test(
    'publish everything, in order per key, whenever they are killed',
    async () => {
      const { lines, faults } = await play(async (scene) => {
        for (let done = 0; done < kills; done += 1) {
          const relay = await scene.publishing(scene.lines().length)
          await delay(Math.random() * 30)
          await scene.kill(done % 7 === 6 ? scene.waiting() : relay)
        }
      })
      expect(faults).toEqual([])
      expect(lines.filter((line) => 'took' in line).length).toBeGreaterThan(kills / 2)
      // Where nothing was published twice, nobody was killed between publishing and removing.
      const published = lines.flatMap((line) => ('published' in line ? [line.published] : []))
      const isSure = kills >= 50
      expect(isSure && new Set(published).size === published.length).toBe(false)
    },
    60_000 + kills * 5000,
  )

  test(
    'publish nothing more after a pause in which another one took over',
    async () => {
      const { faults } = await play(async (scene) => {
        for (let takeovers = 0; takeovers < pauses;) {
          const relay = await scene.publishing(scene.lines().length)
          await delay(Math.random() * 10)
          relay.process.kill('SIGSTOP')
          const { length } = scene.lines()
          const isTaken = (): boolean =>
            scene
              .lines()
              .slice(length)
              .some((line) => 'took' in line)
          // One that was stopped within a commit keeps everybody waiting.
          for (let waits = 0; !isTaken() && waits < 100; waits += 1) await delay(20)
          if (isTaken()) {
            takeovers += 1
            await scene.publishing(scene.lines().length)
          }
          relay.process.kill('SIGCONT')
          await delay(Math.random() * 100)
        }
      })
      expect(faults).toEqual([])
    },
    60_000 + pauses * 20_000,
  )
})
