import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer, type AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'

/** A local DynamoDB with its data in memory. */
export interface Engine extends AsyncDisposable {
  readonly endpoint: string
  /** Resolves when it ends, with what it has said. */
  readonly ended: Promise<string>
}

const PACKAGE = '@dynoxide/linux-x64'
const ADVICE =
  'set DYNAMODB_ENDPOINT to a local DynamoDB of yours, such as http://localhost:8000 after ' +
  '`docker run -p 8000:8000 amazon/dynamodb-local`'

// Whoever has started it may be killed: its end of the pipe closes, and the engine ends too.
const SCRIPT =
  'exec 3<&0; (cat <&3 >/dev/null; kill -9 $$) >/dev/null 2>&1 & exec "$0" --port "$1" 3<&-'

/** Starts an engine. Throws what is missing, and how to get it, where there is none. */
export async function startEngine(port?: number): Promise<Engine> {
  const program = findProgram()
  const onPort = port ?? (await freePort())
  // Ctrl-C is for whoever has started it, not for its process group.
  const running = spawn('sh', ['-c', SCRIPT, program, String(onPort)], { detached: true })
  let said = ''
  for (const output of [running.stdout, running.stderr]) {
    output.setEncoding('utf8').on('data', (text: string) => (said += text))
  }
  const ended = once(running, 'close').then(() => said)
  const kill = (): void => void running.kill('SIGKILL')
  process.on('exit', kill)
  const stop = async (): Promise<void> => {
    process.off('exit', kill)
    if (running.exitCode !== null || running.signalCode !== null) return
    const exited = once(running, 'exit')
    kill()
    await exited
  }
  const listening = (): boolean => said.includes('listening on')
  while (!listening() && running.exitCode === null) {
    await Promise.race([once(running.stdout, 'data'), once(running.stderr, 'data'), ended])
  }
  if (!listening()) {
    await stop()
    throw new Error(`The local DynamoDB did not start on port ${onPort}: ${said}`)
  }
  return { endpoint: `http://127.0.0.1:${onPort}`, ended, [Symbol.asyncDispose]: stop }
}

function findProgram(): string {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(
      `There is no local DynamoDB for ${process.platform}-${process.arch} on npm (${PACKAGE} is for Linux alone): ${ADVICE}`,
    )
  }
  let program = ''
  try {
    const { resolve } = createRequire(import.meta.url)
    program = join(dirname(resolve(`${PACKAGE}/package.json`)), 'dynoxide')
  } catch {
    // It is missing, as below.
  }
  if (existsSync(program)) return program
  throw new Error(
    `The local DynamoDB (the package ${PACKAGE}) is missing: run \`npm ci\` without \`--omit=optional\`, or ${ADVICE}`,
  )
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
