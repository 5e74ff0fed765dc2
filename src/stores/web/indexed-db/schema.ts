import type { AggregateRef, StoredEvent } from '../../../event/event.ts'
import { nameOf } from '../../../store/check-commit.ts'
import type { DocumentResult, StoredDocument } from '../../../store/document.ts'
import type { OutboxRecord } from '../../../store/outbox.ts'
import type { KeptEvent } from './kept.ts'

/** Events that follow one another and were written at once, as lists: those are read fastest. */
export interface EventRow {
  /** Of the first of them. */
  readonly position: number
  readonly timestamp: string
  readonly ids: readonly string[]
  readonly types: readonly string[]
  readonly data: readonly string[]
  /** Absent where all of it is empty. */
  readonly metadata?: readonly string[]
  /** Absent where none has an aggregate. */
  readonly aggregates?: readonly StoredEvent['aggregate'][]
  /** What they are filed under. */
  readonly terms: readonly string[]
}

/** What is kept of a document; `data` is absent once it was deleted. */
export interface DocumentRow extends Omit<StoredDocument, 'data'> {
  readonly data?: string
}

/** A message that waits. */
export interface OutboxRow extends Omit<OutboxRecord, 'data' | 'cursor' | 'event'> {
  readonly data: string
  readonly event?: Pick<KeptEvent, 'id' | 'type' | 'position' | 'metadata'> | undefined
  /** Its place in the outbox, given by the database. */
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

/** The object stores. */
export const TABLES = ['events', 'documents', 'outbox', 'answers', 'log'] as const

/** What a transaction works on. */
export type Tables = (name: (typeof TABLES)[number]) => IDBObjectStore

/** Each makes one version of the database out of the one before. */
export const upgrades: readonly ((database: IDBDatabase) => void)[] = [
  (database) => {
    const events = database.createObjectStore('events', { keyPath: 'position' })
    // One index for everything, because every index costs each write.
    events.createIndex('terms', 'terms', { multiEntry: true })
    database.createObjectStore('documents', { keyPath: ['type', 'id'] })
    const outbox = database.createObjectStore('outbox', { keyPath: 'place', autoIncrement: true })
    outbox.createIndex('id', 'id')
    database.createObjectStore('answers', { keyPath: 'key' })
    database.createObjectStore('log')
  },
]

/**
 * How many events a row holds at most. A row costs as much as several entries of the index, so that
 * those that are written at once share it; who reads one of them reads the others with it.
 */
export const SHARED = 4

/** What events are filed under. */
export const term: {
  readonly key: (key: string) => string
  readonly type: (type: string) => string
  /** Filed as it is, for there is one event of an id. */
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

/**
 * An entry of the index: a term with the position of the row, and which of the row's events are meant;
 * or with the last version in the row. Nothing that is stored holds NUL.
 */
export function entryOf(name: string, place: number, which: number): string {
  const digits = Math.min(place, Number.MAX_SAFE_INTEGER).toString(36).padStart(11, '0')
  return `${name}\0${digits}${which.toString(36)}`
}

/** The position or version of an entry. */
export function placeOf(entry: string): number {
  return Number.parseInt(entry.slice(-12, -1), 36)
}

/** Which events of a row are filed under a term, as bits. */
export function whichOf({ terms }: EventRow, name: string): number {
  const start = `${name}\0`
  return Number.parseInt(terms.find((entry) => entry.startsWith(start))?.at(-1) ?? '0', 36)
}

/** The entries of a term from one place to another, both inclusive. */
export function entriesOf(name: string, from: number, to: number): IDBKeyRange {
  return IDBKeyRange.bound(entryOf(name, from, 0), entryOf(name, to, 35))
}

/** The index of events. */
export function termsIn(tables: Tables): IDBIndex {
  return tables('events').index('terms')
}
