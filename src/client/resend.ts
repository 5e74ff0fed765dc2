import { AbortedError, isEventfoldError, type EventfoldError } from '../store/errors.ts'

const ATTEMPTS = 4

/**
 * Sends again what may have been lost. Safe for a commit whose ids are fixed: the store answers what it
 * has already written, and writes what it has not.
 */
export async function resend<Result>(
  send: () => Promise<Result>,
  signal: AbortSignal | undefined,
): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await send()
    } catch (error) {
      if (attempt === ATTEMPTS || !isTransient(error)) throw error
      await backOff(attempt, signal, error.outcome)
    }
  }
}

/** Waits a random time that grows with the attempts: up to 20 ms, 40 ms, 80 ms… at most a second. */
export async function backOff(
  attempt: number,
  signal: AbortSignal | undefined,
  outcome: EventfoldError['outcome'] = 'none',
): Promise<void> {
  const longest = Math.min(1000, 10 * 2 ** attempt)
  await new Promise<void>((resolve, reject) => {
    const abort = (): void => {
      clearTimeout(timer)
      reject(new AbortedError('the retry', signal as AbortSignal, outcome))
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort)
      resolve()
    }, Math.random() * longest)
    if (signal?.aborted) abort()
    else signal?.addEventListener('abort', abort, { once: true })
  })
}

function isTransient(error: unknown): error is EventfoldError {
  return isEventfoldError(error, 'STORE') && error.retryable
}
