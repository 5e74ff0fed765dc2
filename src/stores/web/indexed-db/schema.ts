import type { StoredEvent } from '../../../event/event.ts'
import type { Identifiers } from '../../../event/identifiers.ts'
import type { DocumentResult, StoredDocument } from '../../../store/document.ts'
import type { OutboxRecord } from '../../../store/outbox.ts'

/** Events that follow one another and were written at once, as lists: those are read fastest. */
export interface EventRow {
  /** Of the first of them. */
  readonly position: number
  readonly timestamp: string
  readonly ids: readonly string[]
  readonly types: readonly string[]
  readonly data: readonly string[]
  readonly metadata: readonly string[]
  readonly aggregates: readonly StoredEvent['aggregate'][]
  /** What they are filed under. */
  readonly terms: readonly string[]
}

/** What is kept of a document; `data` is absent once it was deleted. */
export interface DocumentRow extends Omit<StoredDocument, 'data' | 'cursor'> {
  readonly data?: string | undefined
  readonly cursor?: string | undefined
}

/** A message that waits. */
export interface OutboxRow extends Omit<OutboxRecord, 'data' | 'cursor' | 'event'> {
  readonly data: string
  readonly event:
    | (Pick<StoredEvent, 'id' | 'type' | 'position'> & { readonly metadata: string })
    | undefined
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
  readonly reindexing?: { readonly to: string; readonly done: number } | undefined
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

/** The index of events. */
export function termsIn(tables: Tables): IDBIndex {
  return tables('events').index('terms')
}

/** A set of identifiers, as it is recorded. */
export function identifiersText(identifiers: Identifiers): string {
  return JSON.stringify([...new Set(identifiers)].sort())
}
