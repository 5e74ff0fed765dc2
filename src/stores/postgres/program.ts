import { rowsFrom, type Column } from './batch.ts'
import { firstMatch } from './first-match.ts'
import { judgeDocuments } from './judge-documents.ts'
import type { LogNames } from './names.ts'

/** SQLSTATE of what the program itself refuses. */
const NEEDS_READ_COMMITTED = '25001'

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

/** So many entries of a key are looked through before a condition asks whether something rarer can drive. */
const NEAR = 1_024

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
  const { events, keys, projections, outbox, answers } = names
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

  if exists (select from ${rowsFrom('ei')} as e(i)
      where (select s.id from ${events} s where s.id = e.i) is not null) then
    select jsonb_agg(distinct jsonb_build_array(${commitOf('e')}, 'id', 0)) into found
      from ${rowsFrom('ei', 'ea')} as e(i, a)
      where (select s.id from ${events} s where s.id = e.i) is not null;
    refused := refused || found;
  end if;

  if batch -> 'x' is not null then
    select jsonb_agg(jsonb_build_array(x.a, 'version', x.n, x.actual)) into found from (
      select x.*, coalesce((${newestVersion(events, 'x')}), 0) as actual
        from jsonb_to_recordset(batch -> 'x') as x(a int, n int, at text, ai text, v bigint)) x
      where x.actual <> x.v;
    refused := refused || coalesce(found, '[]');
  end if;

  if exists (select from ${conditions('hq', 'ht', 'hp', 'hv')} where ${isInTheWay(names)}) then
    select jsonb_agg(jsonb_build_array(${commitOf('c')}, 'condition', c.n, c.rewound, ${eventAt(events, 'c.hit')}))
          filter (where c.rewound or c.hit is not null),
        jsonb_agg(jsonb_build_object('a', ${commitOf('c')}, 'n', c.n, 'k', jsonb_build_array(jsonb_build_array(c.q)),
          't', c.t, 'p', c.p, 'v', c.v)) filter (where c.hit is null and not c.rewound and c.many)
      into found, wide from (
        select c.*, ${rewound(events)} as rewound, n.hit, n.many
          from ${conditions('hq', 'ht', 'hp', 'hv', 'hn', 'ha')},
            lateral (select count(*) > ${NEAR} as many, min(k.position) filter (where ${IS_OF_TYPES}) as hit
              from (${nearby(keys)}) k) n offset 0) c;
    refused := refused || coalesce(found, '[]');
  end if;

  if batch -> 'g' is not null or wide is not null then
    select jsonb_agg(jsonb_build_array(c.a, 'condition', c.n, c.rewound, ${eventAt(events, 'c.hit')})) into found from (
        select c.a, c.n, c.p is null or ${rewound(events)} as rewound, (${firstMatch(names)}) as hit
          from (select c.a, c.n, c.k, c.t, c.f, c.at, c.ai, c.every, c.v,
                coalesce(c.p, (select e.position from ${events} e where e.id = c.e)) as p
              from jsonb_to_recordset(coalesce(batch -> 'g', '[]') || coalesce(wide, '[]'))
                as c(a int, n int, k jsonb, t text[], f jsonb, at text, ai text, every bool, p bigint, v text, e text)
              offset 0) c offset 0) c
      where c.rewound or c.hit is not null;
    refused := refused || coalesce(found, '[]');
  end if;

  if batch -> 'd' is not null then
    ${judgeDocuments(names)}
  end if;

  if refused <> '[]' then
    bad := array(select distinct (r ->> 0)::int from jsonb_array_elements(refused) as r);
  end if;

  with e as materialized (
      select e.*, head + row_number() over (order by e.o) as position
        from ${rowsFrom('ei', 'et', 'ed', 'em', 'ek', 'ex', 'ey', 'ea')} with ordinality as e(i, t, d, m, k, at, ai, a, o)
        where not ${commitOf('e')} = any (bad)),
    filed as (
      insert into ${keys} (key, position, type)
        select jsonb_array_elements_text(e.k), e.position, e.t from e),
    written as (
      insert into ${events} (position, id, type, data, metadata, aggregate_type, aggregate_id, version, created_at)
        select e.position, e.i, e.t, e.d, coalesce(e.m, '{}'), e.at, e.ai,
            case when e.at is not null then coalesce((${newestVersion(events, 'e')}), 0)
              + row_number() over (partition by e.at, e.ai order by e.position) end, moment from e
        returning position, version)
    select jsonb_agg(jsonb_build_array(w.position - head, w.version)) into versions
      from written w where w.version is not null;

  if batch -> 'd' is not null then
    insert into ${projections} as s (type, id, data, position, latest_event_id, revision, created_at, updated_at)
      select d.t, d.i, case when d.status <> 'deleted' then coalesce(d.d, 'null') end, d.p, d.v, d.revision, moment, moment
        from jsonb_to_recordset(documents)
          as d(a int, t text, i text, d jsonb, p bigint, v text, status text, revision bigint)
        where d.status <> 'skipped' and not d.a = any (bad)
      on conflict (type, id) do update set data = excluded.data, revision = excluded.revision,
        updated_at = excluded.updated_at, position = coalesce(excluded.position, s.position),
        latest_event_id = case when excluded.position is null then s.latest_event_id else excluded.latest_event_id end;
  end if;

  if batch -> 'o' is not null then
    insert into ${outbox} (id, type, data, order_key, event_position, created_at)
      select o.i, o.t, coalesce(o.d, 'null'), o.k, (select e.position from ${events} e where e.id = o.e), moment
        from jsonb_to_recordset(batch -> 'o') as o(a int, n int, i text, t text, d jsonb, k text, e text)
        where not o.a = any (bad) order by o.a, o.n;
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
  answer := jsonb_build_object('head', head, 'id', head_id, 'moment', extract(epoch from moment) * 1000,
    'refused', refused, 'versions', versions, 'documents', results);`
}

/**
 * The same for the batches that there are most of: events without aggregates, under conditions on one
 * key each. One look tells that nothing stands in the way; where something may, or the batch holds more,
 * it is `programOf` that judges. That event ids are new is left to their unique index: where one is
 * known the call fails, and has to be made again with `r`. Every statement and expression saved is some
 * microseconds of every commit.
 */
export function quickProgramOf(names: LogNames): string {
  const { events, keys, judge } = names
  return `
  ${beginning(names)}
  select e.position, e.id, batch -> 'r' is not null
      or exists (select from ${conditions('hq', 'ht', 'hp', 'hv')} where ${isInTheWay(names)})
    into head, head_id, odd
    from (select) one left join lateral (
      select e.position, e.id from ${events} e order by e.position desc limit 1) e on true;
  if odd then
    return ${judge}(batch);
  end if;
  head := coalesce(head, 0);
  with written as (
      insert into ${events} (position, id, type, data, metadata, created_at)
        select head + e.o, e.i, e.t, e.d, coalesce(e.m, '{}'), moment
          from ${rowsFrom('ei', 'et', 'ed', 'em')} with ordinality as e(i, t, d, m, o))
    insert into ${keys} (key, position, type)
      select jsonb_array_elements_text(e.k), head + e.o, e.t
        from ${rowsFrom('et', 'ek')} with ordinality as e(t, k, o);
  return jsonb_build_object('head', head, 'id', head_id, 'moment', extract(epoch from moment) * 1000);`
}

/** What {@link quickProgramOf} works with, beside `batch`. */
export const QUICK_VARIABLES =
  'head bigint; head_id text; moment timestamptz; odd bool; locked text;'

/** What {@link programOf} works with, beside `batch` and `answer`. */
export const VARIABLES = `
  head bigint; head_id text; moment timestamptz; refused jsonb := '[]'; bad int[] := '{}'; found jsonb; wide jsonb;
  versions jsonb; documents jsonb; results jsonb; locked text;`

const documentResult = `jsonb_build_object('type', d.t, 'id', d.i, 'status', d.status, 'revision', d.revision)`

function newestVersion(events: string, row: string): string {
  return `select s.version from ${events} s where s.aggregate_type = ${row}.at and s.aggregate_id = ${row}.ai
    order by s.version desc limit 1`
}

function eventAt(events: string, position: string): string {
  return `(select jsonb_build_object('id', s.id, 'type', s.type, 'position', s.position)
    from ${events} s where s.position = ${position})`
}

/** Whether the log holds at `c.p` what the reader saw there. */
function rewound(events: string): string {
  return `(c.p > 0 and c.v is not null and (select s.id from ${events} s where s.position = c.p) is distinct from c.v)`
}

/** The lock in a statement of its own: what comes after sees all that was committed before. */
function beginning({ lock }: LogNames): string {
  return `if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'an append needs READ COMMITTED, this transaction is %',
      upper(current_setting('transaction_isolation')) using errcode = '${NEEDS_READ_COMMITTED}';
  end if;
  locked := pg_advisory_xact_lock(${lock[0]}, ${lock[1]})::text;
  moment := date_trunc('milliseconds', clock_timestamp());`
}

/** Whether a condition on one key does not hold, or takes more than a quick look. */
function isInTheWay({ events, keys }: LogNames): string {
  return `${rewound(events)} or (
          select count(*) > ${NEAR} or bool_or(${IS_OF_TYPES}) from (${nearby(keys)}) k)`
}

/** Conditions `c` on one key, by these columns. */
function conditions(...columns: readonly (Column | 'ha')[]): string {
  const letters = columns.map((column) => column.slice(1))
  const selected = letters.map((letter) => (letter === 'p' ? 'c.p::bigint as p' : `c.${letter}`))
  return `(select ${selected.join(', ')} from ${rowsFrom(...columns)} as c(${letters.join(', ')})) c`
}

/** The number of the commit: with one alone it is not said. */
function commitOf(row: string): string {
  return `coalesce(${row}.a::int, 0)`
}

/** Whether the entry `k` is of the types of the condition `c`. */
const IS_OF_TYPES = `c.t = 'null' or jsonb_exists(c.t, k.type)`

/** The next entries of the key of a condition, and one more than is looked through at once. */
function nearby(keys: string): string {
  return `select k.position, k.type from ${keys} k where k.key = c.q and k.position > c.p
    order by k.position limit ${NEAR + 1}`
}
