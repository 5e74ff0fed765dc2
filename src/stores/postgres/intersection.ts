import { matchesSql } from './matching.ts'
import type { Search } from './plan.ts'
import { few } from './sql.ts'
import { filtersOf, ordered, passesAt, within, type Span, type Writing } from './span.ts'

const FIRST_SIZE = 16
const MAX_SIZE = 1_024

/**
 * A query for the positions filed under one key of each list, and of one of the types.
 *
 * Step by step it takes as many entries of each list, and has those compared that reach furthest: where
 * one list is rare, the others are skipped over, so that an identifier of every event costs nothing
 * beside a rare one. It ends with the list that ends first, or where enough is found.
 */
export function intersectionSql(
  searches: readonly Extract<Search, { readonly by: 'keys' }>[],
  writing: Writing,
): string {
  const { names, values, span } = writing
  const { backwards, limit } = span
  // The types are one more list, of which the events themselves are the index.
  const lists = searches.map(({ lists: keys, types }) =>
    JSON.stringify([...keys.map((list) => ({ k: list })), ...(types ? [{ t: types }] : [])]),
  )
  const filters = filtersOf(searches, values)
  const next = nextOf(span)
  const entries = (table: string, column: string, names_: string): string => `
              select x.position, x.type from unnest(${names_}) with ordinality as q(name, n)
              cross join lateral (select x.position, x.type from ${table} x
                where x.${column} = q.name and ${next('x.position')}
                ${ordered('x.position', span)} limit g.size) x where ${few('q.n')}`
  const from = backwards ? (span.to === undefined ? MAX_BIGINT : `${span.to} + 1`) : span.after
  return `(select found.position from unnest(${values.array(lists)}, ${filters}) with ordinality as s(lists, filter, n)
    cross join lateral (
      with recursive list as materialized (
        select l.n, array(select jsonb_array_elements_text(l.item -> 'k')) as keys,
            array(select jsonb_array_elements_text(l.item -> 't')) as types
          from jsonb_array_elements(s.lists::jsonb) with ordinality as l(item, n) where ${few('l.n')}),
      gallop(place, size, count, positions) as (
        select ${from}, ${FIRST_SIZE}, 0::bigint, '{}'::bigint[]
        union all
        select batch.last, least(g.size * 4, ${MAX_SIZE}), g.count + cardinality(matching.positions),
            matching.positions
          from gallop g
          cross join lateral (
            select l.n, b.positions, b.types, b.last from list l
            cross join lateral (
              select array_agg(x.position) as positions, array_agg(x.type) as types,
                  case when count(*) = g.size then ${backwards ? 'min' : 'max'}(x.position) end as last
                from (select x.position, x.type from (
                  ${entries(names.keys, 'key', 'l.keys')}
                  union all ${entries(names.events, 'type', 'l.types')}
                ) x ${ordered('x.position', span)} limit g.size) x) b
            order by b.last ${backwards ? '' : 'desc'} nulls first, cardinality(b.positions) nulls first
            limit 1) batch
          cross join lateral (
            select array(select p.position from unnest(batch.positions, batch.types) with ordinality as p(position, type, n)
              where ${few('p.n')} and not exists (select from list o where o.n <> batch.n and not case
                  when cardinality(o.types) > 0 then p.type = any (o.types)
                  else exists (select from unnest(o.keys) with ordinality as q(key, n) cross join lateral (
                    select from ${names.keys} y where y.key = q.key and y.position = p.position limit 1) y
                    where ${few('q.n')}) end)
                and (s.filter is null or ${passesAt('p.position', (data) => matchesSql(data, 's.filter::jsonb'), writing)})) as positions
            offset 0) matching
          where g.place is not null${limit === undefined ? '' : ` and g.count < ${limit}`})
      select unnest(g.positions) as position from gallop g) found where ${few('s.n')})`
}

const MAX_BIGINT = '9223372036854775807'

/** The condition that a position comes after the place that the steps have come to. */
function nextOf(span: Span): (column: string) => string {
  return (column) =>
    span.backwards
      ? `${column} < g.place and ${column} > ${span.after}`
      : within(column, { ...span, after: 'g.place' })
}
