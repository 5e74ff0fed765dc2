import { aggregateSql } from './aggregates.ts'
import { intersectionSql } from './intersection.ts'
import { matchesSql, passesSql } from './matching.ts'
import { quoteText } from './names.ts'
import type { DataTest, Search } from './plan.ts'
import { filtersOf, limited, ordered, passesAt, within, withinType, type Writing } from './span.ts'
import { few, type Values } from './sql.ts'

type By<Kind extends Search['by']> = Extract<Search, { readonly by: Kind }>

/** A query of events `e` in their order, which sees no more of them than are asked for. */
export interface Scan {
  readonly where: string
  readonly order: 'e.position' | 'e.type, e.position' | 'e.version'
}

/** The scan of a search that walks along an index of the events themselves, where there is one. */
export function scanOf(search: Search, writing: Writing): Scan | undefined {
  if (search.by === 'key' || search.by === 'keys') return undefined
  const { values } = writing
  const range = within('e.position', writing.span)
  const rest = search.filter === null ? '' : ` and ${passesSql('e.data', search.filter, values)}`
  switch (search.by) {
    case 'all':
      return { where: range + rest, order: 'e.position' }
    case 'type':
      return {
        where: withinType('e', values.text(search.type), writing.span) + rest,
        order: 'e.type, e.position',
      }
    case 'data':
      return { where: `${range}${dataSql(search, values)}${rest}`, order: 'e.position' }
    case 'aggregate': {
      const type = values.text(search.type)
      const id = values.text(search.id)
      const types =
        search.types === null ? '' : ` and e.type = any (${listOf(search.types, values)})`
      return { where: aggregateSql(type, id, writing) + types + rest, order: 'e.version' }
    }
  }
}

/** A query for the positions of what searches of one kind find, in no order, perhaps one more than once. */
export function positionsOf(searches: readonly Search[], writing: Writing): string {
  const [search] = searches as readonly [Search]
  const { names, span } = writing
  const scan = searches.length === 1 ? scanOf(search, writing) : undefined
  if (scan) {
    return `(select e.position from ${names.events} e where ${scan.where}
      ${ordered(scan.order, span)} ${limited(span)})`
  }
  switch (search.by) {
    case 'key':
      return searches.length === 1
        ? keySql(search, writing)
        : manyKeysSql(searches as By<'key'>[], writing)
    case 'keys':
      return intersectionSql(searches as By<'keys'>[], writing)
    case 'type':
      return manyTypesSql(searches as By<'type'>[], writing)
    case 'aggregate':
      return manyAggregatesSql(searches as By<'aggregate'>[], writing)
    default:
      return searches.map((one) => positionsOf([one], writing)).join('\nunion all ')
  }
}

function keySql(search: By<'key'>, writing: Writing): string {
  const { names, values, span } = writing
  const key = values.text(search.key)
  const types = search.types === null ? '' : ` and k.type = any (${listOf(search.types, values)})`
  const rest =
    search.filter === null
      ? ''
      : ` and ${passesAt('k.position', (data) => passesSql(data, search.filter ?? [], values), writing)}`
  return `(select k.position from ${names.keys} k
    where k.key = ${key} and ${within('k.position', span)}${types}${rest}
    ${ordered('k.position', span)} ${limited(span)})`
}

function manyKeysSql(searches: readonly By<'key'>[], writing: Writing): string {
  const { names, values, span } = writing
  const keys = values.array(searches.map(({ key }) => key))
  const types = values.array(searches.map((search) => search.types && JSON.stringify(search.types)))
  const filters = filtersOf(searches, values)
  return `(select k.position from unnest(${keys}, ${types}, ${filters}) with ordinality as s(key, types, filter, n)
    cross join lateral (select k.position from ${names.keys} k
      where k.key = s.key and ${within('k.position', span)}
        and (s.types is null or s.types::jsonb @> to_jsonb(k.type))
        and (s.filter is null or ${passesAt('k.position', (data) => matchesSql(data, 's.filter::jsonb'), writing)})
      ${ordered('k.position', span)} ${limited(span)}) k where ${few('s.n')})`
}

function manyTypesSql(searches: readonly By<'type'>[], writing: Writing): string {
  const { names, values, span } = writing
  const types = values.array(searches.map(({ type }) => type))
  const filters = filtersOf(searches, values)
  // For a few of a type the planner would walk along the whole log; without a limit it seeks little.
  const range =
    span.limit === undefined
      ? `e.type = s.type and ${within('e.position', span)}`
      : withinType('e', 's.type', span)
  // Where nothing is compared, the index alone tells the positions.
  const isPlain = searches.every(({ filter }) => filter === null)
  const rest = isPlain ? '' : `and (s.filter is null or ${matchesSql('e.data', 's.filter::jsonb')})`
  return `(select e.position from unnest(${types}, ${filters}) with ordinality as s(type, filter, n)
    cross join lateral (select e.position from ${names.events} e
      where ${range} ${rest}
      ${ordered('e.type, e.position', span)} ${limited(span)}) e where ${few('s.n')})`
}

function manyAggregatesSql(searches: readonly By<'aggregate'>[], writing: Writing): string {
  const { names, values, span } = writing
  const parts = [
    values.array(searches.map(({ type }) => type)),
    values.array(searches.map(({ id }) => id)),
    values.array(searches.map((search) => search.types && JSON.stringify(search.types))),
    filtersOf(searches, values),
  ]
  return `(select e.position from unnest(${parts.join(', ')}) with ordinality as s(type, id, types, filter, n)
    cross join lateral (select e.position from ${names.events} e
      where ${aggregateSql('s.type', 's.id', writing)}
        and (s.types is null or s.types::jsonb @> to_jsonb(e.type))
        and (s.filter is null or ${matchesSql('e.data', 's.filter::jsonb')})
      ${ordered('e.version', span)} ${limited(span)}) e where ${few('s.n')})`
}

function dataSql({ tests, types }: By<'data'>, values: Values): string {
  const ofType = types === null ? '' : ` and e.type = any (${values.array(types)})`
  return (
    testsSql('e.data', tests, values)
      .map((test) => ` and ${test}`)
      .join('') + ofType
  )
}

/** Conditions that an index on a key of data can serve. */
export function testsSql(data: string, tests: readonly DataTest[], values: Values): string[] {
  return tests.map(
    ([key, texts]) => `(${data} ->> ${quoteText(key)}) = any (${values.array(texts)})`,
  )
}

/** A list of texts that is read once, not for every row. */
function listOf(list: readonly string[], values: Values): string {
  return `(select ${values.array(list)})::text[]`
}
