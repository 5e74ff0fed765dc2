import type { Writing } from './span.ts'

/** Versions grow as positions do, and only they are in the index: where the span begins is searched for. */
export function aggregateSql(type: string, id: string, { names, span }: Writing): string {
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
