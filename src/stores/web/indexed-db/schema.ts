import type { AggregateRef, EventMetadata, StoredEvent } from '../../../event/event.ts'
import { nameOf } from '../../../store/check-commit.ts'
import type { DocumentResult, StoredDocument } from '../../../store/document.ts'
import type { JsonCodec } from '../../../store/json.ts'
import type { OutboxRecord } from '../../../store/outbox.ts'

/** The version of the object stores. */
export const VERSION = 1

/** What is kept of an event, and what it is filed under. */
export interface EventRow extends Omit<StoredEvent, 'data' | 'metadata'> {
  readonly data: string
  /** Absent where it is empty. */
  readonly metadata?: string
  readonly terms: readonly string[]
}

/** What is kept of a document; `data` is absent once it was deleted. */
export interface DocumentRow extends Omit<StoredDocument, 'data'> {
  readonly data?: string
}

/** A message that waits; its key is its place in the outbox. */
export interface OutboxRow extends Omit<OutboxRecord, 'data' | 'cursor' | 'event'> {
  readonly data: string
  readonly event?: Pick<EventRow, 'id' | 'type' | 'position' | 'metadata'>
  /** Given by the database. */
  readonly place?: number
}

/** What a commit with an idempotency key was answered. */
export interface AnswerRow {
  readonly key: string
  readonly fingerprint: string
  readonly first: number
  readonly count: number
  readonly documents: readonly DocumentResult[]
  readonly cursor?: string
}

/** The one record about the log itself, written by every commit. */
export interface LogRow {
  /** Which log this is: another one in its place has another name. */
  readonly log: string
  readonly identifiers: string
  /** The newest event. */
  readonly position: number
  readonly id: string
  /** The greatest id of all events. */
  readonly greatest: string
  /** Where the events are being filed under other identifiers: which, and up to where it is done. */
  readonly reindexing?: { readonly to: string; readonly done: number }
}

/** The key of the log's record. */
export const LOG = 'log'

/** What a transaction works on. */
export interface Tables {
  readonly events: IDBObjectStore
  /** Events by what they are filed under. */
  readonly terms: IDBIndex
  readonly documents: IDBObjectStore
  readonly outbox: IDBObjectStore
  readonly answers: IDBObjectStore
  readonly log: IDBObjectStore
}

const NAMES = ['events', 'documents', 'outbox', 'answers', 'log'] as const

/** Begins a transaction on everything. */
export function begin(
  database: IDBDatabase,
  mode: 'readonly' | 'readwrite',
  options: IDBTransactionOptions,
): { readonly transaction: IDBTransaction; readonly tables: Tables } {
  const transaction = database.transaction(NAMES, mode, options)
  const [events, documents, outbox, answers, log] = NAMES.map((name) =>
    transaction.objectStore(name),
  ) as [IDBObjectStore, IDBObjectStore, IDBObjectStore, IDBObjectStore, IDBObjectStore]
  return {
    transaction,
    tables: { events, terms: events.index('terms'), documents, outbox, answers, log },
  }
}

/** Makes what an older version has not got. */
export function upgrade(database: IDBDatabase, from: number): void {
  if (from < 1) {
    const events = database.createObjectStore('events', { keyPath: 'position' })
    events.createIndex('terms', 'terms', { multiEntry: true })
    database.createObjectStore('documents', { keyPath: ['type', 'id'] })
    const outbox = database.createObjectStore('outbox', { keyPath: 'place', autoIncrement: true })
    outbox.createIndex('id', 'id')
    database.createObjectStore('answers', { keyPath: 'key' })
    database.createObjectStore('log')
  }
}

/** What an event is filed under: one index for all, because every index costs each write. */
export const term: {
  readonly key: (key: string) => string
  readonly type: (type: string) => string
  readonly id: (id: string) => string
  readonly aggregate: (aggregate: AggregateRef) => string
  readonly versions: (aggregate: AggregateRef) => string
} = {
  key: (key) => `k${key}`,
  type: (type) => `t${type}`,
  id: (id) => `i${id}`,
  aggregate: (aggregate) => `a${nameOf(aggregate)}`,
  versions: (aggregate) => `v${nameOf(aggregate)}`,
}

/** A term at a position, or a version. Nothing that is stored holds NUL. */
function at(name: string, place: number): string {
  return `${name}\0${Math.min(place, Number.MAX_SAFE_INTEGER).toString(36).padStart(11, '0')}`
}

/** The place that an entry of the index ends with. */
export function placeOf(entry: string): number {
  return Number.parseInt(entry.slice(-11), 36)
}

/** The entries of a term from one place to another, both inclusive. */
export function span(name: string, from = 0, to: number = Infinity): IDBKeyRange {
  return IDBKeyRange.bound(at(name, from), at(name, to))
}

/** Everything that an event is filed under. */
export function termsOf(
  { id, type, position, aggregate }: Omit<EventRow, 'terms' | 'data'>,
  keys: readonly string[],
): string[] {
  return [
    ...keys.map((key) => at(term.key(key), position)),
    at(term.type(type), position),
    term.id(id),
    ...(aggregate
      ? [at(term.aggregate(aggregate), position), at(term.versions(aggregate), aggregate.version)]
      : []),
  ]
}

export function eventOf(row: EventRow, { decode }: JsonCodec): StoredEvent {
  const { id, type, data, position, timestamp, aggregate } = row
  return {
    id,
    type,
    data: decode(data),
    metadata: metadataOf(row, decode),
    position,
    timestamp,
    ...(aggregate && { aggregate: { ...aggregate } }),
  }
}

export function metadataOf(
  { metadata }: Pick<EventRow, 'metadata'>,
  decode: JsonCodec['decode'],
): EventMetadata {
  return (metadata === undefined ? {} : decode(metadata)) as EventMetadata
}
