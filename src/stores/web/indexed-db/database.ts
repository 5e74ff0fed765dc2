import type { StoreError } from '../../../store/errors.ts'
import { asStoreError, faults, storeError } from './errors.ts'
import { answerOf, endOf } from './requests.ts'
import { LOG, TABLES, upgrades, type LogRow, type Tables } from './schema.ts'

export interface DatabaseOptions {
  readonly name: string
  /** The set of identifiers, as text. */
  readonly identifiers: string
  readonly durability: 'strict' | 'relaxed'
  /** How long a call waits until the database opens, in milliseconds. */
  readonly busyTimeout: number
}

/**
 * What runs in a transaction: it may wait for requests, and for nothing else. The log's record, which is
 * `undefined` until something was written, is on its way when it begins.
 */
export type Work<Result> = (tables: Tables, head: Promise<LogRow | undefined>) => Promise<Result>

/** A database, opened by the first call that needs it. */
export interface Database {
  /** Works on one state of the log. */
  readonly read: <Result>(work: Work<Result>) => Promise<Result>
  /** Works under the lock of all writers, and keeps all that was written or nothing. Resolves to what the log is now. */
  readonly write: (work: Work<LogRow | undefined | void>) => Promise<LogRow | undefined | void>
  /** As `write`, on whatever log is there. */
  readonly change: <Result>(work: (tables: Tables) => Promise<Result>) => Promise<Result>
  /** Lets go of the connection, also of one that is still to come. */
  readonly close: () => void
}

/** `isMade` tells whether a database is made where there is none. */
export function createDatabase(
  { name, identifiers, durability, busyTimeout }: DatabaseOptions,
  isMade: boolean,
): Database {
  let opening: Promise<IDBDatabase> | undefined
  let current: IDBDatabase | undefined
  let waitsFor = 'the browser does not open it'
  /** Why it cannot be used any more. */
  let lost: StoreError | undefined
  /** The log as it was seen last: evidence that it is still the same one. */
  let seen: LogRow | undefined

  const see = (row: LogRow | undefined | void): LogRow | undefined => {
    if (row && row.position >= (seen?.position ?? 0)) seen = row
    return row ?? undefined
  }

  const check = (row: LogRow | undefined): LogRow | undefined => {
    if (seen && (row?.log !== seen.log || row.position < seen.position)) {
      throw (lost ??= storeError(name, faults.cleared))
    }
    if (row?.position && (row.reindexing || row.identifiers !== identifiers)) {
      const found = row.reindexing?.to ?? row.identifiers
      const why = `it is indexed by ${found}, not by ${identifiers}: run reindexIndexedDB to its end`
      throw storeError(name, ['identifiers', why])
    }
    return see(row)
  }

  const open = async (): Promise<IDBDatabase> => {
    if (typeof indexedDB === 'undefined') throw storeError(name, faults.SecurityError)
    const request = indexedDB.open(name, upgrades.length)
    request.addEventListener('blocked', () => {
      waitsFor = 'another tab has an older version of it open. Close or reload that tab'
      console.warn(`The database ${name} waits: ${waitsFor}.`)
    })
    request.addEventListener('upgradeneeded', ({ oldVersion }) => {
      if (isMade || oldVersion > 0) {
        for (const upgrade of upgrades.slice(oldVersion)) upgrade(request.result)
      } else {
        lost = storeError(name, faults.nothing)
        request.transaction?.abort()
      }
    })
    const database = await answerOf(request)
    database.addEventListener('versionchange', ({ newVersion }) => {
      lost ??= storeError(name, newVersion === null ? faults.cleared : faults.VersionError)
      database.close()
    })
    // It is opened again, and looked at for evidence that the log is still there.
    database.addEventListener('close', () => (current = opening = undefined))
    return (current = database)
  }

  const connection = async (): Promise<IDBDatabase> => {
    const begun = (opening ??= open())
    begun.catch(() => {
      // The next call tries again.
      if (opening === begun) opening = undefined
    })
    let timer: ReturnType<typeof setTimeout> | undefined
    const late = new Promise<never>((_, reject) => {
      const refuse = (): void => reject(storeError(name, ['busy', waitsFor], { retryable: true }))
      timer = setTimeout(refuse, busyTimeout)
    })
    try {
      return await Promise.race([begun, late])
    } finally {
      clearTimeout(timer)
    }
  }

  const transact = async <Result>(
    mode: 'readonly' | 'readwrite',
    work: (tables: Tables) => Promise<Result>,
  ): Promise<Result> => {
    let transaction: IDBTransaction | undefined
    let outcome: 'none' | 'unknown' = 'none'
    try {
      if (lost) throw lost
      const begun = (current ?? (await connection())).transaction(TABLES, mode, { durability })
      transaction = begun
      const end = endOf(begun)
      // Where it fails before its end, what is awaited tells of it.
      end.catch(() => {})
      const result = await work((table) => begun.objectStore(table))
      outcome = 'unknown'
      begun.commit()
      if (mode === 'readwrite') await end
      return result
    } catch (error) {
      const cause = lost ?? transaction?.error ?? error
      try {
        transaction?.abort()
      } catch {
        // It was over already.
      }
      throw asStoreError(cause, name, outcome)
    }
  }

  const onLog =
    <Result>(work: Work<Result>) =>
    async (tables: Tables): Promise<Result> => {
      const head = answerOf(tables('log').get(LOG) as IDBRequest<LogRow | undefined>).then(check)
      return (await Promise.all([work(tables, head), head]))[0]
    }

  return {
    read: (work) => transact('readonly', onLog(work)),
    write: async (work) => see(await transact('readwrite', onLog(work))),
    change: (work) => transact('readwrite', work),
    close: () => {
      opening?.then(
        (database) => database.close(),
        () => {},
      )
    },
  }
}
