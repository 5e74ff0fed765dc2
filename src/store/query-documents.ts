import { checkFilter } from './check-streams.ts'
import { checkFilled, checkKeys, checkWhole, refuse } from './check-value.ts'
import { compareStrings, compareValues, kindOf } from './compare.ts'
import type { DocumentPage, DocumentQuery, StoredDocument } from './document.ts'
import { compileFilter, fieldOf } from './matches.ts'
import { show } from './show.ts'

const QUERY_KEYS = ['type', 'filter', 'order', 'limit', 'after']

/** Refuses a document query that could not be meant. */
export function checkDocumentQuery(query: DocumentQuery): void {
  checkKeys(query, QUERY_KEYS, 'the document query')
  checkFilled(query.type, 'the document query: type')
  const what = `documents of ${query.type}`
  if (query.filter !== undefined) checkFilter(query.filter, what, false)
  checkLimit(query.limit)
  if (query.order !== undefined) checkOrder(query.order, what)
}

function checkOrder(order: NonNullable<DocumentQuery['order']>, what: string): void {
  if (typeof order?.by !== 'string') {
    refuse(`${what}: order is { by: 'a key of data' }, found ${show(order)}`)
  }
  const { direction = 'asc' } = order
  if (direction !== 'asc' && direction !== 'desc') {
    refuse(`${what}: a direction is 'asc' or 'desc', found ${show(direction)}`)
  }
}

/** Refuses a limit that is not a whole number from 0. */
export function checkLimit(limit: number | undefined): void {
  if (limit !== undefined) checkWhole(limit, 'a limit')
}

/** Filters, orders and pages the documents of one type: for stores that do it in code. */
export function queryDocuments(
  documents: Iterable<StoredDocument>,
  query: DocumentQuery,
): DocumentPage {
  checkDocumentQuery(query)
  const matches = compileFilter(query.filter ?? {})
  const after = query.after === undefined ? undefined : parsePageCursor(query.after)
  const found = [...documents]
    .filter((document) => matches(document.data))
    .map((document) => ({ document, value: orderValue(document, query) }))
    .sort((a, b) => compareEntries(a.value, a.document.id, b.value, b.document.id, query))
    .filter(
      ({ value, document }) =>
        after === undefined || compareEntries(value, document.id, after.value, after.id, query) > 0,
    )
  const page = found.slice(0, query.limit)
  const last = page.at(-1)
  return {
    documents: page.map(({ document }) => document),
    ...(last &&
      page.length < found.length && { cursor: JSON.stringify([last.document.id, last.value]) }),
  }
}

function orderValue(document: StoredDocument, query: DocumentQuery): unknown {
  const value = query.order && fieldOf(document.data, query.order.by)
  return kindOf(value) === 3 ? null : value
}

function compareEntries(
  left: unknown,
  leftId: string,
  right: unknown,
  rightId: string,
  query: DocumentQuery,
): number {
  const order = compareValues(left, right)
  if (order === 0) return compareStrings(leftId, rightId)
  const last = kindOf(left) === 3 || kindOf(right) === 3
  return query.order?.direction === 'desc' && !last ? -order : order
}

function parsePageCursor(cursor: string): { readonly id: string; readonly value: unknown } {
  try {
    const [id, value] = JSON.parse(cursor) as [unknown, unknown]
    if (typeof id === 'string') return { id, value }
  } catch {
    // Falls through to the error that says what to do.
  }
  refuse(
    `${show(cursor)} is not the cursor of a page of documents: give back, unchanged, what the page before returned`,
  )
}
