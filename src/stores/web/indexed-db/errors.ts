import { isEventfoldError, StoreError, type StoreFault } from '../../../store/errors.ts'

const DAMAGED = 'it is damaged, or no log. Keep a copy, then delete it or take another name'

/** What is wrong, and what to do. */
export const faults: {
  readonly [Name in string]: readonly [fault: StoreFault, why: string]
} & Record<
  'cleared' | 'nothing' | 'SecurityError' | 'VersionError',
  readonly [fault: StoreFault, why: string]
> = {
  QuotaExceededError: [
    'full',
    'the browser has no more room for this site, and nothing was stored. Free some of it',
  ],
  VersionError: ['newer-version', 'a newer version of this application has it. Reload the page'],
  SecurityError: [
    'denied',
    'the browser lets this page store nothing. Allow it, or take a MemoryEventStore',
  ],
  ConstraintError: ['not-a-log', DAMAGED],
  NotFoundError: ['not-a-log', DAMAGED],
  nothing: ['not-a-log', 'there is none. Open a store first'],
  cleared: ['cleared', 'it was deleted or cleared while it was open. Open a new store'],
}

/** An error that names the database. */
export function storeError(
  name: string,
  [fault, why]: readonly [fault: StoreFault, why: string],
  details?: ConstructorParameters<typeof StoreError>[2],
): StoreError {
  return new StoreError(fault, `Cannot use the database ${JSON.stringify(name)}: ${why}.`, details)
}

/** The error of a call that the database failed. Errors of this package stay as they are. */
export function asStoreError(error: unknown, name: string, outcome: 'none' | 'unknown'): Error {
  if (isEventfoldError(error)) return error
  const { name: kind, message } = Object(error) as Error
  const known = faults[kind]
  return known
    ? storeError(name, known, { cause: error })
    : storeError(name, ['driver', `${kind}: ${message}. Try again`], {
        cause: error,
        retryable: true,
        outcome,
      })
}

/** The error of a log that somebody deleted an event from. */
export function gap(position: number): StoreError {
  return new StoreError('not-a-log', `The event at position ${position} is gone: ${DAMAGED}.`)
}
