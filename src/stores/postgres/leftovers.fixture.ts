import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** How the folders of servers begin. The id of the process that has started the server follows. */
export const PREFIX = 'eventfold-postgres-'

/** Kills all processes of a server, and gives their ids. It is stopped first: it must not fork meanwhile. */
export function killTree(server: number): number[] {
  if (!send(server, 'SIGSTOP')) return []
  return [...childrenOf(server), server].filter((pid) => send(pid, 'SIGKILL'))
}

/** Until the system has ended what was killed: up to then it holds its memory and its files. */
export async function untilGone(pids: readonly number[]): Promise<void> {
  while (listProcesses().some(({ pid }) => pids.includes(pid))) await delay(10)
}

export interface Process {
  readonly pid: number
  readonly parent: number
  readonly command: string
}

/** Everything that runs on this machine; what is dead and only not yet buried does not. */
export function listProcesses(): Process[] {
  const table = execFileSync('ps', ['-A', '-ww', '-o', 'pid=,ppid=,stat=,args='], {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  })
  return table.split('\n').flatMap((line) => {
    const [pid, parent, state = 'Z', ...command] = line.trim().split(/\s+/)
    if (state.startsWith('Z')) return []
    return { pid: Number(pid), parent: Number(parent), command: command.join(' ') }
  })
}

function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal)
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ESRCH') return false
    throw error
  }
}

function childrenOf(server: number): number[] {
  return listProcesses().flatMap(({ pid, parent }) => (parent === server ? [pid] : []))
}

/** Servers of ours whose starter is gone: it was killed, so nobody has ended them. */
export function reapLeftovers(): void {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(PREFIX))) {
    if (isAlive(Number.parseInt(name.slice(PREFIX.length), 10))) continue
    try {
      reap(join(tmpdir(), name))
    } catch {
      // It is another user's, or another run is at it already.
    }
  }
}

function reap(folder: string): void {
  const server = serverIn(join(folder, 'data'))
  if (server !== undefined) killTree(server)
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
}

/** The process that serves this data. Its id may have passed to another one, which must live. */
function serverIn(data: string): number | undefined {
  const file = join(data, 'postmaster.pid')
  if (!existsSync(file)) return undefined
  const server = Number.parseInt(readFileSync(file, 'utf8'), 10)
  const found = listProcesses().find(({ pid }) => pid === server)
  return found?.command.includes(data) ? server : undefined
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as { code?: unknown }).code === 'EPERM'
  }
}
