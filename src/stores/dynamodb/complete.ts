import { setTimeout as delay } from 'node:timers/promises'
import { StoreError } from '../../store/errors.ts'
import { timeOf, type At } from './clock.ts'

/** Milliseconds within which a transaction is taken to become visible whole. */
const SETTLING = 100
/** Milliseconds after which nobody waits for that any more, however the clocks differ. */
const RECENT = 10_000

/** How often it is read again. */
const TRIES = 12
/** Milliseconds. */
const LONGEST_PAUSE = 200

/** A query has shown fewer events than a head says: a transaction becomes visible item by item. */
export class IncompleteError extends StoreError {
  constructor() {
    super(
      'busy',
      'DynamoDB shows fewer events than the head of their partition counts, again and again. Read again later; where it stays so, somebody has deleted events.',
      { retryable: true },
    )
  }
}

/** Reads again where what was read is not complete yet. */
export async function untilComplete<Result>(
  read: () => Promise<Result>,
  signal?: AbortSignal,
): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await read()
    } catch (error) {
      if (!(error instanceof IncompleteError) || tries >= TRIES) throw error
      await delay(Math.min(LONGEST_PAUSE, 2 ** tries), undefined, { signal })
    }
  }
}

/** Whether the event at a place may be so new that others beside it are not visible yet. */
export function isRecent(at: At): boolean {
  return at !== '' && timeOf(at) > Date.now() - RECENT
}

/** Waits until what is becoming visible is visible. */
export async function settle(signal?: AbortSignal): Promise<void> {
  await delay(SETTLING, undefined, { signal })
}
