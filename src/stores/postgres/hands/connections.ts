import { NoConnection, type PostgresHand, type Run } from '../hand.ts'

/** What a driver with connections of its own has to do. */
export interface Connections<Connection> {
  readonly acquire: () => Promise<Connection>
  /** Whether `acquire` will not have to wait. Default is that nobody knows. */
  readonly isFree?: () => boolean
  readonly runOn: (connection: Connection) => Run
  /** `broken` is set where the connection must not be used again. */
  readonly release: (connection: Connection, broken: Error | undefined) => unknown
  /** Runs before BEGIN, and rejects where the connection may not begin. Default is that it may. */
  readonly check?: (run: Run) => Promise<unknown>
}

/** `run` and `transaction` on a connection that is borrowed for the time of the call. */
export function borrowing<Connection>(
  connections: Connections<Connection>,
): Pick<PostgresHand, 'run' | 'transaction'> {
  const borrow = async <Result>(
    patience: number,
    use: (run: Run) => Promise<Result>,
  ): Promise<Result> => {
    const isFree = connections.isFree?.() ?? false
    const giveBack = (late: Connection): unknown => connections.release(late, undefined)
    const acquired = connections.acquire()
    const connection = isFree ? await acquired : await inTime(acquired, patience, giveBack)
    const run = connections.runOn(connection)
    let broken: Error | undefined
    try {
      return await use(async (statement) => {
        try {
          return await run(statement)
        } catch (error) {
          if (!isAnswer(error)) broken = asError(error)
          throw error
        }
      })
    } finally {
      await connections.release(connection, broken)
    }
  }
  return {
    run: (statement, patience) => borrow(patience, (run) => run(statement)),
    transaction: (work, patience) =>
      borrow(patience, async (run) => {
        await connections.check?.(run)
        return await between(run, work)
      }),
  }
}

/** Waits for a connection, but not longer than `patience`: what comes later is given back unused. */
export function inTime<Connection>(
  acquired: Promise<Connection>,
  patience: number,
  giveBack: (late: Connection) => unknown,
): Promise<Connection> {
  return new Promise((resolve, reject) => {
    let late = false
    const stop = whenLate(patience, (error) => {
      late = true
      reject(error)
    })
    acquired.then(
      (connection) => {
        stop()
        return late ? giveBack(connection) : resolve(connection)
      },
      (cause: unknown) => {
        stop()
        reject(isTimeout(cause) ? new NoConnection(cause.message, { cause }) : asError(cause))
      },
    )
  })
}

/** Calls `late` once the patience is over. Gives what stops that. */
export function whenLate(patience: number, late: (error: NoConnection) => void): () => void {
  const message = `no connection to PostgreSQL was free within ${patience} ms`
  const timer = setTimeout(() => late(new NoConnection(message)), Math.min(patience, LONGEST_TIMER))
  return () => clearTimeout(timer)
}

const LONGEST_TIMER = 2 ** 31 - 1

/** Whether the pool's own limit was shorter. Neither pg nor Knex gives that error a code. */
function isTimeout(error: unknown): error is Error {
  return error instanceof Error && /^timeout exceeded|Timeout acquiring/.test(error.message)
}

/** Work between BEGIN and COMMIT. A COMMIT after a statement that failed would say nothing and store nothing. */
async function between<Result>(run: Run, work: (run: Run) => Promise<Result>): Promise<Result> {
  await run({ text: BEGIN })
  const { guarded, check } = doomed(run)
  try {
    const result = await work(guarded)
    check()
    await run({ text: 'commit' })
    return result
  } catch (error) {
    await run({ text: 'rollback' }).catch(() => {})
    throw error
  }
}

const BEGIN = 'begin isolation level read committed'

/** Remembers the first statement that failed: its transaction can only be rolled back. */
export function doomed(run: Run): { readonly guarded: Run; readonly check: () => void } {
  let failure: { readonly error: unknown } | undefined
  return {
    guarded: async (statement) => {
      try {
        return await run(statement)
      } catch (error) {
        failure ??= { error }
        throw error
      }
    },
    check: () => {
      if (failure) throw failure.error
    },
  }
}

/** One statement after another, for drivers whose connections take no second one meanwhile. */
export function inTurn(run: Run): Run {
  let last: Promise<unknown> = Promise.resolve()
  return (statement) => {
    const answer = last.then(() => run(statement))
    last = answer.catch(() => {})
    return answer
  }
}

/** Whether the server itself said no and keeps the session. Anything else leaves a connection in doubt. */
export function isAnswer(error: unknown): boolean {
  const { code, severity } = Object(error) as { code?: unknown; severity?: unknown }
  if (typeof code !== 'string' || typeof severity !== 'string') return false
  return !/^FATAL|PANIC$/.test(severity) && !/^(08|57P0|25P03|25P04)/.test(code)
}

export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
