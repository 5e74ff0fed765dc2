import type { AggregateRef, StoredEvent } from '../../event/event.ts'
import type { PreparedCommit } from '../../store/check-commit.ts'
import type { Committed } from '../../store/commit.ts'
import { formatCursor, START, type Place } from '../../store/cursor.ts'
import type { StoredDocument } from '../../store/document.ts'
import type { JsonCodec } from '../../store/json.ts'
import type { Answer, DocumentState, LogView, Verdict } from '../../store/judge.ts'
import { compileStreams } from '../../store/matches.ts'
import type { OutboxRecord } from '../../store/outbox.ts'
import type { Streams } from '../../store/stream.ts'

interface SavedDocument extends DocumentState {
  readonly document: StoredDocument
}

/** What was committed. */
export class MemoryLog implements LogView {
  readonly events: StoredEvent[] = []
  outbox: OutboxRecord[] = []
  readonly #byId = new Map<string, StoredEvent>()
  readonly #versions = new Map<string, number>()
  readonly #answers = new Map<string, Answer>()
  readonly #documents = new Map<string, SavedDocument>()
  #outboxCount = 0
  readonly #codec: JsonCodec

  constructor(codec: JsonCodec) {
    this.#codec = codec
  }

  head(): Place {
    return this.events.at(-1) ?? START
  }

  idAt(position: number): string | undefined {
    return this.events[position - 1]?.id
  }

  eventById(id: string): StoredEvent | undefined {
    return this.#byId.get(id)
  }

  answerTo(key: string): Answer | undefined {
    return this.#answers.get(key)
  }

  versionOf({ type, id }: AggregateRef): number {
    return this.#versions.get(nameOf(type, id)) ?? 0
  }

  firstMatch(streams: Streams, after: number): StoredEvent | undefined {
    return this.matching(streams, after).next().value
  }

  documentState(type: string, id: string): DocumentState | undefined {
    return this.#documents.get(nameOf(type, id))
  }

  document(type: string, id: string): StoredDocument | undefined {
    const saved = this.#documents.get(nameOf(type, id))
    return saved?.deleted ? undefined : saved?.document
  }

  documentsOf(type: string): StoredDocument[] {
    return [...this.#documents.values()].flatMap(({ document, deleted }) =>
      deleted || document.type !== type ? [] : document,
    )
  }

  /** The events after a position that match, in position order. */
  *matching(streams: Streams, after: number): Generator<StoredEvent, undefined> {
    const matches = compileStreams(streams)
    const { length } = this.events
    for (let index = after; index < length; index += 1) {
      const event = this.events[index]!
      if (matches(event)) yield event
    }
  }

  /** Writes what the judge let through. */
  write(commit: PreparedCommit, verdict: Exclude<Verdict, { replayed: Committed }>): Committed {
    const timestamp = new Date().toISOString()
    const events = commit.events.map((prepared, index) => {
      const { id, type, data, metadata, aggregate } = prepared
      const position = this.events.length + 1
      const version = verdict.versions[index]
      const event: StoredEvent = {
        id,
        type,
        data,
        metadata,
        position,
        timestamp,
        ...(aggregate && version !== undefined && { aggregate: { ...aggregate, version } }),
      }
      this.events.push(event)
      this.#byId.set(id, event)
      if (event.aggregate) this.#versions.set(nameOf(aggregate!.type, aggregate!.id), version!)
      return event
    })
    for (const [index, result] of verdict.documents.entries()) {
      if (result.status !== 'skipped') this.#save(commit.documents[index]!, result, timestamp)
    }
    for (const record of commit.outbox) this.#send(record, events, timestamp)
    const committed: Committed = {
      events,
      documents: verdict.documents,
      replayed: false,
      ...(commit.conditions.length > 0 && { cursor: formatCursor(this.head()) }),
    }
    const { idempotency } = commit
    if (idempotency) this.#answers.set(idempotency.key, { ...idempotency, committed })
    return committed
  }

  #save(
    {
      type,
      id,
      json,
      cursor = this.documentState(type, id)?.cursor,
    }: PreparedCommit['documents'][number],
    { revision }: Committed['documents'][number],
    updatedAt: string,
  ): void {
    const data = this.#codec.decode(json ?? 'null')
    this.#documents.set(nameOf(type, id), {
      deleted: json === undefined,
      cursor,
      revision,
      document: { type, id, data, ...(cursor && { cursor }), revision, updatedAt },
    })
  }

  #send(
    { id, type, json, event: index, orderKey }: PreparedCommit['outbox'][number],
    events: readonly StoredEvent[],
    timestamp: string,
  ): void {
    const cause = events[index ?? -1]
    this.outbox.push({
      id,
      type,
      data: this.#codec.decode(json),
      ...(orderKey !== undefined && { orderKey }),
      ...(cause && {
        event: {
          id: cause.id,
          type: cause.type,
          position: cause.position,
          metadata: cause.metadata,
        },
      }),
      timestamp,
      cursor: String((this.#outboxCount += 1)),
    })
  }
}

function nameOf(type: string, id: string): string {
  return JSON.stringify([type, id])
}
