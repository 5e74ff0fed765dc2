import { StoreError } from '../../store/errors.ts'
import { isBusy } from './errors.ts'
import type { SqliteLog } from './log.ts'

/** Runs `body` on one state of the log. */
export function readTransaction<Result>(log: SqliteLog, body: () => Result): Result {
  log.statements.begin.run()
  try {
    log.catchUp()
    return body()
  } finally {
    // Nothing was written, so that there is nothing to lose.
    rollBack(log)
  }
}

/**
 * Runs `body` under the lock of all writers, and makes durable what it wrote. Where it throws, nothing
 * is written.
 */
export function writeTransaction<Result>(log: SqliteLog, body: () => Result): Result {
  log.statements.beginWrite.run()
  try {
    log.catchUp()
  } catch (error) {
    rollBack(log)
    throw error
  }
  const before = log.head()
  let result: Result
  try {
    result = body()
  } catch (error) {
    rollBack(log)
    log.undo(before)
    throw error
  }
  try {
    log.statements.commit.run()
  } catch (error) {
    rollBack(log)
    log.undo(before)
    if (isBusy(error)) throw error
    throw new StoreError(
      'driver',
      `SQLite failed while it made a commit durable: ${(error as Error).message}. ` +
        'Send the same commit again (same event ids or idempotency key): it is written once.',
      { cause: error, retryable: true, outcome: 'unknown' },
    )
  }
  return result
}

function rollBack(log: SqliteLog): void {
  try {
    log.statements.rollback.run()
  } catch {
    // Some errors have ended the transaction already.
  }
}
