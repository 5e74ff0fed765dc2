import { isEventfoldError, StoreError } from '../../store/errors.ts'

/** The result codes of SQLite that the store tells apart. */
type Fault = 'busy' | 'read-only' | 'not-a-log' | 'fatal' | 'other'

const names: Readonly<Record<string, Fault>> = {
  SQLITE_BUSY: 'busy',
  SQLITE_LOCKED: 'busy',
  SQLITE_READONLY: 'read-only',
  SQLITE_NOTADB: 'not-a-log',
  SQLITE_NOMEM: 'fatal',
  SQLITE_IOERR: 'fatal',
  SQLITE_CORRUPT: 'fatal',
  SQLITE_FULL: 'fatal',
  SQLITE_CANTOPEN: 'fatal',
}
/** node:sqlite gives the number alone; its lower byte is the primary code. */
const numbers: Readonly<Record<number, string>> = {
  5: 'SQLITE_BUSY',
  6: 'SQLITE_LOCKED',
  7: 'SQLITE_NOMEM',
  8: 'SQLITE_READONLY',
  10: 'SQLITE_IOERR',
  11: 'SQLITE_CORRUPT',
  13: 'SQLITE_FULL',
  14: 'SQLITE_CANTOPEN',
  26: 'SQLITE_NOTADB',
}

/** What a driver's error means. An extended code means what its primary code means. */
function faultOf(error: unknown): Fault {
  const code = codeOf(error)
  const name = Object.keys(names).find((known) => code === known || code.startsWith(`${known}_`))
  return (name !== undefined && names[name]) || 'other'
}

/** Whether another connection holds the lock, so that it is worth trying again. */
export function isBusy(error: unknown): boolean {
  return faultOf(error) === 'busy'
}

/** Whether every commit would fail so, whatever is in it. */
export function isFatal(error: unknown): boolean {
  return ['fatal', 'read-only', 'not-a-log'].includes(faultOf(error))
}

/** Whether the statement itself is wrong for this file: a table or a column is missing. */
export function isStatementError(error: unknown): boolean {
  return error instanceof Error && faultOf(error) === 'other'
}

/** Whether the file cannot be opened or made. */
export function isCannotOpen(error: unknown): boolean {
  return codeOf(error).startsWith('SQLITE_CANTOPEN')
}

/** The error of a call that the database failed. Errors of this package stay as they are. */
export function asStoreError(error: unknown, what: string, path: string): Error {
  if (isEventfoldError(error)) return error
  const said = error instanceof Error ? error.message : String(error)
  switch (faultOf(error)) {
    case 'busy':
      return new StoreError(
        'busy',
        `Cannot ${what}: ${path} is locked by another process (${said}). Try again.`,
        {
          cause: error,
          retryable: true,
        },
      )
    case 'read-only':
      return new StoreError(
        'read-only',
        `Cannot ${what}: ${path} may not be written (${said}). Give this process the right to write the file and its folder.`,
        { cause: error },
      )
    case 'not-a-log':
      return new StoreError(
        'not-a-log',
        `Cannot ${what}: ${path} is not a SQLite database (${said}). Name another file.`,
        { cause: error },
      )
    default:
      return new StoreError('driver', `Cannot ${what}: SQLite failed on ${path}: ${said}`, {
        cause: error,
      })
  }
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return ''
  const { code, errcode } = error as { code?: unknown; errcode?: unknown }
  if (typeof errcode === 'number') return numbers[errcode & 0xff] ?? ''
  return typeof code === 'string' ? code : ''
}
