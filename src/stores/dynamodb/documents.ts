import { checkDocumentName } from '../../store/check-read.ts'
import type { DocumentPage, DocumentQuery, StoredDocument } from '../../store/document.ts'
import { compileFilter } from '../../store/matches.ts'
import {
  checkDocumentQuery,
  parsePageCursor,
  queryDocuments as pageOf,
} from '../../store/query-documents.ts'
import type { Access } from './access.ts'
import { documentOf, type DocumentItem } from './items.ts'
import { documentPartition } from './keys.ts'

const LONGEST_NAME = 255
const LARGEST_PAGE = 1000
/** So that deleted documents, which are passed over, do not cost a page each. */
const SMALLEST_PAGE = 20

/** Between them are all ids, which have 1 to 255 bytes and no NUL. */
const FIRST_ID = '\u0001'
const LAST_ID = '\u{10ffff}'.repeat(64)

/** The document, unless there is none or it was deleted. */
export async function getDocument(
  { table, codec }: Access,
  type: string,
  id: string,
): Promise<StoredDocument | undefined> {
  checkDocumentName(type, id)
  const item = await table.get({ pk: documentPartition(type), sk: id })
  return item && documentOf(type, item as unknown as DocumentItem, codec)
}

/**
 * A page of the documents of a type. By id no more is read than the page needs; another order reads all
 * documents of the type.
 */
export async function queryDocuments(access: Access, query: DocumentQuery): Promise<DocumentPage> {
  checkDocumentQuery(query)
  const { type, order, limit = Infinity, filter = {} } = query
  const afterId = query.after === undefined ? '' : parsePageCursor(query.after)[0]
  if (Buffer.byteLength(type) > LONGEST_NAME) return { documents: [] }
  // One more tells whether there is another page, and the one before comes again.
  const enough = order ? Infinity : limit + 1
  const matches = compileFilter(filter)
  const isEmpty = Object.keys(filter).length === 0
  const found: StoredDocument[] = []
  const range = {
    pk: documentPartition(type),
    from: (!order && afterId.slice(0, LONGEST_NAME)) || FIRST_ID,
    to: LAST_ID,
    ...(enough < LARGEST_PAGE && isEmpty && { limit: Math.max(enough + 1, SMALLEST_PAGE) }),
  }
  for await (const items of access.table.query(range)) {
    for (const item of items) {
      const document = documentOf(type, item as unknown as DocumentItem, access.codec)
      const isNew = document && (order || document.id !== afterId)
      if (isNew && matches(document.data)) found.push(document)
    }
    if (found.length >= enough) break
  }
  return pageOf(found, query)
}
