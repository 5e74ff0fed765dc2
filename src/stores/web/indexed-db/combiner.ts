import { createEventId } from '../../../event/id.ts'
import type { PreparedCommit } from '../../../store/check-commit.ts'
import type { Committed } from '../../../store/commit.ts'
import { AbortedError, isEventfoldError, StoreError } from '../../../store/errors.ts'
import { judge } from '../../../store/judge.ts'
import { Batch } from './batch.ts'
import type { Database } from './database.ts'
import { findFirst, type Scan, type Source } from './scan.ts'
import { LOG, type LogRow, type Tables } from './schema.ts'
import { Tail } from './tail.ts'
import { write } from './write.ts'

export interface CombinerOptions {
  readonly database: Database
  readonly source: Source
  /** The set of identifiers, as text. */
  readonly identifiers: string
  /** How many commits may wait. */
  readonly queueLimit: number
  readonly onWritten: () => void
}

/** The largest batch: all who are in it wait for its end. */
const BATCH_COMMITS = 256
const BATCH_CHARACTERS = 4 * 1024 * 1024
/** A stretch of the log that is searched under the lock. */
const NEAR = 1_000

interface Waiting {
  readonly commit: PreparedCommit
  readonly resolve: (committed: Committed) => void
  readonly reject: (error: unknown) => void
  /** It may be written already, so that an abort cannot say what became of it. */
  sent: boolean
  settled: boolean
}

/** What the commits of a batch were answered; an error where one was refused. */
type Outcome = { readonly committed: Committed } | { readonly error: unknown }

/**
 * Combines what was sent at once into one transaction, because each transaction waits for the disk. The
 * commits are judged in order and see each other; each has a result of its own.
 */
export class Combiner {
  readonly #options: CombinerOptions
  readonly #tail: Tail
  #queue: Waiting[] = []
  #unsettled = 0
  #running = false

  constructor(options: CombinerOptions) {
    this.#options = options
    this.#tail = new Tail(options.source.codec)
  }

  /** Settles when the commit is kept, or refused. */
  add(commit: PreparedCommit, signal?: AbortSignal): Promise<Committed> {
    const { queueLimit } = this.#options
    if (this.#unsettled >= queueLimit) return Promise.reject(full(queueLimit))
    return new Promise((resolve, reject) => {
      const end = (): void => {
        if (!waiting.settled) this.#unsettled -= 1
        waiting.settled = true
        signal?.removeEventListener('abort', abort)
      }
      const waiting: Waiting = {
        commit,
        resolve: (committed) => (end(), resolve(committed)),
        reject: (error) => (end(), reject(error)),
        sent: false,
        settled: false,
      }
      const abort = (): void => {
        const outcome = waiting.sent ? 'unknown' : 'none'
        waiting.reject(new AbortedError('the commit', signal as AbortSignal, outcome))
      }
      signal?.addEventListener('abort', abort)
      this.#unsettled += 1
      this.#queue.push(waiting)
      void this.#run()
    })
  }

  async #run(): Promise<void> {
    if (this.#running) return
    this.#running = true
    // What is sent at once is combined.
    await Promise.resolve()
    while (this.#queue.length > 0) await this.#commit(this.#take())
    this.#running = false
  }

  #take(): Waiting[] {
    let characters = 0
    let count = 0
    for (const { commit } of this.#queue) {
      characters += sizeOf(commit)
      if (count === BATCH_COMMITS || (count > 0 && characters > BATCH_CHARACTERS)) break
      count += 1
    }
    return this.#queue.splice(0, count)
  }

  async #commit(taken: readonly Waiting[]): Promise<void> {
    let waiting: readonly Waiting[] = taken
    try {
      const batch = await this.#prepare(taken)
      waiting = taken.filter(({ settled }) => !settled)
      if (waiting.length === 0) return
      for (const each of waiting) each.sent = true
      const outcomes = await this.#write(waiting, batch)
      waiting.forEach(({ resolve, reject }, index) => {
        const outcome = outcomes[index] as Outcome
        if ('error' in outcome) reject(outcome.error)
        else resolve(outcome.committed)
      })
    } catch (error) {
      this.#tail.forget()
      // What one of them has brought about harms none of the others.
      if (waiting.length > 1 && isOfOne(error))
        for (const each of waiting) await this.#commit([each])
      else for (const { reject } of waiting) reject(error)
    }
  }

  /** Finds out what the commits ask for, and searches outside the lock what may take long. */
  async #prepare(waiting: readonly Waiting[]): Promise<Batch> {
    const { database, source } = this.#options
    const tail = this.#tail
    if (!tail.known) {
      await database.read(async (_, head) => tail.meet(await head))
    }
    const batch = new Batch(tail, source)
    const rehearsals = waiting.map(
      ({ commit }) =>
        () =>
          judge(commit, batch),
    )
    batch.rehearse(rehearsals)
    const searches = batch.takeSearches().filter(({ after, to }) => to - after > NEAR)
    if (searches.length === 0) return batch
    for (const search of searches) {
      const page = (scan: Scan) => database.read((tables) => scan.page(tables, 1))
      batch.searched(search, await findFirst(search.streams, source, search, page))
    }
    batch.rehearse(rehearsals)
    return batch
  }

  async #write(waiting: readonly Waiting[], batch: Batch): Promise<readonly Outcome[]> {
    const { database, identifiers, onWritten } = this.#options
    const tail = this.#tail
    let row: LogRow | undefined
    const outcomes = await database.write(async (tables, record) => {
      const [head] = await Promise.all([record, batch.fetch(tables)])
      tail.meet(head)
      const found: Outcome[] = []
      for (const { commit } of waiting) found.push(await attempt(commit, batch, tables))
      if (found.some((outcome) => 'committed' in outcome && !outcome.committed.replayed)) {
        const { log = createEventId() } = head ?? {}
        row = { log, identifiers, ...tail.head, greatest: tail.greatest }
        tables.log.put(row, LOG)
      }
      return found
    })
    tail.trim()
    if (row) {
      database.see(row)
      onWritten()
    }
    return outcomes
  }
}

async function attempt(commit: PreparedCommit, batch: Batch, tables: Tables): Promise<Outcome> {
  try {
    const verdict = await batch.settle(() => judge(commit, batch), tables)
    // Others may be given the same answer.
    const { replayed } = verdict
    return {
      committed: replayed ? structuredClone(replayed) : write(commit, verdict, batch, tables),
    }
  } catch (error) {
    if (isEventfoldError(error)) return { error }
    throw error
  }
}

/** Whether it may be the fault of one commit of a batch, of which nothing was written. */
function isOfOne(error: unknown): boolean {
  return (
    isEventfoldError(error, 'STORE') &&
    error.outcome === 'none' &&
    ['full', 'driver', 'not-a-log'].includes(error.fault)
  )
}

function full(queueLimit: number): StoreError {
  return new StoreError(
    'busy',
    `Cannot commit: ${queueLimit} commits wait already. Await some before sending more, or raise queueLimit.`,
    { retryable: true },
  )
}

function sizeOf({ events, documents, outbox }: PreparedCommit): number {
  let size = 0
  for (const { json, metadataJson } of events) size += json.length + metadataJson.length
  for (const { json } of documents) size += json?.length ?? 0
  for (const { json } of outbox) size += json.length
  return size
}
