import type { DocumentPage, DocumentQuery, StoredDocument } from '../../../store/document.ts'
import type { JsonCodec } from '../../../store/json.ts'
import { compileFilter } from '../../../store/matches.ts'
import { checkDocumentQuery, queryDocuments } from '../../../store/query-documents.ts'
import type { Database } from './database.ts'
import { answerOf } from './requests.ts'
import type { DocumentRow } from './schema.ts'

const PAGE = 256

/** The document of a row; `undefined` where it was deleted. */
export function documentOf(
  row: DocumentRow | undefined,
  { decode }: JsonCodec,
): StoredDocument | undefined {
  if (row?.data === undefined) return undefined
  const { data, ...rest } = row
  return { ...rest, data: decode(data) }
}

/** Answers a query: what the filter leaves out is not kept in memory. */
export function queryPages(
  query: DocumentQuery,
  database: Database,
  codec: JsonCodec,
): Promise<DocumentPage> {
  checkDocumentQuery(query)
  const { type, filter = {} } = query
  const matches = compileFilter(filter)
  return database.read(async (tables) => {
    const found: StoredDocument[] = []
    let rows: DocumentRow[]
    let range = IDBKeyRange.bound([type], [type, []])
    do {
      rows = (await answerOf(tables('documents').getAll(range, PAGE))) as DocumentRow[]
      for (const row of rows) {
        const document = documentOf(row, codec)
        if (document && matches(document.data)) found.push(document)
      }
      range = IDBKeyRange.bound([type, rows.at(-1)?.id ?? ''], [type, []], true)
    } while (rows.length === PAGE)
    return queryDocuments(found, query)
  })
}
