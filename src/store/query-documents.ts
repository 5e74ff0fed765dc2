import { filter } from './check-streams.ts'
import { anything, filled, object, oneOf, refuse, wellFormed, whole } from './check-value.ts'
import { compareStrings, compareValues, isScalar } from './compare.ts'
import type { DocumentPage, DocumentQuery, StoredDocument } from './document.ts'
import { compileFilter, fieldOf } from './matches.ts'

const checkOrder = object({ by: wellFormed }, { direction: oneOf('asc', 'desc') })
const checkQuery = object(
  { type: filled },
  { filter, order: checkOrder, limit: whole, after: anything },
)

/** The place of a document in the order of a query. */
export type DocumentPlace = readonly [id: string, value: unknown]

/** Refuses a document query that could not be meant. */
export function checkDocumentQuery(query: DocumentQuery): void {
  checkQuery(query, ['query'])
}

/** Refuses a limit that is not a whole number from 0. */
export function checkLimit(limit: number | undefined): void {
  if (limit !== undefined) whole(limit, ['limit'])
}

/** Filters, orders and pages the documents of one type: for stores that do it in code. */
export function queryDocuments(
  documents: Iterable<StoredDocument>,
  query: DocumentQuery,
): DocumentPage {
  checkDocumentQuery(query)
  const { order, limit } = query
  const matches = compileFilter(query.filter ?? {})
  const after = query.after === undefined ? undefined : parsePageCursor(query.after)
  const compare = ([leftId, left]: DocumentPlace, [rightId, right]: DocumentPlace): number => {
    const ordered = compareValues(left, right)
    if (ordered === 0) return compareStrings(leftId, rightId)
    return order?.direction === 'desc' && isScalar(left) && isScalar(right) ? -ordered : ordered
  }
  const placeOf = (document: StoredDocument): DocumentPlace => documentPlace(document, order?.by)
  const found = [...documents]
    .filter(
      (document) =>
        matches(document.data) && (after === undefined || compare(placeOf(document), after) > 0),
    )
    .sort((a, b) => compare(placeOf(a), placeOf(b)))
  const page = found.slice(0, limit)
  const last = page.at(-1)
  return {
    documents: page,
    ...(last && page.length < found.length && { cursor: formatPageCursor(placeOf(last)) }),
  }
}

/** The place of a document where they are ordered by a key of data, or by id alone. */
export function documentPlace({ id, data }: StoredDocument, by: string | undefined): DocumentPlace {
  const value = by === undefined ? undefined : fieldOf(data, by)
  return [id, isScalar(value) ? value : null]
}

/** The cursor of the page that ends there. */
export function formatPageCursor(place: DocumentPlace): string {
  return JSON.stringify(place)
}

/** The place at which a page ended. Throws `INVALID_ARGUMENT` where it is no cursor of documents. */
export function parsePageCursor(cursor: string): DocumentPlace {
  try {
    const [id, value] = JSON.parse(cursor) as [unknown, unknown]
    if (typeof id === 'string') return [id, value]
  } catch {
    // It is refused below.
  }
  return refuse(['query', 'after'], 'a cursor of documents', cursor)
}
