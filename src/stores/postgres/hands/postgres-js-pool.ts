import type { Row, Run } from '../hand.ts'
import { isAnswer, isSessionEnded } from './errors.ts'
import { inTime, unlessLate } from './patience.ts'
import { beginBy, type Transaction } from './transaction.ts'

/** What is used of a query that postgres.js may not have sent yet: it is made of these when it is sent. */
export interface PostgresJsQueryLike extends PromiseLike<readonly unknown[]> {
  readonly state?: unknown
  strings?: unknown
  args?: unknown
}

/** What is used of an `sql` to begin a transaction, which gets an `Inside`. */
interface BeginningLike<Inside> {
  begin(options: string, callback: (inside: Inside) => Promise<void>): Promise<unknown>
}

/** The pool inside an `sql`, and how long to wait for a connection of it. */
export interface Pool {
  readonly max: number
  readonly patience: number
}

/**
 * Runs a query on any connection. Not by `sql.reserve`, which after a restart of the server loses a
 * connection of the pool for each that was busy then. And a query that still waits is not cancelled, which
 * may lose one as well: it is exchanged for one that does nothing.
 */
export function runOnAny(ask: () => PostgresJsQueryLike, pool: Pool): Promise<readonly Row[]> {
  return onLiveOne(pool, () => {
    const query = ask()
    const isSent = (): boolean => query.state !== null
    const answer = unlessLate(query, pool.patience, () => {
      if (isSent()) return false
      Object.assign(query, { strings: ['select 1'], args: [] })
      return true
    })
    return { answer: answer as Promise<readonly Row[]>, isSent }
  })
}

/**
 * Begins a transaction by `sql.begin`, for it alone tells at once when its connection has closed. Nothing
 * may be sent after that, not even ROLLBACK: postgres.js would send it on whatever connection takes the
 * place. So what `sql.begin` waits for never ends then.
 */
export async function beginOnAny<Inside>(
  sql: BeginningLike<Inside>,
  runOn: (inside: Inside) => Run,
  pool: Pool,
): Promise<Transaction> {
  const begin = (callback: (inside: Inside) => Promise<void>): Promise<unknown> =>
    sql.begin('isolation level read committed', callback)
  const beginning = onLiveOne(pool, () => ({ answer: beginBy(begin, runOn), isSent: () => false }))
  const transaction = await inTime(beginning, pool.patience, (late) => late.rollback())
  let isLost = false
  return {
    ...transaction,
    run: async (statement) => {
      try {
        return await transaction.run(statement)
      } catch (error) {
        isLost ||= !isAnswer(error)
        throw error
      }
    },
    rollback: async () => {
      if (!isLost) await transaction.rollback()
    },
  }
}

interface Attempt<Answer> {
  readonly answer: Promise<Answer>
  readonly isSent: () => boolean
}

/**
 * A connection that the server has ended leaves that error to whoever opens it next, who has sent nothing
 * yet: each connection of the pool may do so once.
 */
async function onLiveOne<Answer>({ max }: Pool, attempt: () => Attempt<Answer>): Promise<Answer> {
  for (let left = max; ; left -= 1) {
    const { answer, isSent } = attempt()
    try {
      return await answer
    } catch (error) {
      if (left === 0 || isSent() || !isSessionEnded(error)) throw error
    }
  }
}
