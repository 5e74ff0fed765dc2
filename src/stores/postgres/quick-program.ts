import { rowsOf } from './batch.ts'
import type { LogNames } from './names.ts'
import {
  beginning,
  isInTheWay,
  newestVersion,
  rewound,
  writeDocuments,
  writeOutbox,
} from './program-parts.ts'
import { VERSION } from './version.ts'

/** What {@link quickProgramOf} works with, beside `batch`. */
export const QUICK_VARIABLES =
  'head bigint; head_id text; moment timestamptz; odd bool; locked text;'

/**
 * The same as `programOf` for the batches that there are most of, whose answer is foreseen: events under
 * conditions on one key each, and events of aggregates at an expected version with the documents and outbox
 * records beside them. One look tells that nothing stands in the way; where something may, or the batch
 * holds more, it is `programOf` that judges. That event ids are new is left to their unique index: where
 * one is known the call fails, and has to be made again with `r`. Every statement and expression saved is
 * some microseconds of every commit, which is why the batches without aggregates have one of their own.
 */
export function quickProgramOf(names: LogNames): string {
  const { events, judge } = names
  return `
  ${beginning(names)}
  select e.position, e.id, batch -> 'r' is not null
      or exists (select from ${rowsOf('c', 'hq', 'ht', 'hp', 'hv')} where ${isInTheWay(names)})
    into head, head_id, odd
    from (select) one left join lateral (
      select e.position, e.id from ${events} e order by e.position desc limit 1) e on true;
  if odd then
    return ${judge}(batch);
  end if;
  head := coalesce(head, 0);
  if batch -> 'm' is null then
    ${writeEvents(names, false)}
  else
    ${quickRestOf(names)}
  end if;
  return jsonb_build_object('version', ${VERSION}, 'head', head, 'id', head_id, 'moment', extract(epoch from moment) * 1000);`
}

/** A tombstone is not foreseen: its revision is none that a document has. */
function quickRestOf(names: LogNames): string {
  const { projections, judge } = names
  return `
    select exists (select from ${rowsOf('x', 'xx', 'xy', 'xv')} where ${newestVersion(names, 'x', 's.version >= x.v')} <> x.v)
        or exists (select from ${rowsOf('d', 'dt', 'di', 'dp', 'dv', 'dr')} where ${rewound(names, 'd')}
          or coalesce((select case when s.data is null then -1 else s.revision end
            from ${projections} s where s.type = d.t and s.id = d.i), 0) <> d.r) into odd;
    if odd then
      return ${judge}(batch);
    end if;
    ${writeEvents(names, true)}
    if batch -> 'dt' is not null then
      ${writeDocuments(
        names,
        `select d.t, d.i, case when d.z is not true then d.d end, d.p, d.v, d.r + 1
        from ${rowsOf('d', 'dt', 'di', 'dd', 'dz', 'dp', 'dv', 'dr')}`,
      )}
    end if;
    if batch -> 'ot' is not null then
      ${writeOutbox(names, '')}
    end if;`
}

function writeEvents({ events, keys }: LogNames, withAggregates: boolean): string {
  const ofAggregates = withAggregates ? ' aggregate_type, aggregate_id, version,' : ''
  const values = withAggregates ? ' e.x, e.y, e.z,' : ''
  const more = withAggregates ? (['ex', 'ey', 'ez'] as const) : []
  return `with written as (
      insert into ${events} (position, id, type, data, metadata,${ofAggregates} created_at)
        select head + e.o, e.i, e.t, e.d, coalesce(e.m, '{}'),${values} moment
          from ${rowsOf('e', 'ei', 'et', 'ed', 'em', ...more, 'eo')})
    insert into ${keys} (key, position, type)
      select jsonb_array_elements_text(e.k), head + e.o, e.t
        from ${rowsOf('e', 'et', 'ek', 'eo')};`
}
