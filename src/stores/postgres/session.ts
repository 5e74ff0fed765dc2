import type { Identifiers } from '../../event/identifiers.ts'
import { throwIfAborted } from '../../store/check-read.ts'
import type { Result } from './answer.ts'
import { sendWithin, type Channel } from './channel.ts'
import type { Encoded } from './encode.ts'
import { asStoreError, isMissing, type Failed } from './errors.ts'
import type { PostgresHand, Row, Run, Statement } from './hand.ts'
import type { LogNames } from './names.ts'
import { checkLog } from './ready.ts'

/** What a log is reached by. */
export interface Access {
  readonly hand: PostgresHand
  readonly names: LogNames
  readonly identifiers: Identifiers
  readonly isIdentifier: (key: string) => boolean
  readonly channel: Channel
  /** How long to wait for the log and for a connection, in milliseconds. */
  readonly patience: number
  readonly queueLimit: number
  readonly plainStatements: boolean
}

/** Statements and commits: on connections of the pool, or on a transaction of the caller. */
export interface Session {
  readonly run: (statement: Statement, what: string) => Promise<readonly Row[]>
  readonly commit: (encoded: Encoded, signal: AbortSignal | undefined) => Promise<Result>
  /** Waits until what others have written is on the disk: with early release it may be seen before. */
  readonly flush: () => Promise<unknown>
}

/** On connections of the pool. The log is looked at before the first call. */
export function poolSession(access: Access): Session {
  const { hand, patience, channel, queueLimit, isIdentifier } = access
  const run: Run = (statement) => hand.run(statement, patience)
  const guard = guardOf(access, run, {})
  return {
    run: (statement, what) => guard(what, () => run(statement)),
    commit: (encoded, signal) =>
      guard(
        'commit',
        () =>
          channel.combiner.add(encoded, { send: channel.send, isIdentifier, queueLimit, signal }),
        { writes: true },
      ),
    flush: () => guard('commit', () => run({ text: FLUSH })),
  }
}

const FLUSH = `select pg_logical_emit_message(true, 'eventfold', '')::text as flushed`

/** On a transaction of the caller: nothing is combined, and nothing is sent again. */
export function transactionSession(access: Access, run: Run): Session {
  const { names, plainStatements } = access
  const guard = guardOf(access, run, { within: true })
  const send = sendWithin(run, names, plainStatements)
  return {
    run: (statement, what) => guard(what, () => run(statement)),
    commit: (encoded, signal) =>
      guard('commit', async () => {
        throwIfAborted(signal, 'the commit')
        const [result] = await send([encoded])
        return result as Result
      }),
    // The end of the transaction does it.
    flush: async () => {},
  }
}

type Guard = <Answer>(
  what: string,
  work: () => Promise<Answer>,
  more?: Partial<Failed>,
) => Promise<Answer>

const checked = new WeakMap<Access, Promise<void>>()

function guardOf(access: Access, run: Run, failing: Partial<Failed>): Guard {
  const { names, identifiers, patience } = access
  return async (what, work, more) => {
    const failed = { what, log: names.log, patience, ...failing, ...more }
    try {
      let check = checked.get(access)
      if (check === undefined) {
        check = checkLog(run, names, identifiers, what)
        checked.set(access, check)
        check.catch(() => checked.delete(access))
      }
      await check
      return await work()
    } catch (error) {
      // Somebody may have reindexed or dropped the log meanwhile: that is said more exactly.
      if (isMissing(error) && failing.within !== true) {
        await checkLog(run, names, identifiers, what)
      }
      throw asStoreError(error, failed)
    }
  }
}
