import type { StoredEvent } from '../../../event/event.ts'
import type { PreparedCommit, PreparedEvent } from '../../../store/check-commit.ts'
import type { Committed } from '../../../store/commit.ts'
import { formatCursor } from '../../../store/cursor.ts'
import type { DocumentResult } from '../../../store/document.ts'
import type { Answer, DocumentState, Verdict } from '../../../store/judge.ts'
import type { Batch } from './batch.ts'
import { answerName, documentName } from './lookups.ts'
import {
  termsOf,
  type AnswerRow,
  type DocumentRow,
  type EventRow,
  type OutboxRow,
  type Tables,
} from './schema.ts'

type Accepted = Exclude<Verdict, { readonly replayed: Committed }>

/** Writes what the judge let through. */
export function write(
  commit: PreparedCommit,
  verdict: Accepted,
  batch: Batch,
  tables: Tables,
): Committed {
  const timestamp = new Date().toISOString()
  const first = batch.head().position + 1
  const events = commit.events.map((event, index) =>
    stored(event, first + index, verdict.versions[index], timestamp),
  )
  const rows = events.map((event, index) => rowOf(event, commit.events[index] as PreparedEvent))
  for (const row of rows) {
    tables.events.add(row)
    batch.wrote(row)
  }
  saveDocuments(commit, verdict.documents, timestamp, batch, tables)
  for (const { id, type, json, event, orderKey } of commit.outbox) {
    const row: OutboxRow = {
      id,
      type,
      data: json,
      ...(orderKey !== undefined && { orderKey }),
      ...causeOf(rows[event ?? -1]),
      timestamp,
    }
    tables.outbox.add(row)
  }
  const committed: Committed = {
    events,
    documents: verdict.documents,
    replayed: false,
    ...(commit.conditions.length > 0 && { cursor: formatCursor(batch.head()) }),
  }
  if (commit.idempotency) {
    const { key, fingerprint } = commit.idempotency
    const { documents, cursor } = committed
    const row: AnswerRow = {
      key,
      fingerprint,
      first,
      count: events.length,
      documents,
      ...(cursor !== undefined && { cursor }),
    }
    tables.answers.add(row)
    const answer: Answer = { fingerprint, committed }
    batch.known.set(answerName(key), answer)
  }
  return committed
}

function stored(
  { id, type, data, metadata, aggregate }: PreparedEvent,
  position: number,
  version: number | undefined,
  timestamp: string,
): StoredEvent {
  const event = { id, type, data, metadata, position, timestamp }
  return aggregate && version ? { ...event, aggregate: { ...aggregate, version } } : event
}

function rowOf(
  { id, type, position, timestamp, aggregate }: StoredEvent,
  { json, metadataJson, keys }: PreparedEvent,
): EventRow {
  const row = {
    position,
    id,
    type,
    data: json,
    ...(metadataJson !== '{}' && { metadata: metadataJson }),
    timestamp,
    ...(aggregate && { aggregate: { ...aggregate } }),
  }
  return { ...row, terms: termsOf(row, keys) }
}

function causeOf(row: EventRow | undefined): Pick<OutboxRow, 'event'> {
  if (row === undefined) return {}
  const { id, type, position, metadata } = row
  return { event: { id, type, position, ...(metadata !== undefined && { metadata }) } }
}

function saveDocuments(
  { documents }: PreparedCommit,
  results: readonly DocumentResult[],
  updatedAt: string,
  batch: Batch,
  tables: Tables,
): void {
  documents.forEach(({ type, id, json, cursor: given }, index) => {
    const { status, revision } = results[index] as DocumentResult
    if (status === 'skipped') return
    const cursor = given ?? batch.documentState(type, id)?.cursor
    const row: DocumentRow = {
      type,
      id,
      revision,
      updatedAt,
      ...(json !== undefined && { data: json }),
      ...(cursor !== undefined && { cursor }),
    }
    tables.documents.put(row)
    const state: DocumentState = { revision, cursor, deleted: json === undefined }
    batch.known.set(documentName(type, id), state)
  })
}
