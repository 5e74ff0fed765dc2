import { identifierTest, type Identifiers } from '../../event/identifiers.ts'
import type { PreparedCommit } from '../../store/check-commit.ts'
import type { Committed } from '../../store/commit.ts'
import { AbortedError } from '../../store/errors.ts'
import type { JsonCodec } from '../../store/json.ts'
import { nextTurn, whenFree } from './busy.ts'
import { Combiner } from './combiner.ts'
import { asStoreError, isBusy } from './errors.ts'
import { Filing, filingPace, type FilingPace } from './filing.ts'
import type { Connection, SqliteDriver } from './hand.ts'
import { SqliteLog, type Cleared, type Deferral } from './log.ts'
import { connect, openingError, openLog } from './open.ts'
import { readTransaction, writeTransaction } from './transaction.ts'

export interface LogFileOptions {
  readonly driver: SqliteDriver
  readonly identifiers: Identifiers
  readonly codec: JsonCodec
  readonly synchronous: 'FULL' | 'NORMAL'
  readonly busyTimeout: number
  readonly queueLimit: number
  /** Default is what was measured to be quick. */
  readonly filing?: FilingPace | undefined
  readonly lockedAllowance?: number | undefined
  /** Called after something was written. */
  readonly onWritten: () => void
}

interface Opened {
  readonly log: SqliteLog
  readonly combiner: Combiner
}

/** A closing store leaves fewer than these to whoever opens the file next. */
const WORTH_FILING = 512

/** An open file: transactions on it, one after the other, and the work that goes with them. */
export class LogFile {
  readonly #path: string
  readonly #options: LogFileOptions
  readonly #connection: Connection
  readonly #pace: FilingPace
  #opened: Opened | undefined
  #opening: Promise<unknown> | undefined
  #active = 0
  #whenQuiet: (() => void)[] = []
  #filing: Promise<void> | undefined
  #closing: Promise<void> | undefined

  /** Throws where the file cannot be a log. Where it is only locked, it is opened when it is free. */
  constructor(path: string, options: LogFileOptions) {
    this.#path = path
    this.#options = options
    this.#pace = options.filing ?? filingPace
    this.#connection = connect(path, options.driver)
    try {
      this.#open()
    } catch (error) {
      if (!isBusy(error)) throw this.#notOpened(error)
      this.#opening = this.#openWhenFree()
      // Whoever uses the store is told.
      this.#opening.catch(() => undefined)
    }
  }

  get closing(): boolean {
    return this.#closing !== undefined
  }

  /** Settles when the commit is durable, or refused. */
  commit(commit: PreparedCommit, signal: AbortSignal | undefined): Promise<Committed> {
    if (this.#opened) return this.#opened.combiner.add(commit, signal)
    return this.work(async () => {
      const { combiner } = await this.#whenOpen()
      return combiner.add(commit, signal)
    })
  }

  /** Runs `body` on one state of the log. */
  read<Result>(body: (log: SqliteLog) => Result, signal?: AbortSignal): Promise<Result> {
    return this.work(async () => {
      const { log } = this.#opened ?? (await this.#whenOpen())
      return await this.#whenFree('read', () => readTransaction(log, () => body(log)), signal)
    })
  }

  /** Runs `body` under the lock of all writers, and makes durable what it wrote. */
  write<Result>(body: (log: SqliteLog) => Result, timeout?: number): Promise<Result> {
    return this.work(async () => {
      const { log } = this.#opened ?? (await this.#whenOpen())
      const attempt = (): Result => writeTransaction(log, () => body(log))
      return await this.#whenFree('write', attempt, undefined, timeout)
    })
  }

  /** Runs something longer, for whose end `close` waits. */
  async work<Result>(run: () => Promise<Result>): Promise<Result> {
    this.#active += 1
    try {
      return await run()
    } finally {
      this.#active -= 1
      if (this.#active === 0) for (const resolve of this.#whenQuiet.splice(0)) resolve()
    }
  }

  /** A number that changes when another connection writes; `undefined` where that cannot be told now. */
  dataVersion(): number | undefined {
    if (this.#opened === undefined || this.closing) return undefined
    try {
      return this.#opened.log.statements.dataVersion.get()?.[0]
    } catch {
      // A timer asks, and has nobody to tell: whoever reads is told what is wrong.
      return undefined
    }
  }

  /** Waits for what was begun, and lets go of the file. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    await this.#opening?.catch(() => undefined)
    await this.#opened?.combiner.idle()
    await this.#filing
    if (this.#active > 0) {
      await new Promise<void>((resolve) => {
        this.#whenQuiet.push(resolve)
      })
    }
    // What could not be opened has let go already.
    if (this.#opened === undefined) return
    try {
      await this.#file(this.#opened.log, WORTH_FILING, 0)
    } finally {
      this.#connection.close()
    }
  }

  #open(): void {
    const { identifiers, synchronous, codec, busyTimeout, queueLimit, lockedAllowance } =
      this.#options
    const opened = openLog(this.#connection, this.#path, identifiers, synchronous)
    const log = new SqliteLog({
      ...opened,
      codec,
      isIdentifier: identifierTest(identifiers),
      lockedAllowance,
    })
    const combiner = new Combiner({
      path: this.#path,
      log,
      busyTimeout,
      queueLimit,
      search: (deferral, cleared, signal) => this.#search(deferral, cleared, signal),
      onWritten: () => this.#written(log),
    })
    this.#opened = { log, combiner }
  }

  async #openWhenFree(): Promise<void> {
    try {
      await this.#whenFree('open', () => this.#open())
    } catch (error) {
      throw this.#notOpened(error)
    }
  }

  #notOpened(error: unknown): Error {
    this.#connection.close()
    return openingError(error, this.#path)
  }

  async #whenOpen(): Promise<Opened> {
    await this.#opening
    return this.#opened as Opened
  }

  async #whenFree<Result>(
    what: string,
    attempt: () => Result,
    signal?: AbortSignal,
    timeout: number = this.#options.busyTimeout,
  ): Promise<Result> {
    try {
      return await whenFree(attempt, { what, path: this.#path, timeout, signal })
    } catch (error) {
      throw what === 'open' ? error : asStoreError(error, what, this.#path)
    }
  }

  async #search(deferral: Deferral, cleared: Cleared, signal?: AbortSignal): Promise<void> {
    const { scan, streams, to } = deferral
    for (;;) {
      const place = await this.read((log) => {
        const [event] = scan.page(1)
        if (event === undefined) return scan.done ? to : undefined
        const position = event.position - 1
        return { position, id: log.idAt(position) ?? '' }
      })
      if (place) return void cleared.set(streams, place)
      await nextTurn()
      if (signal?.aborted) throw new AbortedError('the commit', signal)
    }
  }

  #written(log: SqliteLog): void {
    this.#options.onWritten()
    const threshold = this.#pace.threshold(log.head().position)
    if (this.#filing || this.closing || log.recent.count < threshold) return
    this.#filing = this.#file(log, threshold).finally(() => {
      this.#filing = undefined
    })
  }

  async #file(log: SqliteLog, threshold: number, timeout?: number): Promise<void> {
    try {
      let filing: Filing | undefined
      for (let done = false; !done;) {
        await nextTurn()
        done = await this.write(() => {
          if (log.recent.count < threshold && !filing) return true
          filing ??= new Filing(log, this.#pace.rows)
          return filing.slice()
        }, timeout)
      }
    } catch {
      // The events stay in memory, and the next commit or the next who opens the file tries again.
    }
  }
}
