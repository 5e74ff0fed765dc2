import { createEventId } from '../../../event/id.ts'
import type { PreparedCommit } from '../../../store/check-commit.ts'
import type { Committed } from '../../../store/commit.ts'
import { AbortedError, isEventfoldError, StoreError } from '../../../store/errors.ts'
import { judge } from '../../../store/judge.ts'
import type { Database } from './database.ts'
import type { Source } from './scan.ts'
import { LOG, type LogRow, type Tables } from './schema.ts'
import { NOTHING, Tail } from './tail.ts'
import { createView, goOn, type View } from './view.ts'
import { createWriter, type Writer } from './write.ts'

export interface CombinerOptions {
  readonly database: Database
  readonly source: Source
  /** The set of identifiers, as text. */
  readonly identifiers: string
  /** How many commits may wait. */
  readonly queueLimit: number
  readonly onWritten: () => void
}

export interface Combiner {
  /** Settles when the commit is kept, or refused. */
  readonly send: (commit: PreparedCommit, signal?: AbortSignal) => Promise<Committed>
  /** Settles when nothing is on its way, not even what was aborted. */
  readonly end: () => Promise<void> | undefined
}

/** The largest batch: all who are in it wait for its end. */
const BATCH_COMMITS = 256
const BATCH_CHARACTERS = 4 * 1024 * 1024
/** After so many searches without the lock they are done under it, however long that takes. */
const SEARCHES = 2

interface Waiting {
  readonly commit: PreparedCommit
  /** Answers its caller, once. */
  readonly settle: (outcome: Outcome) => void
  isSettled: boolean
  /** It may be written already, so that an abort cannot say what became of it. */
  isSent: boolean
}

type Outcome = { readonly committed: Committed } | { readonly error: unknown }

/**
 * Combines what is sent at once into one transaction, because each transaction waits for the disk. The
 * commits are judged in order and see each other; each has a result of its own.
 */
export function createCombiner(options: CombinerOptions): Combiner {
  const { database, source, identifiers, queueLimit, onWritten } = options
  const tail = new Tail(source)
  let queue: Waiting[] = []
  let unsettled = 0
  let running: Promise<void> | undefined

  /** Takes from those who wait as many as one transaction takes. */
  const take = (taken: Waiting[]): void => {
    const before = taken.length
    let characters = taken.reduce((sum, { commit }) => sum + sizeOf(commit), 0)
    for (const waiting of queue) {
      characters += sizeOf(waiting.commit)
      const isFull = taken.length === BATCH_COMMITS || characters > BATCH_CHARACTERS
      if (isFull && taken.length > 0) break
      taken.push(waiting)
    }
    queue = queue.slice(taken.length - before)
  }

  /** Writes what is taken, unless something has to be searched for before: then it returns `false`. */
  const attempt = async (taken: Waiting[], view: View, more: () => void): Promise<boolean> => {
    const settling: (() => void)[] = []
    let isReady = false
    const rehearse = (): void =>
      view.rehearse(
        taken.map(
          ({ commit }) =>
            () =>
              judge(commit, view),
        ),
      )
    const row = await database.write(async (tables, record): Promise<LogRow | undefined> => {
      // What else they ask for is found out and fetched while the record is on its way.
      more()
      rehearse()
      const [head] = await Promise.all([record, view.fetch(tables)])
      const early = taken.length
      more()
      if (tail.meet(head ?? NOTHING) || taken.length > early) {
        rehearse()
        await view.fetch(tables)
      }
      isReady = view.unfinished().length === 0
      if (!isReady) return undefined
      view.bePatient()
      const writer = createWriter(tail, view, tables)
      for (const waiting of taken) {
        if (waiting.isSettled) continue
        waiting.isSent = true
        const outcome = await answer(waiting.commit, view, writer, tables)
        settling.push(() => waiting.settle(outcome))
      }
      if (!writer.flush()) return undefined
      const { position, id } = tail.head
      const { log = createEventId() } = head ?? {}
      const written = { log, identifiers, position, id, greatest: tail.greatest }
      tables('log').put(written, LOG)
      return written
    })
    tail.trim()
    for (const settle of settling) settle()
    if (row) onWritten()
    return isReady
  }

  const commitAll = async (taken: Waiting[], more: () => void): Promise<void> => {
    const view = createView(source, tail)
    try {
      for (let tries = 0; !(await attempt(taken, view, more)); tries += 1) {
        // The lock is not held over what takes long, unless others write so much that it never ends.
        for (const searching of view.unfinished()) {
          await goOn(searching, (scan) => database.read((tables) => scan.page(tables, 1)))
        }
        // Only searches stay true for another transaction.
        view.known.clear()
        if (tries === SEARCHES) view.bePatient()
      }
    } catch (error) {
      tail.meet(NOTHING)
      if (taken.length === 0) more()
      // What one of them has brought about harms none of the others.
      const isOfOne = taken.length > 1 && mayBeOfOne(error)
      for (const waiting of taken) {
        if (isOfOne) await commitAll([waiting], () => {})
        else waiting.settle({ error })
      }
    }
  }

  const run = async (): Promise<void> => {
    while (queue.length > 0) {
      const taken: Waiting[] = []
      await commitAll(taken, () => take(taken))
    }
    running = undefined
  }

  const send: Combiner['send'] = (commit, signal) =>
    new Promise((resolve, reject) => {
      if (unsettled >= queueLimit) throw full(queueLimit)
      const abort = (): void => {
        const outcome = waiting.isSent ? 'unknown' : 'none'
        waiting.settle({ error: new AbortedError('the commit', signal as AbortSignal, outcome) })
      }
      const waiting: Waiting = {
        commit,
        isSettled: false,
        isSent: false,
        settle: (outcome) => {
          if (waiting.isSettled) return
          waiting.isSettled = true
          unsettled -= 1
          signal?.removeEventListener('abort', abort)
          if ('error' in outcome) reject(outcome.error)
          else resolve(outcome.committed)
        },
      }
      signal?.addEventListener('abort', abort)
      unsettled += 1
      queue.push(waiting)
      running ??= run()
    })
  return { send, end: () => running }
}

async function answer(
  commit: PreparedCommit,
  view: View,
  writer: Writer,
  tables: Tables,
): Promise<Outcome> {
  try {
    const verdict = await view.settle(() => judge(commit, view), tables)
    return { committed: verdict.replayed ?? writer.write(commit, verdict) }
  } catch (error) {
    if (isEventfoldError(error)) return { error }
    throw error
  }
}

/** Whether it may be the fault of one commit of a batch, of which nothing was written. */
function mayBeOfOne(error: unknown): boolean {
  return (
    isEventfoldError(error, 'STORE') &&
    error.outcome === 'none' &&
    ['full', 'driver', 'not-a-log'].includes(error.fault)
  )
}

function full(queueLimit: number): StoreError {
  return new StoreError(
    'busy',
    `${queueLimit} commits wait already. Await some, or raise queueLimit.`,
    { retryable: true },
  )
}

function sizeOf({ events, documents, outbox }: PreparedCommit): number {
  return [...events, ...documents, ...outbox].reduce(
    (size, { json }) => size + (json?.length ?? 0),
    0,
  )
}
