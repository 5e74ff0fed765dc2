import type { AggregateRef } from '../../../event/event.ts'
import { nameOf } from '../../../store/check-commit.ts'
import type { DocumentResult, StoredDocument } from '../../../store/document.ts'
import type { OutboxRecord } from '../../../store/outbox.ts'
import type { KeptEvent } from './kept.ts'

/** Events that follow one another and were written at once. */
export interface EventRow {
  /** Of the first of them. */
  readonly position: number
  readonly events: readonly Omit<KeptEvent, 'position'>[]
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
  readonly event?: Pick<KeptEvent, 'id' | 'type' | 'position' | 'metadata'>
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

/** What events are filed under: with the first position of a row, or the last version. */
export const term: {
  readonly key: (key: string) => string
  readonly type: (type: string) => string
  /** Filed as it is. */
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

/** An entry of the index. Nothing that is stored holds NUL. */
export function entryOf(name: string, place: number): string {
  return `${name}\0${Math.min(place, Number.MAX_SAFE_INTEGER).toString(36).padStart(11, '0')}`
}

/** The position or version that an entry ends with. */
export function placeOf(entry: string): number {
  return Number.parseInt(entry.slice(-11), 36)
}

/** The entries of a term from one place to another, both inclusive. */
export function entriesOf(name: string, from = 0, to: number = Infinity): IDBKeyRange {
  return IDBKeyRange.bound(entryOf(name, from), entryOf(name, to))
}

/** The index of events. */
export function termsIn(tables: Tables): IDBIndex {
  return tables('events').index('terms')
}
