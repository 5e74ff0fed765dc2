import { isEventfoldError, StoreError, type StoreFault } from '../../../store/errors.ts'

const faults: Readonly<Record<string, readonly [StoreFault, string]>> = {
  QuotaExceededError: [
    'full',
    'the browser gives this origin no more room. Free some, or ask for more with navigator.storage.persist()',
  ],
  VersionError: [
    'newer-version',
    'a newer version of this application has used it. Reload the page',
  ],
  SecurityError: ['denied', 'the browser does not let this page store anything'],
  ConstraintError: ['not-a-log', 'it holds what its log does not know. Delete the database'],
  NotFoundError: ['not-a-log', 'it belongs to something else. Give the log another name'],
}

/** The error of a call that the database failed. Errors of this package stay as they are. */
export function asStoreError(
  error: unknown,
  what: string,
  name: string,
  outcome: 'none' | 'unknown' = 'none',
): Error {
  if (isEventfoldError(error)) return error
  const { name: kind, message } = Object(error) as Partial<Error>
  const known = faults[kind ?? '']
  const [fault, why] = known ?? ['driver', `IndexedDB failed with ${kind}: ${message}`]
  return new StoreError(fault, `Cannot ${what} ${name}: ${why}.`, {
    cause: error,
    retryable: !known,
    outcome: known ? 'none' : outcome,
  })
}

/** The error of a log that is gone. */
export function cleared(name: string): StoreError {
  return new StoreError(
    'cleared',
    `The database ${name} was deleted or cleared while it was open. What this page shows is gone: open a new store.`,
  )
}

/** The error of a connection that had to make room for a newer version. */
export function outdated(name: string): StoreError {
  return new StoreError(
    'newer-version',
    `A newer version of this application has taken over the database ${name} in another tab. Reload the page.`,
  )
}

/** The error of a log that somebody deleted an event from. */
export function gap(position: number): StoreError {
  return new StoreError(
    'not-a-log',
    `The log has lost its event at position ${position}: somebody deleted it. Delete the database, or restore the event.`,
  )
}

/** The error of an environment that has no IndexedDB. */
export function noIndexedDb(name: string): StoreError {
  return new StoreError(
    'denied',
    `Cannot open ${name}: there is no IndexedDB here. On a server take another store; in a browser it may be switched off.`,
  )
}
