import { throwIfAborted } from '../../store/check-read.ts'
import { StoreError } from '../../store/errors.ts'
import { isBusy } from './errors.ts'

const LONGEST_PAUSE = 12

interface Patience {
  readonly what: string
  readonly path: string
  /** How long another process may hold the lock, in milliseconds. */
  readonly timeout: number
  readonly signal?: AbortSignal | undefined
}

/**
 * Tries until no other process holds the lock. It waits without blocking the event loop, as SQLite's
 * own busy timeout would.
 */
export async function whenFree<Result>(
  attempt: () => Result,
  { what, path, timeout, signal }: Patience,
): Promise<Result> {
  let deadline: number | undefined
  for (let tries = 1; ; tries += 1) {
    try {
      return attempt()
    } catch (error) {
      if (!isBusy(error)) throw error
      deadline ??= performance.now() + timeout
      if (performance.now() >= deadline) throw stillBusy(what, path, timeout, error)
    }
    await pause(tries)
    throwIfAborted(signal, `the ${what}`)
  }
}

/** A short wait, by chance longer with every try, so that waiting processes do not march in step. */
export function pause(tries: number): Promise<void> {
  const longest = Math.min(LONGEST_PAUSE, 2 ** tries)
  return new Promise((resolve) => {
    setTimeout(resolve, Math.random() * longest)
  })
}

/** The error of waiting in vain. */
export function stillBusy(what: string, path: string, timeout: number, cause: unknown): StoreError {
  return new StoreError(
    'busy',
    `Cannot ${what}: another process has held the lock of ${path} for ${timeout} ms. ` +
      'Try again, or raise busyTimeout.',
    { cause, retryable: true },
  )
}

/** Gives everything else its turn of the event loop. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
