import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { AggregateRef } from '../event/event.ts'
import type { DocumentGuard } from './document.ts'
import { show } from './show.ts'
import type { After, Stream } from './stream.ts'

/**
 * The codes of all errors. Recognise an error by its code (see {@link isEventfoldError}), not by
 * `instanceof`: two copies of a package may live in one process.
 *
 * | code | thrown when |
 * | --- | --- |
 * | `CONFLICT` | a condition, an expected version or a document guard did not hold |
 * | `REJECTED` | a decision said no |
 * | `INVALID_EVENT` | an event is not what its definition says, or a stored one cannot be read |
 * | `INVALID_ARGUMENT` | a call that could never succeed: an empty commit, an unknown operator, a malformed cursor |
 * | `IDEMPOTENCY_MISMATCH` | a key or an event id is known with other content |
 * | `LIMIT` | something is larger than the store takes |
 * | `UNSUPPORTED` | the store cannot do this, and says what to do instead |
 * | `ABORTED` | the caller's signal ended the call |
 * | `CLOSED` | the store was closed |
 * | `STORE` | the database failed, or is not what was expected |
 */
export type ErrorCode =
  | 'CONFLICT'
  | 'REJECTED'
  | 'INVALID_EVENT'
  | 'INVALID_ARGUMENT'
  | 'IDEMPOTENCY_MISMATCH'
  | 'LIMIT'
  | 'UNSUPPORTED'
  | 'ABORTED'
  | 'CLOSED'
  | 'STORE'

/** What is known about the write that failed: certainly not stored, or perhaps stored. */
export type Outcome = 'none' | 'unknown'

interface ErrorDetails {
  readonly cause?: unknown
  readonly retryable?: boolean
  readonly outcome?: Outcome
}

/** What a class adds becomes a field of the error. */
type ErrorFields = ErrorDetails & Readonly<Record<string, unknown>>

/** The base of all errors: a stable `code`, and what the caller may do next. */
export class EventfoldError extends Error {
  override readonly name: string = 'EventfoldError'
  declare readonly code: ErrorCode
  /** Whether the same call may succeed later. A conflict is retried by reading and deciding again. */
  declare readonly retryable: boolean
  /**
   * `'none'`: nothing was written. `'unknown'`: the answer was lost on the way; send the same commit
   * (same event ids or idempotency key) again and it is written once.
   */
  declare readonly outcome: Outcome

  constructor(code: ErrorCode, message: string, fields?: ErrorFields) {
    super(message, fields)
    Object.assign(this, { code, retryable: false, outcome: 'none' }, fields)
  }
}

/**
 * Tells whether `error` is one of this package's errors, and of the code given, if any. An error of
 * another copy of the package counts too.
 *
 * ```ts
 * try {
 *   await store.commit(commit)
 * } catch (error) {
 *   if (isEventfoldError(error, 'CONFLICT')) console.log(error.conflict.reason)
 *   else throw error
 * }
 * ```
 */
export function isEventfoldError<Code extends ErrorCode = ErrorCode>(
  error: unknown,
  code?: Code,
): error is ErrorOfCode<Code> {
  const known = (error ?? {}) as Partial<EventfoldError>
  return (
    typeof known.retryable === 'boolean' &&
    (known.outcome === 'none' || known.outcome === 'unknown') &&
    typeof known.code === 'string' &&
    known.code === (code ?? known.code)
  )
}

/** The class that belongs to a code. */
export type ErrorOfCode<Code extends ErrorCode> = Code extends 'CONFLICT'
  ? ConcurrencyError
  : Code extends 'REJECTED'
    ? RejectedError
    : Code extends 'INVALID_EVENT'
      ? ValidationError
      : Code extends 'IDEMPOTENCY_MISMATCH'
        ? IdempotencyError
        : Code extends 'LIMIT'
          ? LimitError
          : Code extends 'STORE'
            ? StoreError
            : EventfoldError & { readonly code: Code }

/**
 * Why a commit conflicted. `'condition'`: a matching event was stored meanwhile. `'version'`: the
 * aggregate is at another version. `'document'`: a guard refused. `'rewound'`: the log no longer
 * holds what the reader saw (a crash, a restore, another store), so everything must be read anew.
 */
export type ConflictReason = 'condition' | 'version' | 'document' | 'rewound'

/** What stood in the way of a commit. Only the fields of its reason are there. */
export interface Conflict {
  readonly reason: ConflictReason
  /** The index in `conditions`, `expect` or `documents`. */
  readonly index?: number
  readonly streams?: readonly Stream[] | 'all'
  /** The first event that matched. */
  readonly event?: { readonly id: string; readonly type: string; readonly position: number }
  readonly aggregate?: AggregateRef
  /** The aggregate's version that was expected. */
  readonly expected?: number
  /** The aggregate's version, or the document's revision. */
  readonly actual?: number
  readonly document?: { readonly type: string; readonly id: string }
  /** The document guard that does not hold. */
  readonly guard?: DocumentGuard
  /** Whether the document was deleted. */
  readonly deleted?: boolean
  /** What was read: of a condition absent where it had no `after`. */
  readonly cursor?: After
}

/** A commit was refused because something changed since it was decided. Read again and decide again. */
export class ConcurrencyError extends EventfoldError {
  override readonly name = 'ConcurrencyError'
  declare readonly code: 'CONFLICT'
  declare readonly conflict: Conflict

  constructor(conflict: Conflict) {
    super(
      'CONFLICT',
      `Concurrent modification detected: ${describe(conflict)}. Read again and decide again.`,
      { retryable: true, conflict },
    )
  }
}

/** An event that does not fit its definition, or a stored event that cannot be read. */
export class ValidationError extends EventfoldError {
  override readonly name = 'ValidationError'
  declare readonly code: 'INVALID_EVENT'
  /** What the schema found. Empty where no schema was asked. */
  declare readonly issues: readonly StandardSchemaV1.Issue[]
  /** The type of the event. Absent where the fault is in a saved projection. */
  declare readonly eventType?: string
  /** Of a stored event that cannot be read. */
  declare readonly eventId?: string
  declare readonly position?: number

  constructor(
    message: string,
    details: {
      readonly eventType?: string
      readonly issues?: readonly StandardSchemaV1.Issue[]
      readonly eventId?: string
      readonly position?: number
      readonly cause?: unknown
    },
  ) {
    super('INVALID_EVENT', message, { issues: [], ...details })
  }
}

/** A decision said no: the command is not allowed in the state it found. */
export class RejectedError extends EventfoldError {
  override readonly name = 'RejectedError'
  declare readonly code: 'REJECTED'
  /** What `reject` was given beside its reason. */
  declare readonly details: unknown

  constructor(reason: string, details?: unknown) {
    super('REJECTED', reason, { details })
  }
}

/** A call that could never succeed, whatever is stored. */
export class ArgumentError extends EventfoldError {
  override readonly name = 'ArgumentError'
  declare readonly code: 'INVALID_ARGUMENT'

  constructor(message: string) {
    super('INVALID_ARGUMENT', message)
  }
}

/** An idempotency key or an event id is known with other content than was sent now. */
export class IdempotencyError extends EventfoldError {
  override readonly name = 'IdempotencyError'
  declare readonly code: 'IDEMPOTENCY_MISMATCH'
  /** The idempotency key or the event id. */
  declare readonly key: string

  constructor(what: string, key: string) {
    super(
      'IDEMPOTENCY_MISMATCH',
      `The ${what} ${show(key)} is known with other content. Use a new one.`,
      { key },
    )
  }
}

/** Something is larger than the store takes. */
export class LimitError extends EventfoldError {
  override readonly name = 'LimitError'
  declare readonly code: 'LIMIT'
  declare readonly limit: number
  declare readonly actual: number

  constructor(what: string, actual: number, limit: number, unit: string, advice = 'Send less.') {
    super('LIMIT', `${what}: expected at most ${limit} ${unit}, found ${actual}. ${advice}`, {
      limit,
      actual,
    })
  }
}

/** The store cannot do this; the message says what to do instead. */
export class UnsupportedError extends EventfoldError {
  override readonly name = 'UnsupportedError'
  declare readonly code: 'UNSUPPORTED'

  constructor(message: string) {
    super('UNSUPPORTED', message)
  }
}

/** The caller's signal ended the call. `outcome` tells whether it had been sent. */
export class AbortedError extends EventfoldError {
  override readonly name = 'AbortedError'
  declare readonly code: 'ABORTED'

  constructor(what: string, signal: AbortSignal, outcome: Outcome = 'none') {
    const written = outcome === 'none' ? 'nothing' : 'perhaps all'
    super('ABORTED', `${what} was aborted: ${written} was written`, {
      cause: signal.reason,
      outcome,
    })
  }
}

/** The store was closed. */
export class ClosedError extends EventfoldError {
  override readonly name = 'ClosedError'
  declare readonly code: 'CLOSED'

  constructor(what: string) {
    super('CLOSED', `Cannot ${what}: the store is closed. Open it again.`)
  }
}

/**
 * Why a database cannot be used. `'driver'`: it failed; the driver's error is the `cause`. `'full'`: it
 * has no room for more. `'denied'`: it may not be used, as where a browser blocks storage. `'cleared'`:
 * somebody took the log away while it was open.
 */
export type StoreFault =
  | 'driver'
  | 'busy'
  | 'not-a-log'
  | 'newer-version'
  | 'read-only'
  | 'identifiers'
  | 'full'
  | 'denied'
  | 'cleared'

/** The database failed, or is not what was expected. */
export class StoreError extends EventfoldError {
  override readonly name = 'StoreError'
  declare readonly code: 'STORE'
  declare readonly fault: StoreFault

  constructor(fault: StoreFault, message: string, details: ErrorDetails = {}) {
    super('STORE', message, { ...details, fault })
  }
}

function describe(conflict: Conflict): string {
  const { reason, event, streams, cursor = '0', aggregate, document, deleted } = conflict
  if (event) {
    return `${event.type} ${event.id} at position ${event.position} matches ${show(streams)} after ${show(cursor)}`
  }
  if (reason === 'rewound') return `the log does not hold ${show(cursor)}`
  const { type, id } = aggregate ?? document ?? {}
  const { actual, expected, guard } = conflict
  if (!document) return `${type} ${id} is at version ${actual}, expected ${expected}`
  const found = `${deleted ? 'deleted at' : 'at'} revision ${actual}`
  return `${type} ${id} is ${actual ? found : 'not there'}, and the guard ${show(guard)} refuses`
}
