import type { StoredEvent } from '../event/event.ts'
import { nameOf, type PreparedCommit } from './check-commit.ts'
import type { Committed } from './commit.ts'
import { formatCursor, START } from './cursor.ts'
import type { StoredDocument } from './document.ts'
import type { JsonCodec } from './json.ts'
import type { Answer, DocumentState, LogView, Verdict } from './judge.ts'
import { compileStreams } from './matches.ts'
import type { OutboxRecord } from './outbox.ts'
import type { Streams } from './stream.ts'

interface SavedDocument extends DocumentState {
  /** `undefined` once it was deleted. */
  readonly document: StoredDocument | undefined
}

/** The verdict on a commit that is written. */
export type Written = Exclude<Verdict, { replayed: Committed }>

/** What of a commit is written. */
export interface Writable extends Pick<PreparedCommit, 'outbox' | 'idempotency'> {
  readonly events: readonly Pick<
    PreparedCommit['events'][number],
    'id' | 'type' | 'data' | 'metadata' | 'aggregate'
  >[]
  readonly documents: readonly Pick<
    PreparedCommit['documents'][number],
    'type' | 'id' | 'json' | 'cursor'
  >[]
  /** Only whether there are some. */
  readonly conditions: readonly unknown[]
}

/** What was committed. */
export interface MemoryLog extends LogView {
  /** The events after a position that match, in position order. */
  readonly matching: (streams: Streams, after: number) => StoredEvent[]
  readonly documentState: (type: string, id: string) => SavedDocument | undefined
  readonly documentsOf: (type: string) => StoredDocument[]
  readonly outbox: ReadonlySet<OutboxRecord>
  /** Takes records out of the outbox. */
  readonly remove: (ids: readonly string[]) => void
  /** Writes what the judge let through. The same commits, verdicts and times make the same log. */
  readonly write: (commit: Writable, verdict: Written, timestamp?: string) => Committed
}

/** An empty log. */
export function memoryLog({ decode }: JsonCodec): MemoryLog {
  const log: StoredEvent[] = []
  const byId = new Map<string, StoredEvent>()
  const versions = new Map<string, number>()
  const answers = new Map<string, Answer>()
  const documents = new Map<string, SavedDocument>()
  const outbox = new Set<OutboxRecord>()
  let sent = 0

  const head: LogView['head'] = () => log.at(-1) ?? START
  const documentState: MemoryLog['documentState'] = (type, id) =>
    documents.get(nameOf({ type, id }))

  return {
    head,
    idAt: (position) => log[position - 1]?.id,
    eventById: (id) => byId.get(id),
    answerTo: (key) => answers.get(key),
    versionOf: (aggregate) => versions.get(nameOf(aggregate)) ?? 0,
    firstMatch: (streams, after) => log.slice(after).find(compileStreams(streams)),
    matching: (streams, after) => log.slice(after).filter(compileStreams(streams)),
    documentState,
    documentsOf: (type) =>
      [...documents.values()].flatMap(({ document }) => (document?.type === type ? document : [])),
    outbox,
    remove: (ids) => {
      for (const record of outbox) if (ids.includes(record.id)) outbox.delete(record)
    },
    write: (commit, verdict, timestamp = new Date().toISOString()) => {
      const events = commit.events.map(({ id, type, data, metadata, aggregate: of }, index) => {
        const version = verdict.versions[index] as number
        const position = log.length + 1
        const aggregate = of && { aggregate: { ...of, version } }
        const event: StoredEvent = { id, type, data, metadata, position, timestamp, ...aggregate }
        log.push(event)
        byId.set(id, event)
        if (of) versions.set(nameOf(of), version)
        return event
      })
      commit.documents.forEach(({ type, id, json, cursor: given }, index) => {
        const { status, revision } = verdict.documents[index]!
        if (status === 'skipped') return
        const cursor = given ?? documentState(type, id)?.cursor
        const document =
          json === undefined
            ? undefined
            : {
                type,
                id,
                data: decode(json),
                ...(cursor && { cursor }),
                revision,
                updatedAt: timestamp,
              }
        documents.set(nameOf({ type, id }), { deleted: !document, cursor, revision, document })
      })
      for (const { id, type, json, event: index = -1, orderKey } of commit.outbox) {
        const cause = events[index]
        outbox.add({
          id,
          type,
          data: decode(json),
          ...(orderKey && { orderKey }),
          ...(cause && {
            event: {
              id: cause.id,
              type: cause.type,
              position: cause.position,
              metadata: cause.metadata,
            },
          }),
          timestamp,
          cursor: String((sent += 1)),
        })
      }
      const committed: Committed = {
        events,
        documents: verdict.documents,
        replayed: false,
        ...(commit.conditions.length && { cursor: formatCursor(head()) }),
      }
      const { idempotency } = commit
      if (idempotency) answers.set(idempotency.key, { committed, ...idempotency })
      return committed
    },
  }
}
