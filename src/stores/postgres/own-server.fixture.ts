import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findEngine, reachable, type Engine, type EngineVersion } from './engine.fixture.ts'
import { killTree, PREFIX, reapLeftovers, untilGone } from './leftovers.fixture.ts'

export interface ServerOptions {
  /** Default is 18. */
  readonly version?: EngineVersion
  /** Whether a commit waits for the disk. Default is true. */
  readonly fsync?: boolean
  /** More settings, as `-c name=value`. */
  readonly settings?: Readonly<Record<string, string | number>>
}

/** A server of PostgreSQL with data of its own in a temporary folder. Everybody on this machine may enter. */
export interface Server extends AsyncDisposable {
  /** The database `postgres`, as its superuser. The same after a restart. */
  readonly url: string
  /** What the server has said. */
  readonly log: () => string
  /** Starts again on the same data, after `stop` or `kill`. */
  readonly start: () => Promise<void>
  /** Ends it in order; whoever is connected is thrown out. */
  readonly stop: () => Promise<void>
  /** `kill -9` for each of its processes at once, as if the machine had failed. */
  readonly kill: () => Promise<void>
}

const ready = 'database system is ready to accept connections'
const hasty = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }

/** Starts a server. Whatever a killed run of tests has left behind is ended and removed first. */
export async function startServer(options: ServerOptions = {}): Promise<Server> {
  reapLeftovers()
  const found = findEngine(options.version ?? 18)
  const folder = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`))
  const engine = reachable(found, folder)
  if (engine.owner) chownSync(folder, engine.owner.uid, engine.owner.gid)
  const port = await freePort()
  let running: ChildProcess | undefined
  let log = ''

  const start = async (): Promise<void> => {
    const server = run(engine, 'postgres', settingsOf(folder, port, options))
    running = server
    let said = ''
    const listening = new Promise<void>((resolve) => {
      server.stderr?.setEncoding('utf8').on('data', (text: string) => {
        log += text
        if ((said += text).includes(ready)) resolve()
      })
    })
    await Promise.race([listening, once(server, 'close')])
    if (!said.includes(ready)) throw new Error(`PostgreSQL in ${folder} did not start: ${said}`)
  }
  const end = async (how: (server: ChildProcess) => unknown): Promise<void> => {
    const server = running
    if (server?.exitCode !== null || server.signalCode !== null) return
    const exited = once(server, 'exit')
    how(server)
    await exited
  }
  const stop = (): Promise<void> => end((server) => server.kill('SIGINT'))
  const killNow = (): void => {
    if (running?.pid !== undefined && running.exitCode === null) killTree(running.pid)
    rmSync(folder, { recursive: true, force: true })
  }
  process.on('exit', killNow)
  const kill = async (): Promise<void> => {
    let killed: number[] = []
    await end(({ pid = 0 }) => (killed = killTree(pid)))
    await untilGone(killed)
  }
  const dispose = async (): Promise<void> => {
    await kill()
    process.off('exit', killNow)
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
  try {
    const flags = ['--no-sync', '--encoding=UTF8', '--locale=C', '--auth=trust', '-U', 'postgres']
    await initialise(engine, [...flags, '-D', join(folder, 'data')])
    await start()
  } catch (error) {
    await dispose()
    throw error
  }
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    log: () => log,
    start,
    stop,
    kill,
    [Symbol.asyncDispose]: dispose,
  }
}

function settingsOf(folder: string, port: number, options: ServerOptions): string[] {
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    max_connections: 300,
    ...(options.fsync === false ? hasty : undefined),
    ...options.settings,
  }
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  return ['-D', join(folder, 'data'), ...flags]
}

async function initialise(engine: Engine, args: readonly string[]): Promise<void> {
  const initdb = run(engine, 'initdb', args)
  let said = ''
  for (const output of [initdb.stdout, initdb.stderr]) {
    output?.setEncoding('utf8').on('data', (text: string) => (said += text))
  }
  const [code] = (await once(initdb, 'close')) as [number | null]
  if (code !== 0) {
    const advice = 'where a library is missing, `npm rebuild` puts the links to it in place'
    throw new Error(`${engine.bin}/initdb failed; ${advice}: ${said}`)
  }
}

function run(engine: Engine, program: string, args: readonly string[]): ChildProcess {
  return spawn(join(engine.bin, program), args, {
    cwd: '/',
    env: { PATH: process.env['PATH'], TZ: 'UTC', LC_ALL: 'C' },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...engine.owner,
  })
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
