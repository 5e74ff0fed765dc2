import { setTimeout as delay } from 'node:timers/promises'
import { StoreError } from '../../store/errors.ts'

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
