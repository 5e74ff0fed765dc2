import type { AggregateRef, StoredEvent } from '../event/event.ts'
import { contentOf, nameOf, type PreparedCommit, type PreparedDocument } from './check-commit.ts'
import { after as checkAfter } from './check-streams.ts'
import type { Committed, Condition, Idempotency } from './commit.ts'
import { formatCursor, parseCursor, type Place } from './cursor.ts'
import type { DocumentResult } from './document.ts'
import { ConcurrencyError, IdempotencyError } from './errors.ts'
import { canonicalJson } from './json.ts'
import type { After, Cursor, Streams } from './stream.ts'

/** What a store remembers of a commit that had an idempotency key. */
export interface Answer {
  readonly fingerprint: string
  readonly committed: Committed
}

/** What is kept of a document, also after it was deleted. */
export interface DocumentState {
  readonly revision: number
  readonly cursor: string | undefined
  readonly deleted: boolean
}

/** What the judge asks of a log with one order, under the lock that also covers the write. */
export interface LogView {
  /** The newest event's place; `START` on the empty log. */
  readonly head: () => Place
  readonly idAt: (position: number) => string | undefined
  readonly eventById: (id: string) => StoredEvent | undefined
  readonly answerTo: (key: string) => Answer | undefined
  /** `0` for an aggregate without events. */
  readonly versionOf: (aggregate: AggregateRef) => number
  /** The oldest event after the position that matches. */
  readonly firstMatch: (
    streams: Streams,
    after: number,
  ) => Pick<StoredEvent, 'id' | 'type' | 'position'> | undefined
  readonly documentState: (type: string, id: string) => DocumentState | undefined
}

/** The verdict on a commit: answered before, or to be written so. Everything else is thrown. */
export type Verdict =
  | { readonly replayed: Committed }
  | {
      readonly replayed?: undefined
      /** In the order of the commit's documents; a skipped one is not written. */
      readonly documents: readonly DocumentResult[]
      /** In the order of the commit's events; `undefined` where an event has no aggregate. */
      readonly versions: readonly (number | undefined)[]
    }

/**
 * Decides a commit, in the one order that all stores share: known key, known event ids, versions,
 * conditions, document guards. Asks only what the commit needs.
 */
export function judge(commit: PreparedCommit, log: LogView): Verdict {
  const replayed = answered(commit.idempotency, log) ?? knownEvents(commit, log)
  if (replayed) return { replayed }
  commit.expect.forEach(({ aggregate, version }, index) => {
    const actual = log.versionOf(aggregate)
    if (actual !== version) {
      throw new ConcurrencyError({ reason: 'version', index, aggregate, expected: version, actual })
    }
  })
  commit.conditions.forEach((condition, index) => checkCondition(condition, index, log))
  return {
    documents: commit.documents.map((document, index) => {
      seenPosition(document.cursor, log)
      const state = log.documentState(document.type, document.id)
      return judgeDocument(document, index, state, (stored) => {
        const { position, id } = parseCursor(stored)
        // A document ahead of a log that was rewound reflects what no longer exists.
        if (position > 0 && log.idAt(position) !== id) return 1
        return parseCursor(document.cursor as Cursor).position - position
      })
    }),
    versions: nextVersions(commit, log),
  }
}

/** The answer that a key already has; another fingerprint is refused. */
export function answered(
  idempotency: Idempotency | undefined,
  log: Pick<LogView, 'answerTo'>,
): Committed | undefined {
  const answer = idempotency && log.answerTo(idempotency.key)
  if (!answer) return undefined
  const { key, fingerprint = answer.fingerprint } = idempotency
  if (fingerprint !== answer.fingerprint) throw new IdempotencyError('idempotency key', key)
  return { ...answer.committed, replayed: true }
}

/** The position that a reader has seen. Refuses a place that the log does not hold. */
export function seenPosition(
  after: After | undefined,
  log: Pick<LogView, 'idAt' | 'eventById'>,
): number {
  if (after === undefined) return 0
  checkAfter(after, ['after'])
  if (typeof after === 'string') {
    const { position, id } = parseCursor(after)
    if (!position || log.idAt(position) === id) return position
  } else {
    const event = log.eventById(after.eventId)
    if (event) return event.position
  }
  throw new ConcurrencyError({ reason: 'rewound', cursor: after })
}

function knownEvents(commit: PreparedCommit, log: LogView): Committed | undefined {
  const known = commit.events.map((event) => log.eventById(event.id))
  const first = known.find(Boolean)
  if (!first) return undefined
  commit.events.forEach((event, index) => {
    const stored = known[index]
    const isSame = stored && canonicalJson(contentOf(event)) === canonicalJson(contentOf(stored))
    if (!isSame) throw new IdempotencyError('event id', (stored ?? first).id)
  })
  const events = known as StoredEvent[]
  return {
    events,
    documents: commit.documents.map(({ type, id }) => ({
      type,
      id,
      status: 'unchanged',
      revision: log.documentState(type, id)?.revision ?? 0,
    })),
    replayed: true,
    ...(commit.conditions.length && { cursor: formatCursor(events.at(-1) as StoredEvent) }),
  }
}

function checkCondition(condition: Condition, index: number, log: LogView): void {
  const event = log.firstMatch(condition.streams, seenPosition(condition.after, log))
  if (!event) return
  const { id, type, position } = event
  throw new ConcurrencyError({
    reason: 'condition',
    index,
    streams: condition.streams,
    event: { id, type, position },
    ...(condition.after && { cursor: condition.after }),
  })
}

function nextVersions(commit: PreparedCommit, log: LogView): (number | undefined)[] {
  const versions = new Map<string, number>()
  return commit.events.map(({ aggregate }) => {
    if (!aggregate) return undefined
    const name = nameOf(aggregate)
    const version = (versions.get(name) ?? log.versionOf(aggregate)) + 1
    versions.set(name, version)
    return version
  })
}

/** Positive where the cursor that is written has seen more than the stored one, zero where as much. */
export type CompareCursor = (stored: Cursor) => number

/** What becomes of one document, of which this is kept. Throws `CONFLICT` where a guard refuses. */
export function judgeDocument(
  write: PreparedDocument,
  index: number,
  state: DocumentState | undefined,
  compare: CompareCursor,
): DocumentResult {
  const { type, id, json } = write
  const { revision: actual = 0, deleted = false, cursor } = state ?? {}
  const present = state !== undefined && !deleted
  const holds = (guard: PreparedDocument['guards'][number]): boolean => {
    if (typeof guard === 'object') return actual === guard.revision
    if (guard === 'absent') return !present
    if (guard === 'present') return present
    if (cursor === undefined) return true
    const order = compare(cursor)
    return order > 0 || (guard === 'not-older' && order === 0 && present)
  }
  const guard = write.guards.find((each) => !holds(each))
  if (guard && write.otherwise === 'refuse') {
    const document = { type, id }
    throw new ConcurrencyError({ reason: 'document', index, document, guard, actual, deleted })
  }
  // A delete with a cursor marks also what is not there, so that a late old save stays out.
  const skipped = guard || (json === undefined && !present && write.cursor === undefined)
  if (skipped) return { type, id, status: 'skipped', revision: actual }
  const status = json === undefined ? 'deleted' : present ? 'updated' : 'created'
  return { type, id, status, revision: actual + 1 }
}
