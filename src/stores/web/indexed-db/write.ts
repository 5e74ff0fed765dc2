import type { StoredEvent } from '../../../event/event.ts'
import type { PreparedCommit } from '../../../store/check-commit.ts'
import type { Committed } from '../../../store/commit.ts'
import { formatCursor } from '../../../store/cursor.ts'
import type { DocumentResult } from '../../../store/document.ts'
import type { Answer, Verdict } from '../../../store/judge.ts'
import { rowsOf, type KeptEvent } from './kept.ts'
import { answerName, documentName } from './lookups.ts'
import type { AnswerRow, DocumentRow, OutboxRow, Tables } from './schema.ts'
import type { Tail } from './tail.ts'
import type { View } from './view.ts'

/** Writes what the judge let through, in one transaction. */
export interface Writer {
  readonly write: (
    commit: PreparedCommit,
    verdict: Exclude<Verdict, { readonly replayed: Committed }>,
  ) => Committed
  /** Writes what is left; `false` where there was nothing at all. */
  readonly flush: () => boolean
}

export function createWriter(tail: Tail, view: View, tables: Tables): Writer {
  const timestamp = new Date().toISOString()
  const keysOf = new Map<KeptEvent, readonly string[]>()
  let isWritten = false

  const append = (
    {
      id,
      type,
      data,
      json,
      metadata,
      metadataJson,
      keys,
      ...rest
    }: PreparedCommit['events'][number],
    version: number | undefined,
  ): [StoredEvent, KeptEvent] => {
    const position = view.head().position + 1
    const aggregate = rest.aggregate && version ? { ...rest.aggregate, version } : undefined
    const kept: KeptEvent = {
      id,
      type,
      data: json,
      metadata: metadataJson,
      position,
      timestamp,
      aggregate,
    }
    tail.add(kept)
    keysOf.set(kept, keys)
    const event = { id, type, data, metadata, position, timestamp }
    return [aggregate ? { ...event, aggregate: { ...aggregate } } : event, kept]
  }

  const save = (
    {
      type,
      id,
      json,
      cursor = view.documentState(type, id)?.cursor,
    }: PreparedCommit['documents'][number],
    { status, revision }: DocumentResult,
  ): void => {
    if (status === 'skipped') return
    const row: DocumentRow = {
      type,
      id,
      ...(json !== undefined && { data: json }),
      ...(cursor !== undefined && { cursor }),
      revision,
      updatedAt: timestamp,
    }
    tables('documents').put(row)
    view.known.set(documentName(type, id), row)
  }

  const send = (
    { id, type, json, orderKey }: PreparedCommit['outbox'][number],
    cause: KeptEvent | undefined,
  ): void => {
    const row: OutboxRow = {
      id,
      type,
      data: json,
      ...(orderKey !== undefined && { orderKey }),
      event: cause && causeOf(cause),
      timestamp,
    }
    tables('outbox').add(row)
  }

  return {
    write: (commit, { versions, documents }) => {
      isWritten = true
      const written = commit.events.map((event, index) => append(event, versions[index]))
      commit.documents.forEach((document, index) =>
        save(document, documents[index] as DocumentResult),
      )
      for (const record of commit.outbox) send(record, written[record.event ?? -1]?.[1])
      const { conditions, idempotency } = commit
      const cursor = conditions.length > 0 && { cursor: formatCursor(view.head()) }
      const events = written.map(([event]) => event)
      const committed: Committed = { events, documents, replayed: false, ...cursor }
      if (idempotency) {
        const first = events[0]?.position ?? 0
        const row: AnswerRow = { ...idempotency, first, count: events.length, documents, ...cursor }
        tables('answers').add(row)
        const answer: Answer = { ...idempotency, committed }
        view.known.set(answerName(row.key), answer)
      }
      return committed
    },
    flush: () => {
      for (const row of rowsOf([...keysOf.keys()], (event) => keysOf.get(event) ?? [])) {
        tables('events').add(row)
      }
      return isWritten
    },
  }
}

function causeOf({ id, type, position, metadata }: KeptEvent): OutboxRow['event'] {
  return { id, type, position, metadata }
}
