import { scopeStorage } from '../event/scope.ts'
import { AbortedError, ArgumentError, LimitError } from '../store/errors.ts'
import type { EventStore } from '../store/store.ts'
import type { Streams } from '../store/stream.ts'
import { boundaryNames } from './boundary.ts'

const MOST_WAITING = 10_000

/** Those who wait for one boundary; the first is the one who has it. */
type Line = Turn[]
type Lines = Map<string, Line>

interface Turn {
  readonly lines: Lines
  readonly names: readonly string[]
  /** The decision that is being decided around this one. */
  readonly outer: Turn | undefined
  /** In how many lines somebody is ahead. */
  ahead: number
  start: () => void
  over: boolean
}

/** Runs the part of a decision that is the caller's own. */
export type Deciding = <Result>(decide: () => Result) => Result

const linesOf = new WeakMap<EventStore, Lines>()
const deciding = scopeStorage<Turn>()

/**
 * Decisions of one process on the same boundary work one after another instead of racing: optimism
 * alone wastes most of its attempts on a hot key. Only a courtesy to the store, which judges anyway: a
 * decision inside another one does not wait, or two could wait for each other for ever.
 */
export async function takeTurn<Result>(
  store: EventStore,
  streams: Streams,
  signal: AbortSignal | undefined,
  work: (deciding: Deciding) => Promise<Result>,
): Promise<Result> {
  const turn = turnOf(store, streams)
  const waits = turn.outer === undefined
  if (waits) enter(turn)
  try {
    if (turn.ahead > 0) await started(turn, signal)
    return await work((decide) => deciding.run(turn, decide))
  } finally {
    turn.over = true
    if (waits) leave(turn)
  }
}

/** How many boundaries somebody has or waits for: exported for its test. */
export function lineCount(store: EventStore): number {
  return linesOf.get(store)?.size ?? 0
}

function turnOf(store: EventStore, streams: Streams): Turn {
  let lines = linesOf.get(store)
  if (lines === undefined) linesOf.set(store, (lines = new Map()))
  const names = boundaryNames(streams)
  const outer = running(deciding.getStore())
  for (let turn = outer; turn !== undefined; turn = running(turn.outer)) {
    const held = turn.lines === lines ? names.find((name) => turn.names.includes(name)) : undefined
    if (held === undefined) continue
    throw new ArgumentError(
      `a decision on ${held} inside another one on it could never be stored: execute it before or after`,
    )
  }
  return { lines, names, outer, ahead: 0, start: () => {}, over: false }
}

/** What was begun inside a decision may go on when that is over, and is then like any other. */
function running(turn: Turn | undefined): Turn | undefined {
  return turn?.over ? running(turn.outer) : turn
}

function enter(turn: Turn): void {
  const { lines, names } = turn
  const full = names.find((name) => (lines.get(name)?.length ?? 0) >= MOST_WAITING)
  if (full !== undefined) {
    throw new LimitError(`decisions on ${full}`, MOST_WAITING + 1, MOST_WAITING, 'at once')
  }
  for (const name of names) {
    const line = lines.get(name)
    if (line === undefined) {
      lines.set(name, [turn])
    } else {
      line.push(turn)
      turn.ahead += 1
    }
  }
}

/** Leaves all lines, also one in which others are still ahead. */
function leave(turn: Turn): void {
  const { lines, names } = turn
  for (const name of names) {
    const line = lines.get(name) as Line
    const place = line.indexOf(turn)
    line.splice(place, 1)
    const next = line[0]
    if (next === undefined) lines.delete(name)
    else if (place === 0 && (next.ahead -= 1) === 0) next.start()
  }
}

async function started(turn: Turn, signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const abort = (): void => reject(new AbortedError('the decision', signal as AbortSignal))
    turn.start = () => {
      signal?.removeEventListener('abort', abort)
      resolve()
    }
    if (signal?.aborted) abort()
    else signal?.addEventListener('abort', abort, { once: true })
  })
}
