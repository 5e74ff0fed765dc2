import type { StoredEvent } from '../../event/event.ts'
import { isEventfoldError } from '../../store/errors.ts'
import { atOf, isAt } from '../../stores/dynamodb/clock.ts'
import { isPlace } from './codec.ts'

/** Where a read begins, how much it takes and which way it goes. */
export interface Since {
  readonly after?: string | undefined
  readonly limit?: number | undefined
  readonly backwards?: boolean | undefined
}

/** A log as reads of this door see it. */
export interface Readable {
  readonly read: (since: Since) => AsyncIterable<StoredEvent>
  /** Whether positions count time, and not events. */
  readonly isClocked: boolean
}

/**
 * Reads after an event; where the log does not know it, after the time of a ULID. Forwards such a read
 * begins at the beginning.
 */
export async function* readSince(log: Readable, since: Since): AsyncGenerator<StoredEvent> {
  try {
    yield* log.read(since)
    return
  } catch (error) {
    // The log says so before it gives the first event.
    if (!isUnknownTime(error, since.after)) throw error
  }
  yield* readLater(log, since)
}

/** As {@link readSince}, at once: no more is read than what is later. */
export async function listSince(log: Readable, since: Since): Promise<StoredEvent[]> {
  try {
    return await Array.fromAsync(log.read(since))
  } catch (error) {
    if (!isUnknownTime(error, since.after)) throw error
  }
  const { after, limit, backwards } = since
  const newest = backwards ? limit : undefined
  const found = await Array.fromAsync(readLater(log, { after, limit: newest, backwards: true }))
  return backwards ? found : found.toReversed().slice(0, limit)
}

async function* readLater(
  log: Readable,
  { after = '', limit = Infinity, backwards }: Since,
): AsyncGenerator<StoredEvent> {
  let left = limit
  if (left === 0) return
  for await (const event of log.read({ backwards })) {
    if (!isLater(event, after, log.isClocked)) {
      if (backwards) return
      continue
    }
    yield event
    left -= 1
    if (left === 0) return
  }
}

function isUnknownTime(error: unknown, after: string | undefined): boolean {
  return (
    after !== undefined &&
    isAt(after) &&
    isEventfoldError(error, 'CONFLICT') &&
    error.conflict.reason === 'rewound'
  )
}

/** Elsewhere only an id tells of a time. */
function isLater({ id, position }: StoredEvent, after: string, isClocked: boolean): boolean {
  return (isClocked && !isPlace(id, position) ? atOf(position) : id) > after
}
