import { isEventfoldError, StoreError, UnsupportedError, type Outcome } from '../../store/errors.ts'
import { NoConnection } from './hand.ts'
import { OTHER_IDENTIFIERS, OTHER_SHAPE } from './migration.ts'
import { NEWER_VERSION } from './version.ts'

/** What was being done when the database failed. */
export interface Failed {
  readonly what: string
  /** The log, as people call it. */
  readonly log: string
  /** How long a commit waits for the log and a call for a connection, in milliseconds. */
  readonly patience: number
  /** Whether something may have been written that no answer came for. */
  readonly writes?: boolean
  /** Whether what is written is committed before the statement ends. */
  readonly early?: boolean
  /** On the caller's transaction, nothing may be sent again: it has failed as a whole. */
  readonly within?: boolean
}

/** How the statement of an unfinished log says so. */
const MISSING = new Set(['42P01', '42883', '3F000', '42703'])

/** The driver's error, out of what Drizzle and others wrap around it. */
function sqlStateOf(error: unknown): string {
  for (
    let inner = error, depth = 0;
    inner instanceof Error && depth < 5;
    inner = inner.cause, depth += 1
  ) {
    const { code } = inner as { code?: unknown }
    if (typeof code === 'string' && /^[0-9A-Z]{5}$/u.test(code)) return code
  }
  return ''
}

/** Whether one commit of a batch may be what the statement failed for. */
export function isOfOneCommit(error: unknown): boolean {
  return /^(?:22|23|54)/u.test(sqlStateOf(error))
}

/** Whether an event id may be known already. */
export function isKnownId(error: unknown): boolean {
  return sqlStateOf(error) === '23505'
}

/** Whether the call that completes the log was not made, or not by this version. */
export function isMissing(error: unknown): boolean {
  return MISSING.has(sqlStateOf(error))
}

/** The error of a call that the database failed. Errors of this package stay as they are. */
export function asStoreError(error: unknown, failed: Failed): Error {
  if (isEventfoldError(error)) return error
  const { what, log, patience, within = false } = failed
  const said = messageOf(error)
  const details = { cause: error, retryable: !within }
  if (error instanceof NoConnection) {
    return new StoreError(
      'busy',
      `Cannot ${what}: no connection of the pool was free within ${patience} ms. ${OWN_TRANSACTION} ` +
        'Otherwise await fewer calls at once, or enlarge the pool.',
      details,
    )
  }
  const state = sqlStateOf(error)
  switch (state) {
    case '55P03':
      return new StoreError(
        'busy',
        `Cannot ${what}: another transaction has held the log ${log} for ${patience} ms. ${OWN_TRANSACTION} ` +
          'Otherwise end that transaction sooner, or raise lockTimeout.',
        details,
      )
    case '25001':
    case '2D000':
      return new UnsupportedError(
        state === '2D000'
          ? `Cannot ${what} on a connection that is in a transaction of yours. Use within(transaction), or hand in a pool.`
          : `Cannot ${what}: ${said}. Begin the transaction in READ COMMITTED: in a stricter one the check would not see what was committed since it began.`,
      )
    case '25006':
      return new StoreError(
        'read-only',
        `Cannot ${what}: the database takes no writes here (${said}). Connect to the primary, without default_transaction_read_only.`,
        { cause: error },
      )
    case NEWER_VERSION:
      return new StoreError('newer-version', `Cannot ${what}: ${said}. Update the library.`, {
        cause: error,
      })
    case OTHER_IDENTIFIERS:
      return new StoreError(
        'identifiers',
        `Cannot ${what}: ${said}. Give the same identifiers, or run reindexPostgres.`,
        { cause: error },
      )
    case OTHER_SHAPE:
      return new StoreError(
        'not-a-log',
        `Cannot ${what}: ${said}. Give the log tables of its own, by name or schema.`,
        { cause: error },
      )
  }
  if (MISSING.has(state)) return notMigrated(what, log, said, error)
  if (state.startsWith('54')) {
    return new StoreError(
      'driver',
      `Cannot ${what}: a value is too large for an index of ${log}, or a commit for one statement (${said}). ` +
        'Keep long values out of keys with an index of their own, and commits below 256 MB.',
      { cause: error },
    )
  }
  if (isEnded(said)) {
    return new StoreError(
      'driver',
      `Cannot ${what}: the pool was ended (${said}). Keep it open as long as the store, or open both again.`,
      { cause: error },
    )
  }
  return new StoreError('driver', `Cannot ${what}: PostgreSQL failed on ${log}: ${said}`, {
    cause: error,
    retryable: !within && isPassing(state, said),
    outcome: outcomeOf(state, said, failed),
  })
}

/** The error of a log that `migrate` has not made, or not completely. */
export function notMigrated(what: string, log: string, said: string, cause?: unknown): StoreError {
  return new StoreError(
    'not-a-log',
    `Cannot ${what}: the log ${log} is incomplete (${said}). Make or complete it with \`await migrate(…)\`, ` +
      'for its tables where they have names of their own, or run the statement of `migrationSql(…)`; with Knex, run a migration of `createEventsTableMigration`.',
    { cause },
  )
}

const OWN_TRANSACTION =
  'If this call is awaited inside a transaction of your own, that transaction is what it waits for: ' +
  'use within(transaction) there.'

/** The connection or the server went away, or is too busy: later the same may succeed. */
function isPassing(state: string, said: string): boolean {
  if (isEnded(said)) return false
  return state === '' || /^(?:08|40|53|57P)/u.test(state)
}

/**
 * Where the server itself refused the statement, nothing of it is there; one that is cancelled, or lacks
 * memory or disk, may have committed early before.
 */
function outcomeOf(state: string, said: string, { writes, within, early }: Failed): Outcome {
  if (!writes || within || isEnded(said)) return 'none'
  if (early && /^(?:53|57|58)/u.test(state)) return 'unknown'
  return state === '' || /^(?:08|57P)/u.test(state) ? 'unknown' : 'none'
}

/** The application has closed its own pool: nothing was sent. */
function isEnded(said: string): boolean {
  return /after calling end|CONNECTION_ENDED|is closed|Unable to acquire a connection/u.test(said)
}

function messageOf(error: unknown): string {
  let deepest = error
  while (deepest instanceof Error && deepest.cause instanceof Error) deepest = deepest.cause
  return deepest instanceof Error
    ? deepest.message || String((deepest as { code?: unknown }).code)
    : String(deepest)
}
