import { isEventfoldError, StoreError, type StoreFault } from '../../../store/errors.ts'

const faults: Readonly<Record<string, readonly [fault: StoreFault, why: string]>> = {
  QuotaExceededError: [
    'full',
    'the browser gives this site no more room. Delete something, or ask with navigator.storage.persist()',
  ],
  VersionError: ['newer-version', 'a newer version of this application has it. Reload the page'],
  SecurityError: ['denied', 'the browser lets this page store nothing'],
  ConstraintError: ['not-a-log', 'it holds events of another log. Delete the database'],
  NotFoundError: ['not-a-log', 'it is not the database of a log. Take another name'],
}

/** An error that names the database and what to do. */
export function storeError(
  fault: StoreFault,
  name: string,
  why: string,
  details: ConstructorParameters<typeof StoreError>[2] = {},
): StoreError {
  return new StoreError(fault, `Cannot use the database ${name}: ${why}.`, details)
}

/** The error of a call that the database failed. Errors of this package stay as they are. */
export function asStoreError(error: unknown, name: string, outcome: 'none' | 'unknown'): Error {
  if (isEventfoldError(error)) return error
  const { name: kind, message } = Object(error) as Error
  const known = faults[kind]
  if (known)
    return storeError(...(known.toSpliced(1, 0, name) as [StoreFault, string, string]), {
      cause: error,
    })
  return storeError('driver', name, `IndexedDB failed with ${kind}: ${message}`, {
    cause: error,
    retryable: true,
    outcome,
  })
}

/** The error of a log that somebody deleted an event from. */
export function gap(position: number): StoreError {
  return new StoreError(
    'not-a-log',
    `The log has lost its event at position ${position}: somebody deleted it. Delete the database.`,
  )
}
