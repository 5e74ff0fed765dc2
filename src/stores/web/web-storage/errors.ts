import { isEventfoldError, StoreError } from '../../../store/errors.ts'

/** How long calls wait for other tabs, in milliseconds. */
export const BUSY = 10_000

/** What a storage throws, as an error of this package. */
export function asStoreError(error: unknown, namespace: string): Error {
  if (isEventfoldError(error)) return error
  if (nameOf(error) === 'SecurityError') return denied(namespace, error)
  return new StoreError(
    'driver',
    `Cannot use the log "${namespace}": the storage failed: ${String(error)}`,
    { cause: error, retryable: true },
  )
}

export function isQuotaExceeded(error: unknown): boolean {
  return ['QuotaExceededError', 'NS_ERROR_DOM_QUOTA_REACHED'].includes(nameOf(error))
}

function nameOf(error: unknown): string {
  return String((error as { name?: unknown } | null | undefined)?.name)
}

export function denied(namespace: string, cause?: unknown): StoreError {
  return new StoreError(
    'denied',
    `Cannot use the log "${namespace}": this page may not use the storage. Browsers block it where ` +
      'cookies are blocked and in sandboxed frames, and outside of browsers there is none: allow it, ' +
      'or use a MemoryEventStore there.',
    { cause },
  )
}

export function full(namespace: string, characters: number, cause: unknown): StoreError {
  return new StoreError(
    'full',
    `Cannot write ${characters} characters to the log "${namespace}": the storage is full (browsers ` +
      'allow an origin about 5 million characters), also after what was overwritten or sent had been ' +
      'let go. Nothing was stored. Remove what else the origin keeps there, or use an ' +
      'IndexedDBEventStore.',
    { cause },
  )
}

export function cleared(namespace: string): StoreError {
  return new StoreError(
    'cleared',
    `Cannot use the log "${namespace}": somebody removed or replaced it in the storage while it was open. ` +
      'Nothing was written. Open it again, which begins with what is there now, and read anew.',
  )
}

export function damaged(key: string, why: string, cause?: unknown): StoreError {
  return new StoreError(
    'not-a-log',
    `Cannot read the record at the key ${JSON.stringify(key)}: ${why}. Keep a copy of the storage, ` +
      'then give the log another namespace, or remove all keys of this one.',
    { cause },
  )
}

export function newer(key: string, found: number, known: number): StoreError {
  return new StoreError(
    'newer-version',
    `Cannot read the record at the key ${JSON.stringify(key)}: it has format ${found}, and this ` +
      `version knows formats up to ${known}. Another tab runs a newer version: load the page again.`,
  )
}

export function busy(namespace: string, why: string, cause?: unknown): StoreError {
  return new StoreError('busy', `Cannot use the log "${namespace}": ${why}. Try again.`, {
    cause,
    retryable: true,
  })
}

export function untold(namespace: string, cause: unknown): StoreError {
  return new StoreError(
    'driver',
    `Wrote to the log "${namespace}", but could not tell the other tabs. Send the same commit again.`,
    { cause, retryable: true, outcome: 'unknown' },
  )
}
