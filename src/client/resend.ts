import {
  AbortedError,
  isEventfoldError,
  type EventfoldError,
  type Outcome,
} from '../store/errors.ts'

const ATTEMPTS = 4
/** Milliseconds. A store that has waited as long has done so for the caller. */
const LONG = 2_000

/** How {@link resend} goes on after an answer was lost. */
export interface ResendOptions<Result> {
  readonly signal?: AbortSignal | undefined
  /**
   * Whether it may be sent again: the store knows it by its event ids or its key, or `find` does.
   * Otherwise the caller has to know. Default is `true`.
   */
  readonly isKnown?: boolean
  /** Looks whether it is there; it is sent again where nothing is found. */
  readonly find?: () => Promise<Result | undefined>
}

/**
 * Sends again what certainly failed for a while, unless that took long, and what may have been lost, so
 * that it is written once.
 */
export async function resend<Result>(
  send: () => Promise<Result>,
  { signal, isKnown = true, find }: ResendOptions<Result>,
): Promise<Result> {
  let lost: EventfoldError | undefined
  const start = Date.now()
  for (let attempt = 1; ; attempt += 1) {
    try {
      return (lost && (await find?.())) ?? (await send())
    } catch (error) {
      if (attempt >= ATTEMPTS || !isTransient(error, isKnown, Date.now() - start)) {
        // That a later attempt failed does not tell what became of the lost one; a verdict does.
        throw lost && !isVerdict(error) ? lost : error
      }
      if (error.outcome === 'unknown') lost = error
      await backOff(attempt, signal, lost?.outcome)
    }
  }
}

/** Waits a random time that grows with the attempts: up to 20 ms, 40 ms, 80 ms… at most a second. */
export function backOff(
  attempt: number,
  signal: AbortSignal | undefined,
  outcome?: Outcome,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, Math.random() * Math.min(1000, 10 * 2 ** attempt))
  return unlessAborted('the retry', signal, promise, outcome).finally(() => clearTimeout(timer))
}

/** Waits, unless the signal ends the wait. */
export async function unlessAborted(
  what: string,
  signal: AbortSignal | undefined,
  pending: Promise<unknown>,
  outcome?: Outcome,
): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>()
  const abort = (): void => reject(new AbortedError(what, signal as AbortSignal, outcome))
  if (signal?.aborted) abort()
  signal?.addEventListener('abort', abort)
  try {
    await Promise.race([promise, pending])
  } finally {
    signal?.removeEventListener('abort', abort)
  }
}

function isTransient(error: unknown, alsoLost: boolean, waited: number): error is EventfoldError {
  if (!isEventfoldError(error, 'STORE') || !error.retryable) return false
  return error.outcome === 'none' ? waited < LONG : alsoLost
}

/** The store has looked, and says for certain that nothing of this is there. */
function isVerdict(error: unknown): boolean {
  return isEventfoldError(error, 'CONFLICT') || isEventfoldError(error, 'IDEMPOTENCY_MISMATCH')
}
