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
        { writes: true, early: channel.early },
      ),
    flush: () => guard('commit', () => run({ text: FLUSH })),
  }
}

const FLUSH = `select pg_logical_emit_message(true, 'eventfold', '')::text as flushed`

/** On a transaction of the caller: nothing is combined, and nothing is sent again. */
export function transactionSession(access: Access, transaction: unknown): Session {
  const { hand, names, plainStatements, patience } = access
  const run = hand.within(transaction)
  const guard = guardOf(access, run, { within: true })
  const send = sendWithin(run, names, { plainStatements, lockTimeout: patience })
  return {
    run: (statement, what) => guard(what, () => run(statement)),
    commit: (encoded, signal) =>
      guard('commit', async () => {
        throwIfAborted(signal, 'the commit')
        // What settings of the transaction carry, another commit on it would overwrite.
        const [result] = await (plainStatements
          ? inTurnOf(transaction as object, () => send([encoded]))
          : send([encoded]))
        return result as Result
      }),
    // The end of the transaction does it.
    flush: async () => {},
  }
}

const turns = new WeakMap<object, Promise<unknown>>()

/** Works one after another on a transaction, whichever store they come through. */
function inTurnOf<Answer>(transaction: object, work: () => Promise<Answer>): Promise<Answer> {
  const answer = (turns.get(transaction) ?? Promise.resolve()).then(work)
  turns.set(
    transaction,
    answer.catch(() => {}),
  )
  return answer
}

type Guard = <Answer>(
  what: string,
  work: () => Promise<Answer>,
  more?: Partial<Failed>,
) => Promise<Answer>

/** The logs that were found to be as they must be. */
const checked = new WeakSet<Access>()

function guardOf(access: Access, run: Run, failing: Partial<Failed>): Guard {
  const { names, identifiers, patience } = access
  // Not shared with a transaction, which may fail for reasons of its own.
  let checking: Promise<void> | undefined
  const check = async (what: string): Promise<void> => {
    try {
      await checkLog(run, names, identifiers, what)
      checked.add(access)
    } finally {
      checking = undefined
    }
  }
  return async (what, work, more) => {
    const failed = { what, log: names.log, patience, ...failing, ...more }
    try {
      if (!checked.has(access)) await (checking ??= check(what))
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
