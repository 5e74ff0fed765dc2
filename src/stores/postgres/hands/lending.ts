import type { PostgresHand, Run } from '../hand.ts'
import { isAnswer } from './errors.ts'
import { inTime } from './patience.ts'
import { begin, settle } from './transaction.ts'

/** A connection, lent for the time of one call. */
export interface Lent {
  readonly run: Run
  /** Takes what broke the connection, which must not be used again then. */
  readonly giveBack: (broken: unknown) => unknown
  /** Whether the owner may have begun a transaction on it. Default is `false`. */
  readonly mayBeBegun?: boolean
}

/** `run` and `transaction` of a driver that lends connections. */
export function lending(lend: () => Promise<Lent>): Pick<PostgresHand, 'run' | 'transaction'> {
  const borrow = async <Result>(
    patience: number,
    use: (lent: Lent) => Promise<Result>,
  ): Promise<Result> => {
    const lent = await inTime(lend(), patience, (late) => late.giveBack(undefined))
    let broken: unknown
    const run: Run = async (statement) => {
      try {
        return await lent.run(statement)
      } catch (error) {
        if (!isAnswer(error)) broken = error
        throw error
      }
    }
    try {
      return await use({ ...lent, run })
    } finally {
      await lent.giveBack(broken)
    }
  }
  return {
    run: (statement, patience) => borrow(patience, ({ run }) => run(statement)),
    transaction: (work, patience) =>
      borrow(patience, async ({ run, mayBeBegun = false }) => {
        if (mayBeBegun) await run({ text: NOT_BEGUN })
        return await settle(await begin(run), work)
      }),
  }
}

/** A BEGIN in a transaction of the owner is a mere warning, and the COMMIT after it would end that one. */
const NOT_BEGUN = `do $$ begin
  if now() <> statement_timestamp() then
    raise exception 'this connection is in a transaction' using errcode = '2D000';
  end if;
end $$`
