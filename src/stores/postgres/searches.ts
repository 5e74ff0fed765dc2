import { intersectionSql } from './intersection.ts'
import { matchesSql, passesSql } from './matching.ts'
import { quoteText, type LogNames } from './names.ts'
import type { DataTest, Search } from './plan.ts'
import { few, type Values } from './sql.ts'

/** Which part of the log is searched, as SQL, and how much is wanted of it. */
export interface Span {
  /** A position: what is up to here is left out. */
  readonly after: string
  /** A position: what is up to here is included. Default is all that there is. */
  readonly to?: string | undefined
  /**
   * The newest position: an end that needs no telling. With both ends the planner takes a small part of
   * the log to be asked for, and settles on one plan for all values, where it would plan every time.
   */
  readonly newest?: string | undefined
  /** How many at most, no more than `MAX_ROWS`. Default is all. */
  readonly limit?: string | undefined
  readonly backwards: boolean
  /** Versions of an aggregate, both inclusive. */
  readonly fromVersion?: string | undefined
  readonly toVersion?: string | undefined
}

type By<Kind extends Search['by']> = Extract<Search, { readonly by: Kind }>

/** What SQL is made for. */
export interface Writing {
  readonly names: LogNames
  readonly values: Values
  readonly span: Span
}

/** A query of events `e` in their order, which sees no more of them than are asked for. */
export interface Scan {
  readonly where: string
  readonly order: 'e.position' | 'e.version'
}

/** The condition that a position is within the span. */
export function within(column: string, { after, newest, to = newest }: Span): string {
  return `${column} > ${after}${to === undefined ? '' : ` and ${column} <= ${to}`}`
}

export function ordered(column: string, { backwards }: Span): string {
  return `order by ${column}${backwards ? ' desc' : ''}`
}

export function limited({ limit }: Span): string {
  return limit === undefined ? '' : `limit ${limit}`
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
        where: `e.type = ${values.text(search.type)} and ${range}${rest}`,
        order: 'e.position',
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

/** The condition that the data of the event at a position passes. */
export function passesAt(
  position: string,
  passes: (data: string) => string,
  { names }: Pick<Writing, 'names'>,
): string {
  return `exists (select from ${names.events} e where e.position = ${position}
      and ${passes('e.data')} offset 0)`
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
  return `(select e.position from unnest(${types}, ${filters}) with ordinality as s(type, filter, n)
    cross join lateral (select e.position from ${names.events} e
      where e.type = s.type and ${within('e.position', span)}
        and (s.filter is null or ${matchesSql('e.data', 's.filter::jsonb')})
      ${ordered('e.position', span)} ${limited(span)}) e where ${few('s.n')})`
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

/** Versions grow as positions do, and only they are in the index: where the span begins is searched for. */
function aggregateSql(type: string, id: string, { names, span }: Writing): string {
  const { after, to, fromVersion, toVersion } = span
  const own = (row: string): string =>
    `${row}.aggregate_type = ${type} and ${row}.aggregate_id = ${id}`
  const newest = `select n.version from ${names.events} n where ${own('n')} order by n.version desc limit 1`
  // The least version whose event is after the position, or one more than there are.
  const firstAfter = (position: string): string => `(
      with recursive bound(least, most) as (
        select 1::bigint, coalesce((${newest}), 0) + 1
        union all
        select case when probe.isAfter then b.least else probe.middle + 1 end,
            case when probe.isAfter then probe.middle else b.most end
          from bound b cross join lateral (
            select (b.least + b.most) / 2 as middle, coalesce((select p.position > ${position}
              from ${names.events} p where ${own('p')} and p.version >= (b.least + b.most) / 2
              order by p.version limit 1), true) as isAfter offset 0) probe
          where b.least < b.most)
      select b.least from bound b where b.least = b.most)`
  return [
    own('e'),
    `e.version >= (case when ${after} = 0 then 1 else ${firstAfter(after)} end)`,
    ...(to === undefined ? [] : [`e.version < ${firstAfter(to)}`]),
    ...(fromVersion === undefined ? [] : [`e.version >= ${fromVersion}`]),
    ...(toVersion === undefined ? [] : [`e.version <= ${toVersion}`]),
  ].join(' and ')
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

/** Filters as an array of texts. */
export function filtersOf(searches: readonly Search[], values: Values): string {
  return values.array(searches.map(({ filter }) => filter && JSON.stringify(filter)))
}
