import { rowsOf } from './batch.ts'
import { quoteText, type LogNames } from './names.ts'
import { NEWER_VERSION, VERSION } from './version.ts'

/** SQLSTATE of what the program itself refuses. */
const NEEDS_READ_COMMITTED = '25001'

/** So many entries of a key are looked through before a condition asks whether something rarer can drive. */
export const NEAR = 1_024

/**
 * Refuses a client that was there before the log was migrated. The lock is in a statement of its own: what
 * comes after sees all that was committed before.
 */
export function beginning({ lock, log }: LogNames): string {
  return `if batch -> 'version' is distinct from '${VERSION}' then
    raise exception 'the log % has version ${VERSION}, this library sends commits of version %',
      ${quoteText(log)}, coalesce(batch ->> 'version', 'none') using errcode = '${NEWER_VERSION}';
  end if;
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'an append needs READ COMMITTED, this transaction is %',
      upper(current_setting('transaction_isolation')) using errcode = '${NEEDS_READ_COMMITTED}';
  end if;
  locked := pg_advisory_xact_lock(${lock[0]}, ${lock[1]})::text;
  moment := date_trunc('milliseconds', clock_timestamp());`
}

/** Whether a condition on one key does not hold, or takes more than a quick look. */
export function isInTheWay(names: LogNames): string {
  return `${rewound(names, 'c')} or (
          select count(*) > ${NEAR} or bool_or(${IS_OF_TYPES}) from (${nearby(names.keys)}) k)`
}

/** Whether the log holds another event at a position than the reader saw there. */
export function rewound({ events }: LogNames, row: string): string {
  return `(${row}.p > 0 and ${row}.v is not null
    and (select s.id from ${events} s where s.position = ${row}.p) is distinct from ${row}.v)`
}

/** The newest version of an aggregate, of those for which more holds; from the index alone. */
export function newestVersion({ events }: LogNames, row: string, more = 'true'): string {
  return `coalesce((select s.version from ${events} s
    where s.aggregate_type = ${row}.x and s.aggregate_id = ${row}.y and ${more}
    order by s.version desc limit 1), 0)`
}

/** Writes documents, of whom a query gives type, id, data, position and id of the cursor, revision. */
export function writeDocuments({ projections }: LogNames, query: string): string {
  return `insert into ${projections} as s (type, id, data, position, latest_event_id, revision, created_at, updated_at)
      select d.*, moment, moment from (${query}) d
      on conflict (type, id) do update set data = excluded.data, revision = excluded.revision,
        updated_at = excluded.updated_at, position = coalesce(excluded.position, s.position),
        latest_event_id = case when excluded.position is null then s.latest_event_id else excluded.latest_event_id end;`
}

/** Writes outbox records, in their order, once their events are there. */
export function writeOutbox({ outbox, events }: LogNames, where: string): string {
  return `insert into ${outbox} (id, type, data, order_key, event_position, created_at)
      select o.i, o.t, o.d, o.k, (select e.position from ${events} e where e.id = o.e), moment
        from ${rowsOf('o', 'oi', 'ot', 'od', 'ok', 'oe', 'oa', 'oo')} ${where} order by o.o;`
}

/** Whether the entry `k` is of the types of the condition `c`. */
export const IS_OF_TYPES = `c.t = 'null' or jsonb_exists(c.t, k.type)`

/** The next entries of the key of a condition, and one more than is looked through at once. */
export function nearby(keys: string): string {
  return `select k.position, k.type from ${keys} k where k.key = c.q and k.position > c.p
    order by k.position limit ${NEAR + 1}`
}
