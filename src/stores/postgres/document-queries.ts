import { isScalar } from '../../store/compare.ts'
import type { DocumentPage, DocumentQuery } from '../../store/document.ts'
import type { JsonCodec } from '../../store/json.ts'
import {
  checkDocumentQuery,
  documentPlace,
  formatPageCursor,
  parsePageCursor,
} from '../../store/query-documents.ts'
import type { Row, Statement } from './hand.ts'
import { comparisonsOf, passesSql, storedKey } from './matching.ts'
import type { LogNames } from './names.ts'
import { dataTests } from './plan.ts'
import { DOCUMENT, documentOf } from './rows.ts'
import { testsSql } from './searches.ts'
import { prepared, Values } from './sql.ts'

/** One document, unless it was deleted. */
export function documentStatement(type: string, id: string, { projections }: LogNames): Statement {
  const values = new Values()
  const text = `select ${DOCUMENT} from ${projections} d
  where d.type = ${values.text(type)} and d.id = ${values.text(id)} and d.data is not null`
  return prepared(text, values)
}

/**
 * A page of documents and one row more, where there is another page. Refuses a query that could not be
 * meant.
 */
export function documentsStatement(
  query: DocumentQuery,
  { names, codec }: { readonly names: LogNames; readonly codec: JsonCodec },
): Statement {
  checkDocumentQuery(query)
  const { type, filter = {}, order, limit, after } = query
  const values = new Values()
  const comparisons = comparisonsOf(filter, codec)
  const tests = dataTests(filter, codec)
  const place = after === undefined ? undefined : parsePageCursor(after)
  const key = order && values.text(storedKey(order.by, codec))
  const isDescending = order?.direction === 'desc'
  const conditions = [
    `d.type = ${values.text(type)}`,
    'd.data is not null',
    ...testsSql('d.data', tests, values),
    ...(comparisons.length > 0 ? [passesSql('d.data', comparisons, values)] : []),
  ]
  // By id alone, a document comes after every place of another order.
  if (place && key) conditions.push(beyond(place, isDescending, values))
  else if (place && !isScalar(place[1])) conditions.push(`${ID} > ${values.text(place[0])}`)
  const sign = isDescending ? 'desc' : 'asc'
  const text = `select ${DOCUMENT} from ${
    key === undefined
      ? `${names.projections} d`
      : `${valued(names.projections, key, isDescending)} d`
  }
  where ${conditions.join('\n    and ')}
  order by ${key === undefined ? '' : `d.kind, d.number ${sign}, d.string ${sign}, `}${ID}
  ${limit === undefined ? '' : `limit ${values.bigint(limit + 1)}`}`
  return tests.length > 0 ? { text, values: values.list } : prepared(text, values)
}

/** The page of the rows that {@link documentsStatement} gives. */
export function documentPageOf(
  rows: readonly Row[],
  { limit = Infinity, order }: Pick<DocumentQuery, 'limit' | 'order'>,
  codec: JsonCodec,
): DocumentPage {
  const documents = rows.slice(0, limit).map((row) => documentOf(row, codec))
  const last = documents.at(-1)
  if (last === undefined || documents.length === rows.length) return { documents }
  return { documents, cursor: formatPageCursor(documentPlace(last, order?.by)) }
}

const ID = 'd.id collate "C"'

/** Documents with the kind and the value that they are ordered by; each of the values has one for all others. */
function valued(projections: string, key: string, isDescending: boolean): string {
  const field = `(p.data -> ${key})`
  return `(select p.*,
      ${rank(`jsonb_typeof(${field})`, isDescending)} as kind,
      case ${field} when 'true' then 1 when 'false' then 0
        else case when jsonb_typeof(${field}) = 'number' then (${field})::numeric else 0 end end as number,
      case when jsonb_typeof(${field}) = 'string' then p.data ->> ${key} else '' end collate "C" as string
    from ${projections} p)`
}

/** Booleans, numbers, strings, or the other way round; all else comes last. */
function rank(kind: string, isDescending: boolean): string {
  const [first, last] = isDescending ? [2, 0] : [0, 2]
  return `case ${kind} when 'boolean' then ${first} when 'number' then 1 when 'string' then ${last} else 3 end`
}

/** The condition that a document comes after a place. */
function beyond(
  [id, value]: readonly [string, unknown],
  isDescending: boolean,
  values: Values,
): string {
  const sign = isDescending ? '<' : '>'
  const kind = rank(values.text(typeof value), isDescending)
  const number = values.text(
    String(isScalar(value) && typeof value !== 'string' ? Number(value) : 0),
  )
  const string = values.text(typeof value === 'string' ? value : '')
  const after = `${ID} > ${values.text(id)}`
  return `(d.kind > ${kind} or (d.kind = ${kind} and (d.number ${sign} ${number}::numeric
      or (d.number = ${number}::numeric and (d.string ${sign} ${string} collate "C"
        or (d.string = ${string} collate "C" and ${after}))))))`
}
