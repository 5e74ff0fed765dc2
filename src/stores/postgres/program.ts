import { rowsOf } from './batch.ts'
import { firstMatch } from './first-match.ts'
import { judgeDocuments } from './judge-documents.ts'
import type { LogNames } from './names.ts'
import {
  beginning,
  IS_OF_TYPES,
  isInTheWay,
  NEAR,
  nearby,
  newestVersion,
  rewound,
  writeDocuments,
  writeOutbox,
} from './program-parts.ts'
import { VERSION } from './version.ts'

/**
 * What the planner is told for the program: its plans must not depend on what the tables held when a
 * session first used them, and to compile them takes seconds where running them takes a millisecond.
 */
export const PLANNING = {
  plan_cache_mode: 'force_generic_plan',
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
  jit: 'off',
} as const

/**
 * The one program that judges and writes a batch of commits, in PL/pgSQL. It runs as the function that
 * `migrate` installs, or is sent as it is. `batch` is what `batchText` makes; `answer` is what
 * `decodeAnswer` reads.
 *
 * The commits of a batch do not touch what another one checks (see `independent.ts`), so
 * that each check is one statement for all of them. Scalar subqueries keep the planner from joining:
 * each is one probe of an index, whatever the statistics say.
 */
export function programOf(names: LogNames): string {
  const { events, keys, answers } = names
  return `
  if batch -> 'w' is not null and current_setting('lock_timeout') = '0' then
    locked := set_config('lock_timeout', batch ->> 'w', true);
    ${beginning(names)}
    locked := set_config('lock_timeout', '0', true);
  else
    ${beginning(names)}
  end if;
  select e.position, e.id into head, head_id from ${events} e order by e.position desc limit 1;
  head := coalesce(head, 0);

  if batch -> 'i' is not null then
    select jsonb_agg(jsonb_build_array(i.a, 'key', 0, s.fingerprint, s.answer)) into found
      from jsonb_to_recordset(batch -> 'i') as i(a int, k text), lateral (
        select * from ${answers} s where s.key = i.k offset 0) s;
    refused := refused || coalesce(found, '[]');
  end if;

  if exists (select from ${rowsOf('e', 'ei')}
      where (select s.id from ${events} s where s.id = e.i) is not null) then
    select jsonb_agg(distinct jsonb_build_array(e.a, 'id', 0)) into found
      from ${rowsOf('e', 'ei', 'ea')}
      where (select s.id from ${events} s where s.id = e.i) is not null;
    refused := refused || found;
  end if;

  if batch -> 'xv' is not null then
    select jsonb_agg(jsonb_build_array(x.a, 'version', x.n, x.actual)) into found from (
      select x.*, ${newestVersion(names, 'x')} as actual
        from ${rowsOf('x', 'xn', 'xx', 'xy', 'xv', 'xa')}) x
      where x.actual <> x.v;
    refused := refused || coalesce(found, '[]');
  end if;

  if exists (select from ${rowsOf('c', 'hq', 'ht', 'hp', 'hv')} where ${isInTheWay(names)}) then
    select jsonb_agg(jsonb_build_array(c.a, 'condition', c.n, c.rewound, ${eventAt(events, 'c.hit')}))
          filter (where c.rewound or c.hit is not null),
        jsonb_agg(jsonb_build_object('a', c.a, 'n', c.n, 'k', jsonb_build_array(jsonb_build_array(c.q)),
          't', c.t, 'p', c.p, 'v', c.v)) filter (where c.hit is null and not c.rewound and c.many)
      into found, wide from (
        select c.*, ${rewound(names, 'c')} as rewound, n.hit, n.many
          from ${rowsOf('c', 'hq', 'ht', 'hp', 'hv', 'hn', 'ha')},
            lateral (select count(*) > ${NEAR} as many, min(k.position) filter (where ${IS_OF_TYPES}) as hit
              from (${nearby(keys)}) k) n offset 0) c;
    refused := refused || coalesce(found, '[]');
  end if;

  if batch -> 'g' is not null or wide is not null then
    select jsonb_agg(jsonb_build_array(c.a, 'condition', c.n, c.rewound, ${eventAt(events, 'c.hit')})) into found from (
        select c.a, c.n, c.p is null or ${rewound(names, 'c')} as rewound, (${firstMatch(names)}) as hit
          from (select c.a, c.n, c.k, c.t, c.f, c.at, c.ai, c.every, c.v,
                coalesce(c.p, (select e.position from ${events} e where e.id = c.e)) as p
              from jsonb_to_recordset(coalesce(batch -> 'g', '[]') || coalesce(wide, '[]'))
                as c(a int, n int, k jsonb, t text[], f jsonb, at text, ai text, every bool, p bigint, v text, e text)
              offset 0) c offset 0) c
      where c.rewound or c.hit is not null;
    refused := refused || coalesce(found, '[]');
  end if;

  if batch -> 'dt' is not null then
    ${judgeDocuments(names)}
  end if;

  if refused <> '[]' then
    bad := array(select distinct (r ->> 0)::int from jsonb_array_elements(refused) as r);
  end if;

  with e as materialized (
      select e.*, head + row_number() over (order by e.o) as position
        from ${rowsOf('e', 'ei', 'et', 'ed', 'em', 'ek', 'ex', 'ey', 'ea', 'eo')}
        where not e.a = any (bad)),
    filed as (
      insert into ${keys} (key, position, type)
        select jsonb_array_elements_text(e.k), e.position, e.t from e),
    written as (
      insert into ${events} (position, id, type, data, metadata, aggregate_type, aggregate_id, version, created_at)
        select e.position, e.i, e.t, e.d, coalesce(e.m, '{}'), e.x, e.y,
            case when e.x is not null then ${newestVersion(names, 'e')}
              + row_number() over (partition by e.x, e.y order by e.position) end, moment from e
        returning position, version)
    select jsonb_agg(jsonb_build_array(w.position - head, w.version)) into versions
      from written w where w.version is not null;

  if batch -> 'dt' is not null then
    ${writeDocuments(
      names,
      `select d.t, d.i, case when d.status <> 'deleted' then coalesce(d.d, 'null') end, d.p, d.v, d.revision
        from jsonb_to_recordset(documents)
          as d(a int, t text, i text, d jsonb, p bigint, v text, status text, revision bigint)
        where d.status <> 'skipped' and not d.a = any (bad)`,
    )}
  end if;

  if batch -> 'ot' is not null then
    ${writeOutbox(names, `where not o.a = any (bad)`)}
  end if;

  if batch -> 'i' is not null then
    insert into ${answers} (key, fingerprint, answer, created_at)
      select i.k, i.f, jsonb_build_object('first', p.first, 'count', i.c,
          'documents', coalesce((select jsonb_agg(${documentResult} order by d.n) from jsonb_to_recordset(documents)
            as d(a int, n int, t text, i text, status text, revision bigint) where d.a = i.a), '[]'),
          'cursor', case when i.w then case when i.c > 0 then p.first + i.c - 1 || '~' || i.l
            when head = 0 then '0' else head || '~' || head_id end end), moment
        from jsonb_to_recordset(batch -> 'i') as i(a int, k text, f text, e text, l text, c int, w bool),
          lateral (select (select e.position from ${events} e where e.id = i.e) as first offset 0) p
        where not i.a = any (bad);
  end if;

  if documents is not null then
    select jsonb_agg(jsonb_build_array(d.a, ${documentResult}) order by d.n) into results
      from jsonb_to_recordset(documents) as d(a int, n int, t text, i text, status text, revision bigint);
  end if;
  answer := jsonb_build_object('version', ${VERSION}, 'head', head, 'id', head_id, 'moment', extract(epoch from moment) * 1000,
    'refused', refused, 'versions', versions, 'documents', results);`
}

/** What {@link programOf} works with, beside `batch` and `answer`. */
export const VARIABLES = `
  head bigint; head_id text; moment timestamptz; refused jsonb := '[]'; bad int[] := '{}'; found jsonb; wide jsonb;
  versions jsonb; documents jsonb; results jsonb; locked text;`

const documentResult = `jsonb_build_object('type', d.t, 'id', d.i, 'status', d.status, 'revision', d.revision)`

function eventAt(events: string, position: string): string {
  return `(select jsonb_build_object('id', s.id, 'type', s.type, 'position', s.position)
    from ${events} s where s.position = ${position})`
}
