import { createHash } from 'node:crypto'
import { DEFAULT_IDENTIFIERS, type Identifiers } from '../../event/identifiers.ts'
import {
  namesOf,
  quoteBody,
  quoteName,
  quoteText,
  SIDE_SCHEMA,
  type LogNames,
  type PostgresTables,
  type Table,
} from './names.ts'
import { PLANNING, programOf, VARIABLES } from './program.ts'
import { QUICK_VARIABLES, quickProgramOf } from './quick-program.ts'
import { NEWER_VERSION, VERSION } from './version.ts'

/** SQLSTATEs that a migration raises itself. */
export const OTHER_SHAPE = 'EF002'
export const OTHER_IDENTIFIERS = 'EF003'

/** An index over columns of a table, by their names in SQL. */
export interface ColumnIndex {
  readonly name: string
  readonly columns: readonly string[]
}

export interface MigrateOptions {
  /** Which keys of `data` are identifiers. Default is every key that ends in `Id` or `_id`. */
  readonly identifiers?: Identifiers | undefined
  /** Keys of event data that get an index of their own, beside the identifiers; or columns. Default is none. */
  readonly eventIndexes?: readonly (string | ColumnIndex)[] | undefined
  /** Keys of saved projections' data that get an index; or columns. Default is none. */
  readonly projectionIndexes?: readonly (string | ColumnIndex)[] | undefined
}

/**
 * The statement that makes everything that a log needs, or brings it up to date: one `DO` block, without
 * parameters and question marks, that may run any number of times and in two processes at once.
 */
export function migrationSql(tables: PostgresTables = {}, options: MigrateOptions = {}): string {
  const { identifiers = DEFAULT_IDENTIFIERS, eventIndexes = [], projectionIndexes = [] } = options
  const names = namesOf(tables, identifiers)
  const { events, projections } = names.tables
  const schemas = new Set([events.schema, projections.schema, SIDE_SCHEMA])
  const body = `
declare
  installed int; filed jsonb;
begin
${locked(names)}
  perform set_config('client_min_messages', 'warning', true);
  if current_setting('server_encoding') <> 'UTF8' then
    raise exception 'a log needs a database in UTF8, this one is in %', current_setting('server_encoding')
      using errcode = '${OTHER_SHAPE}';
  end if;
${[...schemas].map((schema) => makeSchema(schema)).join('\n')}
  create table if not exists ${SIDE_SCHEMA}.logs (
    log text primary key, version int not null, identifiers jsonb not null, projections text not null);
  select l.version, l.identifiers into installed, filed from ${SIDE_SCHEMA}.logs l where l.log = ${quoteText(names.log)};
  if installed > ${VERSION} then
    raise exception 'the log % has version %, this library knows version ${VERSION}', ${quoteText(names.log)}, installed
      using errcode = '${NEWER_VERSION}';
  end if;
  if filed <> ${quoteText(JSON.stringify(identifiers))}::jsonb then
    raise exception 'the log % files its events under the identifiers %', ${quoteText(names.log)}, filed
      using errcode = '${OTHER_IDENTIFIERS}';
  end if;
${tablesSql(names)}
${checkShape(events, eventColumns)}
${checkShape(projections, projectionColumns)}
${indexesSql(names, eventIndexes, projectionIndexes)}
${routinesSql(names)}
  insert into ${SIDE_SCHEMA}.logs (log, version, identifiers, projections)
    values (${quoteText(names.log)}, ${VERSION}, ${quoteText(JSON.stringify(identifiers))}, ${quoteText(names.projections)})
    on conflict (log) do update set version = excluded.version;
end `
  return `do ${quoteBody(body, 'migration')}`
}

/**
 * The statement that takes away everything that {@link migrationSql} makes, with all events; a table of
 * projections that another log uses stays.
 */
export function dropSql(
  tables: PostgresTables = {},
  options: Pick<MigrateOptions, 'identifiers'> = {},
): string {
  const names = namesOf(tables, options.identifiers)
  const body = `
begin
${locked(names)}
  perform set_config('client_min_messages', 'warning', true);
${dropRoutinesSql(names)}
  drop table if exists ${[names.events, names.keys, names.outbox, names.answers].join(', ')};
  if to_regclass('${SIDE_SCHEMA}.logs') is null then
    drop table if exists ${names.projections};
  else
    delete from ${SIDE_SCHEMA}.logs l where l.log = ${quoteText(names.log)};
    -- Another log may keep its projections in the same table.
    if not exists (select from ${SIDE_SCHEMA}.logs l where l.projections = ${quoteText(names.projections)}) then
      drop table if exists ${names.projections};
    end if;
    if not exists (select from ${SIDE_SCHEMA}.logs) then
      drop table ${SIDE_SCHEMA}.logs;
      if not exists (select from pg_class c where c.relnamespace = '${SIDE_SCHEMA}'::regnamespace) then
        drop schema ${SIDE_SCHEMA};
      end if;
    end if;
  end if;
end `
  return `do ${quoteBody(body, 'migration')}`
}

/** What all logs share is made by one at a time; then nobody writes to this one. */
function locked({ lock: [space, log] }: LogNames): string {
  return `  perform pg_advisory_xact_lock(${space}, 0);
  perform pg_advisory_xact_lock(${space}, ${log});`
}

/** The index of a key of data, by the name it has unless it is given one. */
export function dataIndexSql(
  table: Table,
  key: string,
  index: string = dataIndexName(table.name, key),
): string {
  return `create index if not exists ${quoteName(index)} on ${quoteName(table.schema)}.${quoteName(table.name)} ((data ->> ${quoteText(key)}))`
}

function indexSql(table: Table, index: string | ColumnIndex): string {
  if (typeof index === 'string') return dataIndexSql(table, index)
  const columns = index.columns.map(quoteName).join(', ')
  return `create index if not exists ${quoteName(index.name)} on ${quoteName(table.schema)}.${quoteName(table.name)} (${columns})`
}

export function dataIndexName(table: string, key: string): string {
  const name = `${table}_data_${key}_idx`
  // PostgreSQL would cut a longer one off, and of two that begin alike the second would not be made.
  if (Buffer.byteLength(name) <= 63) return name
  return `data_${createHash('sha256').update(name).digest('hex').slice(0, 40)}_idx`
}

const eventColumns: Readonly<Record<string, string>> = {
  position: 'bigint',
  id: 'text',
  type: 'text',
  data: 'jsonb',
  metadata: 'jsonb',
  aggregate_type: 'text',
  aggregate_id: 'text',
  version: 'bigint',
  created_at: 'timestamp with time zone',
}

const projectionColumns: Readonly<Record<string, string>> = {
  type: 'text',
  id: 'text',
  data: 'jsonb',
  position: 'bigint',
  latest_event_id: 'text',
  revision: 'bigint',
  created_at: 'timestamp with time zone',
  updated_at: 'timestamp with time zone',
}

function makeSchema(schema: string): string {
  // Asked first, because `if not exists` too needs the right to make one.
  return `  if not exists (select from pg_namespace n where n.nspname = ${quoteText(schema)}) then
    create schema ${quoteName(schema)};
  end if;`
}

function tablesSql({ events, projections, keys, outbox, answers, tables }: LogNames): string {
  const constraint = (table: Table, suffix: string): string => quoteName(`${table.name}_${suffix}`)
  return `
  create table if not exists ${events} (
    position bigint not null, id text collate "C" not null, type text collate "C" not null,
    data jsonb not null, metadata jsonb default '{}' not null,
    aggregate_type text collate "C", aggregate_id text collate "C", version bigint,
    created_at timestamptz default now() not null,
    constraint ${constraint(tables.events, 'pkey')} primary key (position),
    constraint ${constraint(tables.events, 'id_key')} unique (id));
  create table if not exists ${projections} (
    type text collate "C" not null, id text collate "C" not null, data jsonb,
    position bigint, latest_event_id text collate "C", revision bigint not null,
    created_at timestamptz default now() not null, updated_at timestamptz default now() not null);
  ${keysTableSql(keys)};
  create table if not exists ${outbox} (
    sequence bigint generated always as identity primary key, id text collate "C" not null, type text not null,
    data jsonb not null, order_key text, event_position bigint, created_at timestamptz not null);
  create index if not exists ${quoteName(indexNameOf(outbox, 'id'))} on ${outbox} (id);
  create table if not exists ${answers} (
    key text collate "C" primary key, fingerprint text not null, answer jsonb not null, created_at timestamptz not null);`
}

export function keysTableSql(keys: string): string {
  return `create table if not exists ${keys} (
    key text collate "C" not null, position bigint not null, type text collate "C" not null,
    primary key (key, position) include (type))`
}

/** The last part of a side table's name, cut so that it stays one name. */
function indexNameOf(table: string, suffix: string): string {
  const name = `${table.slice(SIDE_SCHEMA.length + 2, -1).replaceAll('""', '"')}.${suffix}`
  return name.slice(-63)
}

function indexesSql(
  { events, projections, tables }: LogNames,
  eventIndexes: readonly (string | ColumnIndex)[],
  projectionIndexes: readonly (string | ColumnIndex)[],
): string {
  const name = quoteName(`${tables.events.name}_type_idx`)
  const aggregate = quoteName(`${tables.events.name}_aggregate_idx`)
  // No primary key: drizzle-kit reads the columns of one in any order, and offers to make it anew.
  const documents = quoteName(`${tables.projections.name}_type_id_idx`)
  return [
    `create unique index if not exists ${documents} on ${projections} (type, id)`,
    `create index if not exists ${name} on ${events} (type, position)`,
    `create unique index if not exists ${aggregate} on ${events} (aggregate_type, aggregate_id, version)
      where aggregate_type is not null`,
    ...eventIndexes.map((index) => indexSql(tables.events, index)),
    ...projectionIndexes.map((index) => indexSql(tables.projections, index)),
  ]
    .map((statement) => `  ${statement};`)
    .join('\n')
}

/** An application may have had a table of this name before. */
function checkShape(table: Table, columns: Readonly<Record<string, string>>): string {
  const wanted = Object.entries(columns)
    .map(([column, type]) => `(${quoteText(column)}, ${quoteText(type)})`)
    .join(', ')
  const relation = quoteText(`${quoteName(table.schema)}.${quoteName(table.name)}`)
  return `  perform w.name from (values ${wanted}) as w(name, type) where not exists (
    select from pg_attribute a where a.attrelid = ${relation}::regclass and a.attname = w.name
      and not a.attisdropped and a.atttypid = w.type::regtype);
  if found then
    raise exception 'the table % is not one of Eventfold: it lacks %', ${relation}, (
      select string_agg(w.name || ' ' || w.type, ', ') from (values ${wanted}) as w(name, type) where not exists (
        select from pg_attribute a where a.attrelid = ${relation}::regclass and a.attname = w.name
          and not a.attisdropped and a.atttypid = w.type::regtype))
      using errcode = '${OTHER_SHAPE}';
  end if;`
}

/**
 * The functions judge and write in whatever transaction they are called; the procedure gives them one of
 * their own.
 */
export function routinesSql(names: LogNames): string {
  const planning = Object.entries(PLANNING).map(([setting, value]) => `set ${setting} = ${value}`)
  const kind = `language plpgsql volatile ${planning.join(' ')}`
  const judge = `
  #variable_conflict use_column
  declare answer jsonb;${VARIABLES}
  begin
    ${programOf(names)}
    return answer;
  end `
  const append = `
  #variable_conflict use_column
  declare ${QUICK_VARIABLES}
  begin
    ${quickProgramOf(names)}
  end `
  const commit = `
  begin
    -- Fails in a transaction of the caller, which a commit of its own must not join.
    commit;
    set transaction isolation level read committed;
    patience := set_config('lock_timeout', patience, true);
    if early then
      set local synchronous_commit = off;
    end if;
    answer := ${names.append}(batch);
    if early then
      commit;
      perform pg_logical_emit_message(true, 'eventfold', '');
    end if;
  end `
  return `
  create or replace function ${names.judge}(batch jsonb) returns text ${kind} as ${quoteBody(judge, 'program')};
  create or replace function ${names.append}(batch jsonb) returns text ${kind} as ${quoteBody(append, 'program')};
  create or replace procedure ${names.commit}(batch jsonb, patience text, early bool, inout answer text)
    language plpgsql as ${quoteBody(commit, 'program')};`
}

/** Takes away what {@link routinesSql} makes. */
export function dropRoutinesSql({ commit, append, judge }: LogNames): string {
  return `
  drop procedure if exists ${commit}(jsonb, text, bool, text);
  drop function if exists ${append}(jsonb);
  drop function if exists ${judge}(jsonb);`
}
