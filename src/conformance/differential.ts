import type { StoredEvent } from '../event/event.ts'
import type { Commit, Committed, Condition } from '../store/commit.ts'
import type { StoredDocument } from '../store/document.ts'
import { isEventfoldError } from '../store/errors.ts'
import type { EventStore } from '../store/store.ts'
import type { After } from '../store/stream.ts'
import { sameStructure } from './expect.ts'
import type { From, PlannedCommit, Step, Workload } from './workload.ts'

/** A store under a workload, with what it has answered so far. */
interface Run {
  readonly store: EventStore
  readonly cursors: string[]
  readonly events: StoredEvent[]
  readonly outboxCursors: string[]
  readonly sent: PlannedCommit[]
}

/**
 * Runs a workload on two stores, each on a new log with one order, and throws at the first step whose
 * answers differ, or where the logs differ in the end. Times and the text of cursors may differ.
 *
 * ```ts
 * import fc from 'fast-check'
 * import { MemoryEventStore } from 'eventfold'
 * import { sameAnswers, workloadOf } from 'eventfold/conformance'
 *
 * const tape = fc.array(fc.array(fc.nat(999), { maxLength: 60 }), { maxLength: 40 })
 * await fc.assert(
 *   fc.asyncProperty(tape, (lists) =>
 *     sameAnswers(workloadOf(lists), new MemoryEventStore(), new MemoryEventStore()),
 *   ),
 * )
 * ```
 */
export async function sameAnswers(
  workload: Workload,
  one: EventStore,
  other: EventStore,
): Promise<void> {
  const runs = [one, other].map((store): Run => ({
    store,
    cursors: [],
    events: [],
    outboxCursors: [],
    sent: [],
  })) as [Run, Run]
  const last: Step[] = [
    { do: 'read', streams: 'all', from: { nowhere: true }, backwards: false },
    { do: 'query', query: { type: 'view' } },
    { do: 'outbox', limit: 10_000, remove: 0 },
  ]
  for (const [index, step] of [...workload, ...last].entries()) {
    const [left, right] = [await take(runs[0], step), await take(runs[1], step)]
    if (sameStructure(left, right)) continue
    throw new Error(
      `step ${index} has two answers: ${JSON.stringify(left)}\nand: ${JSON.stringify(right)}\n` +
        `after the steps: ${JSON.stringify(workload.slice(0, index + 1))}`,
    )
  }
}

async function take(run: Run, step: Step): Promise<unknown> {
  switch (step.do) {
    case 'commit':
      run.sent.push(...step.commits)
      return sendAll(run, step.commits)
    case 'again':
      return sendAll(run, run.sent.slice(step.commit).slice(0, 1))
    case 'load': {
      const { key } = step
      const idempotency = key === undefined ? undefined : { key }
      const after = await placeOf(run, step.from)
      const loading = run.store.load(step.streams, { after, idempotency })
      return settled(loading, ({ events, cursor, replayed }) => {
        run.cursors.push(cursor)
        return [events.map(timeless), replayed && committed(run, replayed)]
      })
    }
    case 'read': {
      const { streams, from, limit, backwards } = step
      const options = { after: await placeOf(run, from), limit, backwards }
      return settled(Array.fromAsync(run.store.read(streams, options)), (events) =>
        events.map(timeless),
      )
    }
    case 'query':
      return settled(pages(run.store, step.query), (documents) => documents.map(untimed))
    case 'outbox':
      return settled(outbox(run, step), (records) => records)
  }
}

async function sendAll(run: Run, planned: readonly PlannedCommit[]): Promise<unknown[]> {
  const commits: Commit[] = []
  for (const commit of planned) commits.push(await filledIn(run, commit))
  const sent = await Promise.allSettled(commits.map((commit) => run.store.commit(commit)))
  return sent.map((answer) =>
    answer.status === 'fulfilled' ? committed(run, answer.value) : failure(answer.reason),
  )
}

async function filledIn(run: Run, planned: PlannedCommit): Promise<Commit> {
  const { conditions, documents, ...rest } = planned
  const filled: Condition[] = []
  for (const { streams, from } of conditions) {
    filled.push({ streams, after: await placeOf(run, from) })
  }
  return {
    ...rest,
    conditions: filled,
    documents: documents.map(({ write, from }) => {
      const cursor = 'cursor' in from ? run.cursors.at(-1 - from.cursor) : undefined
      return cursor === undefined ? write : { ...write, cursor }
    }),
  }
}

/** The cursors from the latest, the events from the first. */
async function placeOf(run: Run, from: From): Promise<After | undefined> {
  if ('now' in from) return (await run.store.load('all')).cursor
  if ('cursor' in from) return run.cursors.at(-1 - from.cursor)
  if ('event' in from) return { eventId: run.events[from.event]?.id ?? 'evt_unknown' }
  return undefined
}

async function settled<Answer>(
  call: Promise<Answer>,
  show: (answer: Answer) => unknown,
): Promise<unknown> {
  try {
    return show(await call)
  } catch (error) {
    return failure(error)
  }
}

function failure(error: unknown): unknown {
  if (!isEventfoldError(error)) return { error: String(error) }
  const { code, retryable, outcome } = error
  const conflict = isEventfoldError(error, 'CONFLICT') && { ...error.conflict, cursor: undefined }
  return { code, retryable, outcome, conflict }
}

function committed(run: Run, done: Committed): unknown {
  const { events, documents, replayed, cursor } = done
  if (!replayed) run.events.push(...events)
  if (cursor !== undefined) run.cursors.push(cursor)
  return [events.map(timeless), documents, replayed, cursor !== undefined]
}

async function pages(
  store: EventStore,
  query: Extract<Step, { do: 'query' }>['query'],
): Promise<StoredDocument[]> {
  const found: StoredDocument[] = []
  let after: string | undefined
  for (let count = 0; count === 0 || (after !== undefined && count < 100); count += 1) {
    const page = await store.documents.query({ ...query, after })
    found.push(...page.documents)
    after = page.cursor
  }
  return found
}

async function outbox(run: Run, step: Extract<Step, { do: 'outbox' }>): Promise<unknown[]> {
  const after = run.outboxCursors.at(-1)
  const whole = await run.store.outbox.read({ limit: step.limit })
  const rest = await run.store.outbox.read({ after, limit: step.limit })
  run.outboxCursors.push(...whole.slice(-1).map(({ cursor }) => cursor))
  await run.store.outbox.remove(whole.slice(0, step.remove).map(({ id }) => id))
  return [...whole, ...rest].map(({ cursor, ...record }) => [timeless(record), typeof cursor])
}

function timeless(stored: { readonly timestamp: string }): unknown {
  return { ...stored, timestamp: typeof stored.timestamp }
}

/** A document without its time; of its cursor only whether it has one. */
function untimed(document: StoredDocument): unknown {
  return { ...document, updatedAt: undefined, cursor: typeof document.cursor }
}
