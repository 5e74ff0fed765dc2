import { createEventId } from '../../../event/id.ts'
import type { PreparedCommit } from '../../../store/check-commit.ts'
import type { Committed } from '../../../store/commit.ts'
import { AbortedError, isEventfoldError, StoreError } from '../../../store/errors.ts'
import { judge } from '../../../store/judge.ts'
import type { Database } from './database.ts'
import type { Source } from './scan.ts'
import { LOG, type LogRow, type Tables } from './schema.ts'
import { createTail } from './tail.ts'
import { createView, type View } from './view.ts'
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

/** Settles when the commit is kept, or refused. */
export type Send = (commit: PreparedCommit, signal?: AbortSignal) => Promise<Committed>

/** The largest batch: all who are in it wait for its end. */
const BATCH_COMMITS = 256
const BATCH_CHARACTERS = 4 * 1024 * 1024
/** A stretch of the log that is searched under the lock. */
const NEAR = 1_000

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
export function createCombiner(options: CombinerOptions): Send {
  const { database, source, identifiers, queueLimit, onWritten } = options
  const tail = createTail(source.codec)
  const queue: Waiting[] = []
  let unsettled = 0
  let running: Promise<void> | undefined

  const take = (): Waiting[] => {
    let characters = 0
    let count = 0
    for (const { commit } of queue) {
      characters += sizeOf(commit)
      if (count === BATCH_COMMITS || (count > 0 && characters > BATCH_CHARACTERS)) break
      count += 1
    }
    return queue.splice(0, count)
  }

  /** Finds out what the commits ask for, and searches outside the lock what may take long. */
  const prepare = async (batch: readonly Waiting[]): Promise<View> => {
    if (!tail.head()) await database.read(async (_, head) => tail.meet(await head))
    const view = createView(tail, source)
    const rehearse = (): void =>
      view.rehearse(
        batch.map(
          ({ commit }) =>
            () =>
              judge(commit, view),
        ),
      )
    rehearse()
    const far = [...view.searches.values()].filter(({ after, to }) => to - after > NEAR)
    for (const search of far) {
      await view.search(search, (scan) => database.read((tables) => scan.page(tables, 1)))
    }
    if (far.length > 0) rehearse()
    return view
  }

  const write = async (batch: readonly Waiting[], view: View): Promise<readonly Outcome[]> => {
    let row: LogRow | undefined
    const outcomes = await database.write(async (tables, record) => {
      const [head] = await Promise.all([record, view.fetch(tables)])
      tail.meet(head)
      const writer = createWriter(tail, view, tables)
      const found: Outcome[] = []
      for (const { commit } of batch) found.push(await attempt(commit, view, writer, tables))
      if (writer.flush()) {
        const { position, id } = view.head()
        const { log = createEventId() } = head ?? {}
        row = { log, identifiers, position, id, greatest: tail.greatest() }
        tables('log').put(row, LOG)
      }
      return found
    })
    tail.trim()
    database.see(row)
    if (row) onWritten()
    return outcomes
  }

  const commitAll = async (taken: readonly Waiting[]): Promise<void> => {
    let batch = taken
    try {
      const view = await prepare(taken)
      batch = taken.filter(({ isSettled }) => !isSettled)
      for (const waiting of batch) waiting.isSent = true
      const outcomes = batch.length > 0 ? await write(batch, view) : []
      batch.forEach(({ settle }, index) => settle(outcomes[index] as Outcome))
    } catch (error) {
      tail.forget()
      // What one of them has brought about harms none of the others.
      if (batch.length > 1 && mayBeOfOne(error))
        for (const waiting of batch) await commitAll([waiting])
      else for (const { settle } of batch) settle({ error })
    }
  }

  const run = async (): Promise<void> => {
    // What is sent at once is combined.
    await Promise.resolve()
    while (queue.length > 0) await commitAll(take())
    running = undefined
  }

  return (commit, signal) =>
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
}

async function attempt(
  commit: PreparedCommit,
  view: View,
  writer: Writer,
  tables: Tables,
): Promise<Outcome> {
  try {
    const verdict = await view.settle(() => judge(commit, view), tables)
    const { replayed } = verdict
    // Others may be given the same answer.
    return { committed: replayed ? structuredClone(replayed) : writer.write(commit, verdict) }
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
    `${queueLimit} commits wait already. Await some before sending more, or raise queueLimit.`,
    { retryable: true },
  )
}

function sizeOf({ events, documents, outbox }: PreparedCommit): number {
  return [...events, ...documents, ...outbox].reduce(
    (size, { json }) => size + (json?.length ?? 0),
    0,
  )
}
