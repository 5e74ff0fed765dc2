import type { StoredEvent } from '../../../event/event.ts'
import type { PreparedCommit, PreparedEvent } from '../../../store/check-commit.ts'
import type { Committed } from '../../../store/commit.ts'
import { formatCursor } from '../../../store/cursor.ts'
import type { DocumentResult } from '../../../store/document.ts'
import type { Verdict } from '../../../store/judge.ts'
import { rowsOf, type Placed } from './rows.ts'
import type { AnswerRow, DocumentRow, OutboxRow, Tables } from './schema.ts'
import type { Tail } from './tail.ts'
import { answerName, documentName, type View } from './view.ts'

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
  const placed: Placed[] = []
  let isWritten = false

  return {
    write: (commit, { versions, documents }) => {
      isWritten = true
      const first = tail.head.position + 1
      const events = commit.events.map((prepared, index): StoredEvent => {
        const { id, type, data, metadata, aggregate: of } = prepared
        const version = versions[index]
        const aggregate = of && version ? { aggregate: { ...of, version } } : {}
        const event = { id, type, data, metadata, position: first + index, timestamp, ...aggregate }
        placed.push([event, prepared])
        tail.add([event, prepared])
        return event
      })
      commit.documents.forEach(({ type, id, json, cursor }, index) => {
        const { status, revision } = documents[index] as DocumentResult
        if (status === 'skipped') return
        const row: DocumentRow = {
          type,
          id,
          data: json,
          cursor: cursor ?? view.documentState(type, id)?.cursor,
          revision,
          updatedAt: timestamp,
        }
        tables('documents').put(row)
        view.known.set(documentName(type, id), row)
      })
      for (const { id, type, json, event: index = -1, orderKey } of commit.outbox) {
        const row: OutboxRow = {
          id,
          type,
          data: json,
          ...(orderKey !== undefined && { orderKey }),
          event: causeOf(events[index], commit.events[index]),
          timestamp,
        }
        tables('outbox').add(row)
      }
      const { conditions, idempotency } = commit
      const cursor = conditions.length > 0 && { cursor: formatCursor(tail.head) }
      const committed: Committed = { events, documents, replayed: false, ...cursor }
      if (idempotency) {
        const row: AnswerRow = { ...idempotency, first, count: events.length, documents, ...cursor }
        tables('answers').add(row)
        view.known.set(answerName(row.key), { ...idempotency, committed })
      }
      return committed
    },
    flush: () => {
      for (const row of rowsOf(placed)) tables('events').add(row)
      return isWritten
    },
  }
}

function causeOf(
  event: StoredEvent | undefined,
  prepared: PreparedEvent | undefined,
): OutboxRow['event'] {
  if (!event || !prepared) return undefined
  const { id, type, position } = event
  return { id, type, position, metadata: prepared.metadataJson }
}
