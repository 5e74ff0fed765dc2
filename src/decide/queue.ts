import { unlessAborted } from '../client/resend.ts'
import { scopeStorage } from '../event/scope.ts'
import { ArgumentError, LimitError } from '../store/errors.ts'
import type { EventStore } from '../store/store.ts'
import type { Streams } from '../store/stream.ts'
import { boundaryNames } from './boundary.ts'

const MOST_WAITING = 10_000
/** How long others wait, in milliseconds, for one that may be waiting for them. */
const PATIENCE = 1000

/** Those who have one boundary or wait for it. */
interface Line {
  length: number
  /** Resolves when all of them have left. */
  over?: Promise<unknown>
}

interface Turn {
  readonly store: EventStore
  readonly names: readonly string[]
  over: boolean
}

/** Runs the part of a decision that is the caller's own. */
export type Deciding = <Result>(decide: () => Result) => Result

const linesOf = new WeakMap<EventStore, Map<string, Line>>()

/** The decisions that are being decided around this code, the innermost first. */
const deciding = scopeStorage<readonly Turn[]>()

/**
 * Decisions of one process on the same boundary work one after another instead of racing: optimism
 * alone wastes most of its attempts on a hot key. Only a courtesy to the store, which judges anyway: a
 * decision inside another one does not wait, or two could wait for each other for ever. Where that cannot
 * be told (browsers), one that takes long is not waited for.
 */
export async function takeTurn<Result>(
  store: EventStore,
  streams: Streams,
  signal: AbortSignal | undefined,
  work: (deciding: Deciding) => Promise<Result>,
): Promise<Result> {
  const names = boundaryNames(streams)
  // What was begun inside a decision may go on when that is over, and is then like any other.
  const around = (deciding.getStore() ?? []).filter((turn) => !turn.over)
  const held = around.flatMap((turn) => (turn.store === store ? turn.names : []))
  const twice = names.find((name) => held.includes(name))
  if (twice !== undefined) {
    throw new ArgumentError(
      `a decision on ${twice} inside another one on it: execute it before or after`,
    )
  }
  const turn = { store, names, over: false }
  const run = (): Promise<Result> => work((decide) => deciding.run([turn, ...around], decide))
  try {
    return await (around.length > 0 ? run() : inLine(store, names, signal, run))
  } finally {
    turn.over = true
  }
}

/** How many boundaries somebody has or waits for: exported for its test. */
export function lineCount(store: EventStore): number {
  return linesOf.get(store)?.size ?? 0
}

/** Waits in all lines at once, runs when nobody is ahead, and leaves them all. */
async function inLine<Result>(
  store: EventStore,
  names: readonly string[],
  signal: AbortSignal | undefined,
  run: () => Promise<Result>,
): Promise<Result> {
  const lines = linesOf.get(store) ?? new Map<string, Line>()
  linesOf.set(store, lines)
  const full = names.find((name) => (lines.get(name)?.length ?? 0) >= MOST_WAITING)
  if (full !== undefined) {
    throw new LimitError(`decisions on ${full}`, MOST_WAITING + 1, MOST_WAITING, 'at once')
  }
  const ahead = Promise.all(names.flatMap((name) => lines.get(name)?.over ?? []))
  const { promise, resolve } = Promise.withResolvers<void>()
  const over = ahead.then(() => promise)
  for (const name of names) {
    const line = lines.get(name) ?? { length: 0 }
    lines.set(name, line)
    line.length += 1
    line.over = over
  }
  try {
    await unlessAborted('the decision', signal, ahead)
    if (deciding.brief) setTimeout(resolve, PATIENCE)
    return await run()
  } finally {
    resolve()
    for (const name of names) if ((lines.get(name)!.length -= 1) === 0) lines.delete(name)
  }
}
