import { NoConnection } from '../hand.ts'
import { isTimeout } from './errors.ts'

/** Waits for a connection, but not longer than `patience`: what comes later is given back unused. */
export function inTime<Connection>(
  acquired: Promise<Connection>,
  patience: number,
  giveBack: (late: Connection) => unknown,
): Promise<Connection> {
  return unlessLate(acquired, patience, () => {
    void acquired.then(giveBack, () => {})
    return true
  })
}

/** Rejects with {@link NoConnection} once the patience is over, if `giveUp` then says so. */
export async function unlessLate<Answer>(
  answer: PromiseLike<Answer>,
  patience: number,
  giveUp: () => boolean,
): Promise<Answer> {
  const late = Promise.withResolvers<never>()
  const end = (): void => {
    if (!giveUp()) return
    late.reject(new NoConnection(`no connection to PostgreSQL was free within ${patience} ms`))
  }
  const timer = setTimeout(end, Math.min(patience, LONGEST_TIMER))
  try {
    return await Promise.race([answer, late.promise])
  } catch (error) {
    throw isTimeout(error) ? new NoConnection(error.message, { cause: error }) : error
  } finally {
    clearTimeout(timer)
  }
}

const LONGEST_TIMER = 2 ** 31 - 1
