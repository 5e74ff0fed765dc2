import { matchesSql } from './matching.ts'
import type { LogNames } from './names.ts'

/**
 * The position of the oldest event after `c.p` that is in the stream of the row `c`: types `c.t`, lists
 * of keys `c.k` of which it is filed under one each, comparisons `c.f`, aggregate `c.at` and `c.ai`.
 * What is rarest after `c.p` drives: a list of keys (from 1), the types (0), or all events.
 */
export function firstMatch({ events, keys }: LogNames): string {
  const ofType = (type: string): string => `(c.t is null or ${type} = any (c.t))`
  const residual = (position: string): string => `(c.f is null
      or (select ${matchesSql('s.data', 'c.f')} from ${events} s where s.position = ${position}))`
  const ofAggregate = (position: string): string => `(c.at is null
      or (select s.aggregate_type = c.at and s.aggregate_id = c.ai from ${events} s where s.position = ${position}) is true)`
  // Not without the `or`: what is required alone becomes a join, which is slow.
  const compared = `(c.f is null or ${matchesSql('x.data', 'c.f')})`
  const underEach = `(c.k is null or (select count(*) from jsonb_array_elements(c.k) with ordinality as l(list, o)
      where l.o = drive.by or exists (select from jsonb_array_elements_text(l.list) as w(key)
        where (select y.position from ${keys} y where y.key = w.key and y.position = x.position) is not null))
      = jsonb_array_length(c.k))`
  // Where nothing is compared, the index alone tells.
  const ofTypes = (rest: string): string => `
      (select min(h.position) from unnest(c.t) as w(type), lateral (
        select x.position from ${events} x where ${typeAfter} and ${underEach}${rest}
          order by x.type, x.position limit 1) h)`
  return `select case
    when c.every then case when head > c.p then c.p + 1 end
    when c.at is not null then case when (select s.position from ${events} s where s.aggregate_type = c.at
        and s.aggregate_id = c.ai order by s.version desc limit 1) > c.p then
      (select x.position from ${events} x where x.aggregate_type = c.at and x.aggregate_id = c.ai and x.position > c.p
        and ${ofType('x.type')} and ${compared}
        order by x.version limit 1) end
    when drive.by > 0 then
      (select min(h.position) from jsonb_array_elements_text(c.k -> (drive.by - 1)::int) as w(key), lateral (
        select x.position from ${keys} x where x.key = w.key and x.position > c.p
          and ${ofType('x.type')} and ${underEach} and ${residual('x.position')}
          order by x.position limit 1) h)
    when c.t is not null and c.f is null then ${ofTypes('')}
    when c.t is not null then ${ofTypes(` and ${compared}`)}
    else (select x.position from ${events} x where x.position > c.p
        and ${ofAggregate('x.position')} and ${compared}
        order by x.position limit 1) end
    from (select case when c.k is null then 0 when c.t is null and jsonb_array_length(c.k) = 1 then 1
      else ${rarest(events, keys)} end as by offset 0) drive`
}

/**
 * The events `x` of the type `w.type` after `c.p`, ordered by type and position: said so that only the
 * index of types serves. Where there are few types, the planner would rather walk along the whole log.
 */
const typeAfter = `(x.type, x.position) > (w.type, c.p) and x.type <= w.type`

/** Counts what each driver would have to look through, further and further until one comes to its end. */
function rarest(events: string, keys: string): string {
  return `coalesce((select d.by from (values (16), (256), (4096), (65536), (1048576), (16777216)) as n(most), lateral (
      select by.by, by.many from (
        select l.o as by, (select count(*) from (select from jsonb_array_elements_text(l.list) as w(key), lateral (
            select from ${keys} x where x.key = w.key and x.position > c.p limit n.most) x limit n.most) x) as many
          from jsonb_array_elements(c.k) with ordinality as l(list, o)
        union all select 0, (select count(*) from (select from unnest(c.t) as w(type), lateral (
            select from ${events} x where ${typeAfter} order by x.type, x.position limit n.most) x limit n.most) x)
          where c.t is not null) by
        order by by.many, by.by desc limit 1) d
      where d.many < n.most limit 1), 1)`
}
