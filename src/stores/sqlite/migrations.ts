/**
 * The tables, step by step: opening a file runs the steps that it does not have yet. A step that was
 * released is never changed; what must change is a new step.
 */
export const migrations: readonly string[] = [
  `
  create table eventfold_meta (
    one integer primary key check (one = 1),
    version integer not null,
    epoch integer not null,
    identifiers text not null,
    filed integer not null,
    filing_to integer not null,
    filing_after text not null,
    next_identifiers text,
    next_filed integer
  ) strict;

  create table eventfold_events (
    position integer primary key,
    id text not null unique,
    type text not null,
    data text not null,
    metadata text not null,
    aggregate_type text,
    aggregate_id text,
    version integer,
    timestamp text not null
  ) strict;

  create unique index eventfold_events_version
    on eventfold_events (aggregate_type, aggregate_id, version)
    where aggregate_type is not null;

  create table eventfold_index (
    term text not null,
    first integer not null,
    positions text not null,
    primary key (term, first)
  ) strict, without rowid;

  create table eventfold_types (
    number integer primary key,
    type text not null unique
  ) strict;

  create table eventfold_documents (
    type text not null,
    id text not null,
    data text,
    cursor text,
    revision integer not null,
    updated_at text not null,
    primary key (type, id)
  ) strict;

  create table eventfold_outbox (
    sequence integer primary key autoincrement,
    id text not null,
    type text not null,
    data text not null,
    order_key text,
    event_position integer,
    timestamp text not null
  ) strict;

  create index eventfold_outbox_id on eventfold_outbox (id);

  create table eventfold_answers (
    key text primary key,
    fingerprint text not null,
    first_position integer not null,
    event_count integer not null,
    documents text not null,
    cursor text
  ) strict, without rowid;
  `,
]

/** The version of the tables that this library reads and writes. */
export const VERSION: number = migrations.length
