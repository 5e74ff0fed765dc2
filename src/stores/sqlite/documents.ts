import type { StoredDocument, DocumentPage, DocumentQuery } from '../../store/document.ts'
import { isObject } from '../../store/check-value.ts'
import { dateCodec, jsonCodec, type JsonCodec } from '../../store/json.ts'
import { compileFilter } from '../../store/matches.ts'
import { checkDocumentQuery, queryDocuments } from '../../store/query-documents.ts'
import type { DataFilter } from '../../store/stream.ts'
import { documentOf } from './rows.ts'
import type { Statements } from './statements.ts'

const PAGE = 200

/** Answers a query within the caller's transaction: SQL narrows, the shared code decides. */
export function pageOfDocuments(
  query: DocumentQuery,
  statements: Statements,
  codec: JsonCodec,
): DocumentPage {
  checkDocumentQuery(query)
  const matches = compileFilter(query.filter ?? {})
  const equality = equalityIn(query.filter ?? {}, codec)
  const found: StoredDocument[] = []
  // By id, no more is read than the page needs, and one to see that there is another page.
  const enough = query.order === undefined && query.limit !== undefined ? query.limit + 1 : Infinity
  let after = query.order === undefined ? idOf(query.after) : ''
  for (;;) {
    // How many a filter lets pass is not known, so that it is shown whole pages.
    const size = query.filter ? PAGE : Math.min(PAGE, enough - found.length)
    const rows = equality
      ? statements.documentsWithAfter.all(query.type, ...equality, after, size)
      : statements.documentsAfter.all(query.type, after, size)
    for (const row of rows) {
      const document = documentOf(row, codec)
      if (matches(document.data)) found.push(document)
      after = document.id
    }
    if (rows.length < size || found.length >= enough) return queryDocuments(found, query)
  }
}

/**
 * The path and the value of an entry that SQL compares as the shared code does, or more generously.
 * That are keys that need no quotes, texts and whole numbers, in JSON that is stored as it is.
 */
function equalityIn(
  filter: DataFilter,
  codec: JsonCodec,
): readonly [path: string, value: string | number] | undefined {
  if (codec !== jsonCodec && codec !== dateCodec) return undefined
  for (const [key, entry] of Object.entries(filter)) {
    const value = isObject(entry) ? entry['eq'] : entry
    const isExact = typeof value === 'string' || Number.isSafeInteger(value)
    if (isExact && /^\w+$/u.test(key)) return [`$.${key}`, value as string | number]
  }
  return undefined
}

/** The id that a page ended with; what is no cursor of a page is refused by the shared code. */
function idOf(cursor: string | undefined): string {
  try {
    const [id] = JSON.parse(cursor ?? '[""]') as [unknown]
    return typeof id === 'string' ? id : ''
  } catch {
    return ''
  }
}
