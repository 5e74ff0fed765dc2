import { AbortedError, isEventfoldError, type EventfoldError } from '../store/errors.ts'

const ATTEMPTS = 4

/** How {@link resend} goes on after an answer was lost. */
export interface ResendOptions<Result> {
  readonly signal?: AbortSignal | undefined
  /**
   * What to do where it may have been written. `'send'`: send it again, for a commit that the store
   * knows by its event ids or its key. `'throw'`: the caller has to know. A function looks whether it
   * is there; it is sent again where the function finds nothing. Default is `'send'`.
   */
  readonly whenLost?: 'send' | 'throw' | (() => Promise<Result | undefined>)
}

/** Sends again what certainly failed for a while, and what may have been lost, so that it is written once. */
export async function resend<Result>(
  send: () => Promise<Result>,
  { signal, whenLost = 'send' }: ResendOptions<Result>,
): Promise<Result> {
  let lost: EventfoldError | undefined
  for (let attempt = 1; ; attempt += 1) {
    try {
      const found = lost && typeof whenLost === 'function' ? await whenLost() : undefined
      return found ?? (await send())
    } catch (error) {
      if (attempt < ATTEMPTS && isTransient(error, whenLost !== 'throw')) {
        if (error.outcome === 'unknown') lost = error
        await backOff(attempt, signal, lost?.outcome)
      } else {
        // That a later attempt failed does not tell what became of the lost one; a verdict does.
        throw lost === undefined || isVerdict(error) ? error : lost
      }
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

function isTransient(error: unknown, alsoLost: boolean): error is EventfoldError {
  if (!isEventfoldError(error, 'STORE') || !error.retryable) return false
  return error.outcome === 'none' || alsoLost
}

/** The store has looked, and says for certain that nothing of this is there. */
function isVerdict(error: unknown): boolean {
  return isEventfoldError(error, 'CONFLICT') || isEventfoldError(error, 'IDEMPOTENCY_MISMATCH')
}
