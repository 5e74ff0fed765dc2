import { setTimeout as delay } from 'node:timers/promises'
import { AbortedError, isEventfoldError } from '../../store/errors.ts'
import type { Way } from './client.ts'
import { asStoreError, verdictOf, type Call } from './errors.ts'

/** How long a call is tried again, in milliseconds. */
export const PATIENCE = 10_000
/** The longest pause before the second try, and before any. */
const FIRST_PAUSE = 25
const LONGEST_PAUSE = 500
/** How often a call is sent that no answer comes to. */
const MOST_LOST = 10

export interface Trial extends Call {
  readonly patience: number
  readonly signal?: AbortSignal | undefined
}

/** Pauses that become longer, all of them within the patience. */
export interface Pauses {
  /** `false`, at once, where the patience has ended. Throws `ABORTED` when the signal says so. */
  readonly next: (way?: Way) => Promise<boolean>
}

export function createPauses(trial: Trial): Pauses {
  const end = performance.now() + trial.patience
  let longest = FIRST_PAUSE
  return {
    next: async (way) => {
      // Those who collided at one moment must not do so again.
      const pause = Math.random() * longest
      longest = Math.min(longest * 2, LONGEST_PAUSE)
      if (performance.now() + pause > end) return false
      try {
        await delay(pause, undefined, { signal: trial.signal })
      } catch {
        throw aborted(trial, way)
      }
      return true
    },
  }
}

/**
 * Sends until there is an answer: refusals that pass are waited out, and what got no answer is sent
 * again. `send` has to be such that a second time does no harm.
 */
export async function untilAnswered<Answer>(
  trial: Trial,
  send: (way: Way) => Promise<Answer>,
): Promise<Answer> {
  const pauses = createPauses(trial)
  const way: Way = { isSent: false, isLost: false }
  for (let lost = 0; ;) {
    if (trial.signal?.aborted) throw aborted(trial, way)
    way.isSent = false
    try {
      return await send(way)
    } catch (error) {
      if (isEventfoldError(error)) throw error
      const verdict = verdictOf(error, way.isSent)
      way.isLost ||= verdict === 'lost' || verdict === 'unfinished'
      if (verdict === 'lost') lost += 1
      if (trial.signal?.aborted) throw aborted(trial, way)
      const isTriedAgain = verdict !== 'final' && lost < MOST_LOST && (await pauses.next(way))
      if (!isTriedAgain) throw asStoreError(error, trial, way.isLost && trial.what !== 'read')
    }
  }
}

function aborted({ what, signal, tableName }: Trial, way?: Way): AbortedError {
  const isUnknown = what !== 'read' && way?.isLost
  const doing = what === 'read' ? 'Reading' : 'Writing to'
  return new AbortedError(
    `${doing} the table ${tableName}`,
    signal as AbortSignal,
    isUnknown ? 'unknown' : 'none',
  )
}
