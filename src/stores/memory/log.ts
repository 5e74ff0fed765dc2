import type { AggregateRef, StoredEvent } from '../../event/event.ts'
import type { PreparedCommit } from '../../store/check-commit.ts'
import type { Committed } from '../../store/commit.ts'
import { formatCursor, START, type Place } from '../../store/cursor.ts'
import type { StoredDocument } from '../../store/document.ts'
import type { JsonCodec } from '../../store/json.ts'
import type { Answer, DocumentState, LogView, Verdict } from '../../store/judge.ts'
import { compileStreams } from '../../store/matches.ts'
import { narrow } from '../../store/narrow.ts'
import type { OutboxRecord } from '../../store/outbox.ts'
import type { Stream, Streams } from '../../store/stream.ts'

interface SavedDocument extends DocumentState {
  readonly type: string
  readonly id: string
  readonly json: string
  readonly updatedAt: string
}

/** What was committed, and the indexes that find it again. */
export class MemoryLog implements LogView {
  readonly events: StoredEvent[] = []
  readonly #positions = new Map<string, number>()
  readonly #byKey = new Map<string, number[]>()
  readonly #versions = new Map<string, number>()
  readonly #answers = new Map<string, Answer>()
  readonly #documents = new Map<string, Map<string, SavedDocument>>()
  outbox: OutboxRecord[] = []
  #outboxCount = 0
  readonly #codec: JsonCodec
  readonly #isIdentifier: (key: string) => boolean

  constructor(codec: JsonCodec, isIdentifier: (key: string) => boolean) {
    this.#codec = codec
    this.#isIdentifier = isIdentifier
  }

  head(): Place {
    return this.events.at(-1) ?? START
  }

  idAt(position: number): string | undefined {
    return this.events[position - 1]?.id
  }

  eventById(id: string): StoredEvent | undefined {
    const position = this.#positions.get(id)
    return position === undefined ? undefined : this.events[position - 1]
  }

  answerTo(key: string): Answer | undefined {
    return this.#answers.get(key)
  }

  versionOf(aggregate: AggregateRef): number {
    return this.#versions.get(nameOf(aggregate)) ?? 0
  }

  firstMatch(streams: Streams, after: number): StoredEvent | undefined {
    for (const event of this.matching(streams, after)) return event
    return undefined
  }

  documentState(type: string, id: string): DocumentState | undefined {
    return this.#documents.get(type)?.get(id)
  }

  document(type: string, id: string): StoredDocument | undefined {
    const saved = this.#documents.get(type)?.get(id)
    return saved && this.#readable(saved)
  }

  documentsOf(type: string): StoredDocument[] {
    return [...(this.#documents.get(type)?.values() ?? [])]
      .map((saved) => this.#readable(saved))
      .filter((document) => document !== undefined)
  }

  /** The events after a position that match, in position order. */
  *matching(streams: Streams, after: number): Generator<StoredEvent> {
    const matches = compileStreams(streams)
    for (const position of this.#candidates(streams, after)) {
      const event = this.events[position - 1] as StoredEvent
      if (matches(event)) yield event
    }
  }

  /** Writes what the judge let through. */
  write(commit: PreparedCommit, verdict: Exclude<Verdict, { replayed: Committed }>): Committed {
    const timestamp = new Date().toISOString()
    const events = commit.events.map((prepared, index): StoredEvent => {
      const { id, type, json, metadataJson, aggregate } = prepared
      const version = verdict.versions[index]
      const event: StoredEvent = {
        id,
        type,
        data: this.#codec.decode(json),
        metadata: this.#codec.decode(metadataJson) as StoredEvent['metadata'],
        position: this.events.length + 1,
        timestamp,
        ...(aggregate && version !== undefined && { aggregate: { ...aggregate, version } }),
      }
      this.#append(event, prepared.keys)
      return event
    })
    this.#saveDocuments(commit, verdict.documents, timestamp)
    this.#addToOutbox(commit, events, timestamp)
    const committed: Committed = {
      events,
      documents: verdict.documents,
      replayed: false,
      ...(commit.conditions.length > 0 && { cursor: formatCursor(this.head()) }),
    }
    if (commit.idempotency) {
      const { key, fingerprint } = commit.idempotency
      this.#answers.set(key, { fingerprint, committed })
    }
    return committed
  }

  #append(event: StoredEvent, keys: readonly string[]): void {
    this.events.push(event)
    this.#positions.set(event.id, event.position)
    if (event.aggregate) this.#versions.set(nameOf(event.aggregate), event.aggregate.version)
    for (const key of keys) {
      const positions = this.#byKey.get(key)
      if (positions) positions.push(event.position)
      else this.#byKey.set(key, [event.position])
    }
  }

  #saveDocuments(
    commit: PreparedCommit,
    results: readonly Committed['documents'][number][],
    updatedAt: string,
  ): void {
    for (const [index, write] of commit.documents.entries()) {
      const result = results[index]
      if (result === undefined || result.status === 'skipped') continue
      const { type, id, json } = write
      const ofType = this.#documents.get(type) ?? new Map<string, SavedDocument>()
      this.#documents.set(type, ofType)
      ofType.set(id, {
        type,
        id,
        json: json ?? 'null',
        deleted: json === undefined,
        cursor: write.cursor ?? ofType.get(id)?.cursor,
        revision: result.revision,
        updatedAt,
      })
    }
  }

  #addToOutbox(commit: PreparedCommit, events: readonly StoredEvent[], timestamp: string): void {
    for (const { id, type, json, event: index, orderKey } of commit.outbox) {
      const event = index === undefined ? undefined : events[index]
      this.#outboxCount += 1
      this.outbox.push({
        id,
        type,
        data: this.#codec.decode(json),
        ...(orderKey !== undefined && { orderKey }),
        ...(event && {
          event: {
            id: event.id,
            type: event.type,
            position: event.position,
            metadata: event.metadata,
          },
        }),
        timestamp,
        cursor: String(this.#outboxCount),
      })
    }
  }

  *#candidates(streams: Streams, after: number): Generator<number> {
    const lists = streams === 'all' ? undefined : this.#filed(streams)
    if (lists === undefined) {
      for (let position = after + 1; position <= this.events.length; position += 1) yield position
      return
    }
    const positions = new Set(lists.flat().filter((position) => position > after))
    yield* [...positions].sort((a, b) => a - b)
  }

  /** The position lists of the streams' keys; `undefined` where a stream has no key to look under. */
  #filed(streams: readonly Stream[]): (readonly number[])[] | undefined {
    const lists: (readonly number[])[] = []
    for (const stream of streams) {
      const [keys] = narrow(stream, this.#isIdentifier).keys
      if (keys === undefined) return undefined
      lists.push(...keys.map((key) => this.#byKey.get(key) ?? []))
    }
    return lists
  }

  #readable(saved: SavedDocument): StoredDocument | undefined {
    if (saved.deleted) return undefined
    const { type, id, json, cursor, revision, updatedAt } = saved
    return {
      type,
      id,
      data: this.#codec.decode(json),
      ...(cursor !== undefined && { cursor }),
      revision,
      updatedAt,
    }
  }
}

function nameOf(aggregate: AggregateRef): string {
  return JSON.stringify([aggregate.type, aggregate.id])
}
