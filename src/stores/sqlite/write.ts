import type { StoredEvent } from '../../event/event.ts'
import type { PreparedCommit, PreparedEvent } from '../../store/check-commit.ts'
import type { Committed } from '../../store/commit.ts'
import { formatCursor } from '../../store/cursor.ts'
import type { DocumentResult } from '../../store/document.ts'
import type { Verdict } from '../../store/judge.ts'
import type { SqlValue } from './hand.ts'
import type { SqliteLog } from './log.ts'
import { MANY, type Statements } from './statements.ts'

const EVENT_COLUMNS = 9

type Accepted = Exclude<Verdict, { readonly replayed: Committed }>

/** Writes what the judge let through. */
export function write(commit: PreparedCommit, verdict: Accepted, log: SqliteLog): Committed {
  const { statements } = log
  const timestamp = new Date().toISOString()
  const first = log.head().position + 1
  const events = commit.events.map((event, index) =>
    stored(event, first + index, verdict.versions[index], timestamp),
  )
  insertEvents(commit.events, events, statements)
  log.wrote(commit.events)
  saveDocuments(commit, verdict.documents, timestamp, statements)
  for (const { id, type, json, event, orderKey } of commit.outbox) {
    const position = event === undefined ? null : first + event
    statements.insertOutbox.run(id, type, json, orderKey ?? null, position, timestamp)
  }
  const cursor = commit.conditions.length > 0 ? formatCursor(log.head()) : undefined
  if (commit.idempotency) {
    const { key, fingerprint } = commit.idempotency
    const documents = JSON.stringify(verdict.documents)
    statements.insertAnswer.run(key, fingerprint, first, events.length, documents, cursor ?? null)
  }
  return {
    events,
    documents: verdict.documents,
    replayed: false,
    ...(cursor !== undefined && { cursor }),
  }
}

function stored(
  { id, type, data, metadata, aggregate }: PreparedEvent,
  position: number,
  version: number | undefined,
  timestamp: string,
): StoredEvent {
  const event = { id, type, data, metadata, position, timestamp }
  if (aggregate === undefined || version === undefined) return event
  return { ...event, aggregate: { type: aggregate.type, id: aggregate.id, version } }
}

function insertEvents(
  prepared: readonly PreparedEvent[],
  events: readonly StoredEvent[],
  statements: Statements,
): void {
  let values: SqlValue[] = []
  for (const [index, { id, type, json, metadataJson }] of prepared.entries()) {
    const { position, aggregate, timestamp } = events[index] as StoredEvent
    const { type: name = null, id: of = null, version = null } = aggregate ?? {}
    values.push(position, id, type, json, metadataJson, name, of, version, timestamp)
    if (values.length === MANY * EVENT_COLUMNS) {
      statements.insertManyEvents.run(...values)
      values = []
    }
  }
  for (let start = 0; start < values.length; start += EVENT_COLUMNS) {
    statements.insertEvent.run(...values.slice(start, start + EVENT_COLUMNS))
  }
}

function saveDocuments(
  commit: PreparedCommit,
  results: readonly DocumentResult[],
  updatedAt: string,
  statements: Statements,
): void {
  for (const [index, { type, id, json, cursor }] of commit.documents.entries()) {
    const result = results[index]
    if (result === undefined || result.status === 'skipped') continue
    statements.saveDocument.run(type, id, json ?? null, cursor ?? null, result.revision, updatedAt)
  }
}
