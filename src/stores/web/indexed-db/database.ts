import { StoreError } from '../../../store/errors.ts'
import { asStoreError, cleared, noIndexedDb, outdated } from './errors.ts'
import { answerOf, ended } from './requests.ts'
import { begin, LOG, upgrade, VERSION, type LogRow, type Tables } from './schema.ts'

export interface DatabaseOptions {
  readonly name: string
  /** The set of identifiers, as text. */
  readonly identifiers: string
  readonly durability: 'strict' | 'relaxed'
  /** How long a call waits until the database opens, in milliseconds. */
  readonly busyTimeout: number
  /** Whether it is made where there is none. Default is `true`. */
  readonly create?: boolean
}

/** What runs in a transaction. The record is on its way when it begins. */
export type Body<Result> = (tables: Tables, head: Promise<LogRow | undefined>) => Promise<Result>

/** The connection to a database, opened by the first call that needs it. */
export class Database {
  readonly #options: DatabaseOptions
  #opening: Promise<IDBDatabase> | undefined
  /** What its opening waits for. */
  #blocked: string | undefined
  /** Why it cannot be used any more. */
  #lost: StoreError | undefined
  /** The log as it was seen last: evidence that it is still the same one. */
  #seen: LogRow | undefined

  constructor(options: DatabaseOptions) {
    this.#options = options
  }

  /** Runs `body`, which may wait for requests and for nothing else, on one state of the log. */
  read<Result>(body: Body<Result>): Promise<Result> {
    return this.transact('readonly', (tables) => this.#onLog(tables, body))
  }

  /** Runs `body` under the lock of all writers. Settles when all that it wrote is kept, or nothing. */
  write<Result>(body: Body<Result>): Promise<Result> {
    return this.transact('readwrite', (tables) => this.#onLog(tables, body))
  }

  async #onLog<Result>(tables: Tables, body: Body<Result>): Promise<Result> {
    const head = this.#head(tables)
    const [result] = await Promise.all([body(tables, head), head])
    return result
  }

  /** As `write` and `read`, on whatever log is there. */
  async transact<Result>(
    mode: 'readonly' | 'readwrite',
    body: (tables: Tables) => Promise<Result>,
  ): Promise<Result> {
    const { name, durability } = this.#options
    let transaction: IDBTransaction | undefined
    let sent = false
    try {
      const database = await this.#connection()
      const began = begin(database, mode, { durability })
      transaction = began.transaction
      const end = ended(transaction)
      // Where it fails before its end, what is awaited tells of it.
      end.catch(() => undefined)
      const result = await body(began.tables)
      sent = true
      transaction.commit()
      if (mode === 'readwrite') await end
      return result
    } catch (error) {
      const cause = this.#lost ?? transaction?.error ?? error
      if (transaction && !sent) abort(transaction)
      const what = mode === 'readonly' ? 'read' : 'write to'
      throw asStoreError(cause, what, name, sent ? 'unknown' : 'none')
    }
  }

  /** The log's record; `undefined` where nothing was written yet. Refuses a log that is not the one seen before. */
  async #head({ log }: Tables): Promise<LogRow | undefined> {
    const row = (await answerOf(log.get(LOG))) as LogRow | undefined
    const { name, identifiers } = this.#options
    const seen = this.#seen
    if (seen && (row?.log !== seen.log || row.position < seen.position)) {
      this.#lost = cleared(name)
      throw this.#lost
    }
    const recorded = row?.reindexing?.to ?? row?.identifiers
    if (row?.position && (row.reindexing || recorded !== identifiers)) {
      throw new StoreError(
        'identifiers',
        `${name} is indexed by the identifiers ${recorded}, this call names ${identifiers}. ` +
          'Open it with the recorded ones, or call reindexIndexedDb({ name, identifiers }) to its end.',
      )
    }
    this.see(row)
    return row
  }

  /** Takes note of what the log is like. */
  see(row: LogRow | undefined): void {
    if (row && row.position >= (this.#seen?.position ?? 0)) this.#seen = row
  }

  /** Lets go of the connection, also of one that is still to come. */
  close(): void {
    void this.#opening?.then(
      (database) => database.close(),
      () => undefined,
    )
  }

  async #connection(): Promise<IDBDatabase> {
    if (this.#lost) throw this.#lost
    this.#opening ??= this.#open()
    let timer: ReturnType<typeof setTimeout> | undefined
    const { name, busyTimeout } = this.#options
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        const why = this.#blocked ?? 'the browser does not open it'
        const text = `Cannot open ${name}: ${why} (waited ${busyTimeout} ms).`
        reject(new StoreError('busy', text, { retryable: true }))
      }, busyTimeout)
    })
    try {
      return await Promise.race([this.#opening, late])
    } finally {
      clearTimeout(timer)
    }
  }

  async #open(): Promise<IDBDatabase> {
    const { name, create = true } = this.#options
    try {
      if (typeof indexedDB === 'undefined') throw noIndexedDb(name)
      const request = indexedDB.open(name, VERSION)
      request.addEventListener('blocked', () => {
        this.#blocked = 'another tab keeps an older version of it open: close or reload that tab'
        console.warn(`Eventfold waits to upgrade the database ${name}: ${this.#blocked}.`)
      })
      request.addEventListener('upgradeneeded', ({ oldVersion }) => {
        if (create || oldVersion > 0) upgrade(request.result, oldVersion)
        else request.transaction?.abort()
      })
      return this.#watched(await answerOf(request))
    } catch (error) {
      // The next call tries again.
      this.#opening = undefined
      throw error
    }
  }

  /** Lets go of a connection that stands in the way of others, or that the browser took away. */
  #watched(database: IDBDatabase): IDBDatabase {
    database.addEventListener('versionchange', ({ newVersion }) => {
      const { name } = this.#options
      this.#lost = newVersion === null ? cleared(name) : outdated(name)
      database.close()
    })
    // It is opened again, and looked at for evidence that the log is still there.
    database.addEventListener('close', () => (this.#opening = undefined))
    return database
  }
}

function abort(transaction: IDBTransaction): void {
  try {
    transaction.abort()
  } catch {
    // It was over already.
  }
}
