import type { Cursor, DataFilter } from './stream.ts'

/** A saved projection or snapshot. */
export interface StoredDocument<Data = unknown> {
  readonly type: string
  readonly id: string
  readonly data: Data
  /** What the document reflects: everything up to here. Absent where no write ever gave one. */
  readonly cursor?: Cursor
  /** Grows by one with every write, also across a delete. */
  readonly revision: number
  /** The store's clock at the last write (ISO 8601, UTC). */
  readonly updatedAt: string
}

/**
 * What must hold for a document to be written, judged together with the commit's conditions.
 *
 * | guard | holds when |
 * | --- | --- |
 * | `'any'` | always |
 * | `'absent'` | there is no document, or it was deleted |
 * | `'present'` | there is a document |
 * | `'newer'` | the write's cursor is newer than the stored one, or none is stored |
 * | `'not-older'` | as `'newer'`, or it is the same cursor and the document was not deleted |
 * | `{ revision }` | the document has this revision; `0` is a document that never was |
 *
 * A deleted document keeps its cursor, so that a late old save does not bring it back.
 */
export type DocumentGuard =
  | 'any'
  | 'absent'
  | 'present'
  | 'newer'
  | 'not-older'
  | { readonly revision: number }

interface DocumentTarget {
  readonly type: string
  readonly id: string
  /** The cursor that the write reflects. Default is the one that the document has. */
  readonly cursor?: Cursor | undefined
  /** One guard, or several that must all hold. Default is `'any'`. */
  readonly if?: DocumentGuard | readonly DocumentGuard[] | undefined
  /** What happens where a guard does not hold: the whole commit is refused, or this write is left out. Default is `'refuse'`. */
  readonly otherwise?: 'refuse' | 'skip' | undefined
}

/** A document to write or to delete within a commit. */
export type DocumentWrite =
  | (DocumentTarget & { readonly data: unknown; readonly delete?: never })
  | (DocumentTarget & { readonly delete: true; readonly data?: never })

/** What became of a document write. `'unchanged'` is the answer of a replayed commit that no longer knows. */
export interface DocumentResult {
  readonly type: string
  readonly id: string
  readonly status: 'created' | 'updated' | 'deleted' | 'skipped' | 'unchanged'
  /** The document's revision after the commit; `0` where there is none. */
  readonly revision: number
}

/** A question for documents of one type. */
export interface DocumentQuery {
  readonly type: string
  /** On top-level keys of `data`, with the operators of event filters. Default is all documents of the type. */
  readonly filter?: DataFilter | undefined
  /**
   * A top-level key of `data`. Booleans come before numbers, numbers before strings; documents
   * without such a value come last in both directions; equal ones follow by id. Default is by id.
   */
  readonly order?: { readonly by: string; readonly direction?: 'asc' | 'desc' } | undefined
  /** How many at most. Default is all. */
  readonly limit?: number | undefined
  /** The `cursor` of the page before. */
  readonly after?: string | undefined
}

/** One page of documents. */
export interface DocumentPage<Data = unknown> {
  readonly documents: readonly StoredDocument<Data>[]
  /** Given back as `after` it yields the next page. Absent on the last page. */
  readonly cursor?: string
}

/** Reading of documents. They are written by commits alone. */
export interface Documents {
  readonly get: (type: string, id: string) => Promise<StoredDocument | undefined>
  readonly query: (query: DocumentQuery) => Promise<DocumentPage>
}
