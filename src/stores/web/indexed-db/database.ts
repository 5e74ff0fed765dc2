import type { StoreError } from '../../../store/errors.ts'
import { asStoreError, storeError } from './errors.ts'
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
  /** Works under the lock of all writers. Settles when all that was written is kept, or nothing. */
  readonly write: <Result>(work: Work<Result>) => Promise<Result>
  /** As `write`, on whatever log is there. */
  readonly change: <Result>(work: (tables: Tables) => Promise<Result>) => Promise<Result>
  /** Takes note of what the log is like now. */
  readonly see: (row: LogRow | undefined) => void
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

  const see = (row: LogRow | undefined): void => {
    if (row && row.position >= (seen?.position ?? 0)) seen = row
  }

  const cleared = (): StoreError => {
    const why = 'somebody deleted it, or what is in it, while it was open. Open a new store'
    return (lost ??= storeError('cleared', name, why))
  }

  const checked = (row: LogRow | undefined): LogRow | undefined => {
    if (seen && (row?.log !== seen.log || row.position < seen.position)) throw cleared()
    if (row?.position && (row.reindexing || row.identifiers !== identifiers)) {
      const found = row.reindexing?.to ?? row.identifiers
      const why = `it is indexed by the identifiers ${found}, and not by ${identifiers}`
      throw storeError(
        'identifiers',
        name,
        `${why}. Give those, or run reindexIndexedDb to its end`,
      )
    }
    see(row)
    return row
  }

  const open = async (): Promise<IDBDatabase> => {
    try {
      if (typeof indexedDB === 'undefined') {
        throw storeError('denied', name, 'there is no IndexedDB here. Take another store')
      }
      const request = indexedDB.open(name, upgrades.length)
      request.addEventListener('blocked', () => {
        waitsFor = 'another tab has an older version of it open. Close or reload that tab'
        console.warn(`Waiting to upgrade the database ${name}: ${waitsFor}.`)
      })
      request.addEventListener('upgradeneeded', ({ oldVersion }) => {
        if (!isMade && oldVersion === 0) request.transaction?.abort()
        else for (const upgrade of upgrades.slice(oldVersion)) upgrade(request.result)
      })
      const database = await answerOf(request)
      database.addEventListener('versionchange', ({ newVersion }) => {
        const why =
          'a newer version of this application took it over in another tab. Reload the page'
        lost ??= newVersion === null ? cleared() : storeError('newer-version', name, why)
        database.close()
      })
      // It is opened again, and looked at for evidence that the log is still there.
      database.addEventListener('close', () => (current = opening = undefined))
      current = database
      return database
    } catch (error) {
      // The next call tries again.
      opening = undefined
      throw error
    }
  }

  const connection = async (): Promise<IDBDatabase> => {
    if (lost) throw lost
    opening ??= open()
    let timer: ReturnType<typeof setTimeout> | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(
          storeError('busy', name, `${waitsFor} (after ${busyTimeout} ms)`, { retryable: true }),
        )
      }, busyTimeout)
    })
    try {
      return await Promise.race([opening, late])
    } finally {
      clearTimeout(timer)
    }
  }

  const transact = async <Result>(
    mode: 'readonly' | 'readwrite',
    work: (tables: Tables) => Promise<Result>,
  ): Promise<Result> => {
    let transaction: IDBTransaction | undefined
    let isSent = false
    try {
      const begun = (current && !lost ? current : await connection()).transaction(TABLES, mode, {
        durability,
      })
      transaction = begun
      const end = endOf(begun)
      // Where it fails before its end, what is awaited tells of it.
      end.catch(() => undefined)
      const result = await work((table) => begun.objectStore(table))
      isSent = true
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
      throw asStoreError(cause, name, isSent ? 'unknown' : 'none')
    }
  }

  const onLog =
    <Result>(work: Work<Result>) =>
    async (tables: Tables): Promise<Result> => {
      const head = answerOf(tables('log').get(LOG) as IDBRequest<LogRow | undefined>).then(checked)
      return (await Promise.all([work(tables, head), head]))[0]
    }

  return {
    read: (work) => transact('readonly', onLog(work)),
    write: (work) => transact('readwrite', onLog(work)),
    change: (work) => transact('readwrite', work),
    see,
    close: () => {
      opening?.then(
        (database) => database.close(),
        () => undefined,
      )
    },
  }
}
