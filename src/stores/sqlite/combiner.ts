import type { PreparedCommit } from '../../store/check-commit.ts'
import type { Committed } from '../../store/commit.ts'
import { AbortedError, isEventfoldError, StoreError } from '../../store/errors.ts'
import { judge } from '../../store/judge.ts'
import { pause, stillBusy } from './busy.ts'
import { asStoreError, isBusy, isFatal } from './errors.ts'
import { Deferral, type Cleared, type SqliteLog } from './log.ts'
import { writeTransaction } from './transaction.ts'
import { write } from './write.ts'

export interface CombinerOptions {
  readonly path: string
  readonly log: SqliteLog
  /** How long another process may hold the lock, in milliseconds. */
  readonly busyTimeout: number
  /** How many commits may wait. */
  readonly queueLimit: number
  /** Searches outside the lock how far the streams of a condition are clean. */
  readonly search: (deferral: Deferral, cleared: Cleared, signal?: AbortSignal) => Promise<void>
  readonly onWritten: () => void
}

/** The largest batch: all who are in it wait for its end. */
const BATCH_COMMITS = 256
const BATCH_CHARACTERS = 4 * 1024 * 1024
/** After so many searches outside the lock a condition is judged under it, however long that takes. */
const SEARCHES = 3

interface Waiting {
  readonly commit: PreparedCommit
  readonly signal: AbortSignal | undefined
  readonly resolve: (committed: Committed) => void
  readonly reject: (error: unknown) => void
  readonly cleared: Cleared
  /** Takes the listener off a signal that may outlive many commits. */
  readonly forget: () => void
  searches: number
  settled: boolean
}

type Outcome =
  | { readonly committed: Committed; readonly error?: undefined }
  | { readonly error: unknown }

/** A statement failed for one commit, which undoes the whole batch. */
class Spoiled {
  readonly waiting: Waiting
  readonly cause: unknown

  constructor(waiting: Waiting, cause: unknown) {
    this.waiting = waiting
    this.cause = cause
  }
}

/**
 * Combines the commits of one turn of the event loop into one transaction, because each transaction
 * waits for the disk. They are judged in order and see each other; each has a result of its own. Where
 * a condition takes long to judge, its streams are searched without the lock first, and those behind it
 * keep their places.
 */
export class Combiner {
  readonly #options: CombinerOptions
  #queue: Waiting[] = []
  #unsettled = 0
  #running = false
  /** Tries to get the lock so far, and until when to try. */
  #tries = 0
  #deadline = 0
  #whenIdle: (() => void)[] = []

  constructor(options: CombinerOptions) {
    this.#options = options
  }

  /** Settles when the commit is durable, or refused. */
  add(commit: PreparedCommit, signal?: AbortSignal): Promise<Committed> {
    const { queueLimit } = this.#options
    if (this.#unsettled >= queueLimit) return Promise.reject(this.#full(queueLimit))
    return new Promise((resolve, reject) => {
      // Batches are synchronous: whoever is aborted is not in one.
      const abort = (): void => {
        const error = new AbortedError('the commit', signal as AbortSignal)
        this.#settle(waiting, { error })
      }
      const waiting: Waiting = {
        commit,
        signal,
        resolve,
        reject,
        cleared: new Map(),
        forget: () => signal?.removeEventListener('abort', abort),
        searches: 0,
        settled: false,
      }
      // Fails where it is no signal: then nothing waits that `idle` would wait for.
      signal?.addEventListener('abort', abort)
      this.#unsettled += 1
      this.#queue.push(waiting)
      this.#start()
    })
  }

  /** Settles when nothing waits any more. */
  async idle(): Promise<void> {
    if (this.#unsettled === 0) return
    await new Promise<void>((resolve) => {
      this.#whenIdle.push(resolve)
    })
  }

  #start(): void {
    if (this.#running) return
    this.#running = true
    setImmediate(() => this.#flush())
  }

  #flush(): void {
    const batch = this.#take()
    const wait = batch.length > 0 ? this.#run(batch) : undefined
    if (wait) void wait.then(() => this.#flush())
    else if (this.#queue.length > 0) setImmediate(() => this.#flush())
    else this.#running = false
  }

  #take(): Waiting[] {
    const batch: Waiting[] = []
    let characters = 0
    let count = 0
    for (const waiting of this.#queue) {
      if (batch.length === BATCH_COMMITS) break
      if (!waiting.settled) {
        characters += sizeOf(waiting.commit)
        if (batch.length > 0 && characters > BATCH_CHARACTERS) break
        batch.push(waiting)
      }
      count += 1
    }
    this.#queue = count === this.#queue.length ? [] : this.#queue.slice(count)
    return batch
  }

  /** Returns what has to be waited for before the next batch, if there is something. */
  #run(batch: readonly Waiting[]): Promise<void> | undefined {
    const { log, path, onWritten } = this.#options
    try {
      const outcomes = writeTransaction(log, () => attemptAll(batch, log))
      this.#tries = 0
      let deferral: Deferral | undefined
      for (const [index, outcome] of outcomes.entries()) {
        if (outcome.error instanceof Deferral) deferral = outcome.error
        else this.#settle(batch[index] as Waiting, outcome)
      }
      if (outcomes.some((outcome) => outcome.error === undefined)) onWritten()
      if (deferral) return this.#search(batch.slice(outcomes.length - 1), deferral)
    } catch (error) {
      if (isBusy(error)) return this.#waitForLock(batch, error)
      this.#tries = 0
      const spoiled = error instanceof Spoiled ? error : undefined
      const failure = asStoreError(spoiled ? spoiled.cause : error, 'commit', path)
      for (const waiting of spoiled ? [spoiled.waiting] : batch) {
        this.#settle(waiting, { error: failure })
      }
      if (spoiled) this.#queue = [...batch.filter(isUnsettled), ...this.#queue]
    }
    return undefined
  }

  #waitForLock(batch: readonly Waiting[], error: unknown): Promise<void> | undefined {
    const { path, busyTimeout } = this.#options
    if (this.#tries === 0) this.#deadline = performance.now() + busyTimeout
    this.#tries += 1
    if (performance.now() < this.#deadline) {
      this.#queue = [...batch, ...this.#queue]
      return pause(this.#tries)
    }
    this.#tries = 0
    for (const waiting of batch) {
      this.#settle(waiting, { error: stillBusy('commit', path, busyTimeout, error) })
    }
    return undefined
  }

  /** Searches for the first of these; the others keep their places behind it. */
  async #search(waiting: readonly Waiting[], deferral: Deferral): Promise<void> {
    const [first] = waiting
    this.#queue = [...waiting, ...this.#queue]
    if (first === undefined) return
    first.searches += 1
    try {
      await this.#options.search(deferral, first.cleared, first.signal)
    } catch (error) {
      this.#settle(first, { error })
    }
  }

  #settle(waiting: Waiting, outcome: Outcome): void {
    if (waiting.settled) return
    waiting.settled = true
    waiting.forget()
    if (outcome.error === undefined)
      waiting.resolve((outcome as { committed: Committed }).committed)
    else waiting.reject(outcome.error)
    this.#unsettled -= 1
    if (this.#unsettled > 0) return
    for (const resolve of this.#whenIdle.splice(0)) resolve()
  }

  #full(queueLimit: number): StoreError {
    return new StoreError(
      'busy',
      `Cannot commit: ${queueLimit} commits wait already. Await some before sending more, or raise queueLimit.`,
      { retryable: true },
    )
  }
}

/** One after the other, up to one whose condition has to be searched for first. */
function attemptAll(batch: readonly Waiting[], log: SqliteLog): readonly Outcome[] {
  log.turnToBatch()
  const outcomes: Outcome[] = []
  for (const waiting of batch) {
    const outcome = attempt(waiting, log)
    outcomes.push(outcome)
    if (outcome.error instanceof Deferral) break
  }
  return outcomes
}

function attempt(waiting: Waiting, log: SqliteLog): Outcome {
  try {
    log.turnTo(waiting.cleared, waiting.searches >= SEARCHES)
    const verdict = judge(waiting.commit, log)
    return { committed: verdict.replayed ?? write(waiting.commit, verdict, log) }
  } catch (error) {
    if (error instanceof Deferral || isEventfoldError(error)) return { error }
    if (isBusy(error) || isFatal(error)) throw error
    throw new Spoiled(waiting, error)
  }
}

function isUnsettled(waiting: Waiting): boolean {
  return !waiting.settled
}

function sizeOf({ events, documents, outbox }: PreparedCommit): number {
  let size = 0
  for (const { json, metadataJson } of events) size += json.length + metadataJson.length
  for (const { json } of documents) size += json?.length ?? 0
  for (const { json } of outbox) size += json.length
  return size
}
