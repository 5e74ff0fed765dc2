import { throwIfAborted } from '../store/check-read.ts'
import { AbortedError, LimitError } from '../store/errors.ts'
import type { EventStore } from '../store/store.ts'
import type { DataFilter, Operators, Stream, Streams } from '../store/stream.ts'

const MOST_WAITING = 10_000

interface Line {
  tail: Promise<void>
  waiting: number
}

const linesOf = new WeakMap<EventStore, Map<string, Line>>()

/**
 * Decisions of one process on the same boundary work one after another instead of racing: optimism
 * alone wastes most of its attempts on a hot key. Only a courtesy to the store, which judges anyway.
 */
export async function takeTurn<Result>(
  store: EventStore,
  streams: Streams,
  signal: AbortSignal | undefined,
  work: () => Promise<Result>,
): Promise<Result> {
  const lines = linesOf.get(store) ?? new Map<string, Line>()
  linesOf.set(store, lines)
  const names = boundaryNames(streams)
  const own = names.map((name) => lineOf(lines, name))
  const ahead = Promise.all(own.map((line) => line.tail))
  let leave = (): void => {}
  const turn = new Promise<void>((resolve) => (leave = resolve))
  for (const line of own) {
    line.tail = turn
    line.waiting += 1
  }
  try {
    await abortable(ahead, signal)
    return await work()
  } finally {
    // Those behind still wait for those ahead, also when this one gave up its place.
    void ahead.then(leave)
    for (const name of names) leaveLine(lines, name)
  }
}

/** What two decisions must share to wait for each other: the values that their streams are about. */
export function boundaryNames(streams: Streams): string[] {
  if (streams === 'all') return ['all']
  return [...new Set(streams.map(boundaryName))].sort()
}

function boundaryName(stream: Stream): string {
  const { aggregate, filter = {}, types = [] } = stream
  if (aggregate) return JSON.stringify(['aggregate', aggregate.type, aggregate.id])
  const values = equalities(filter)
  return JSON.stringify(values.length > 0 ? ['data', ...values] : ['types', ...[...types].sort()])
}

function equalities(filter: DataFilter): (readonly [string, unknown])[] {
  return Object.entries(filter)
    .map(([key, entry]): [string, unknown] => [
      key,
      typeof entry === 'object' && !Array.isArray(entry) ? (entry as Operators | null)?.eq : entry,
    ])
    .filter(([, value]) => value !== undefined && !Array.isArray(value))
    .sort(([a], [b]) => (a < b ? -1 : 1))
}

function lineOf(lines: Map<string, Line>, name: string): Line {
  const line = lines.get(name) ?? { tail: Promise.resolve(), waiting: 0 }
  if (line.waiting >= MOST_WAITING) {
    throw new LimitError(
      `too many decisions wait for the boundary ${name}`,
      line.waiting + 1,
      MOST_WAITING,
      'decisions',
      'Slow down, or decide several commands at once.',
    )
  }
  lines.set(name, line)
  return line
}

async function abortable(ahead: Promise<unknown>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return void (await ahead)
  throwIfAborted(signal, 'the decision')
  let stop = (): void => {}
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(new AbortedError('the decision', signal))
    signal.addEventListener('abort', stop, { once: true })
  })
  try {
    await Promise.race([ahead, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

function leaveLine(lines: Map<string, Line>, name: string): void {
  const line = lines.get(name)
  if (line === undefined) return
  line.waiting -= 1
  if (line.waiting === 0) lines.delete(name)
}
