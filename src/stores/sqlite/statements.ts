import { SPAN } from './entries.ts'
import type { Command, Connection, Query } from './hand.ts'

export type EventRow = readonly [
  position: number,
  id: string,
  type: string,
  /** Where one of these two is long, a page leaves it out: such events are asked for one by one. */
  data: string | null,
  metadata: string | null,
  aggregateType: string | null,
  aggregateId: string | null,
  version: number | null,
  timestamp: string,
]
export type DocumentRow = readonly [
  type: string,
  id: string,
  data: string,
  cursor: string | null,
  revision: number,
  updatedAt: string,
]
export type OutboxRow = readonly [
  sequence: number,
  id: string,
  type: string,
  data: string,
  orderKey: string | null,
  timestamp: string,
  eventPosition: number | null,
  eventId: string | null,
  eventType: string | null,
  eventMetadata: string | null,
]
export type HeadRow = readonly [
  epoch: number,
  filed: number,
  filingTo: number,
  filingAfter: string,
  position: number | null,
  id: string | null,
  greatestId: string | null,
]
/** The positions of some rows, as `terms.ts` writes them: each row in brackets, with commas in between. */
export type PositionsRow = readonly [positions: string | null]

/** How many events come at once. */
export const PAGE = 512

/** How many rows one statement of `insertManyX` takes. */
export const MANY = 16

/*
 * `limit ?` is written `limit ? + 0`: SQLite would plan a statement anew whenever another number is bound
 * to such a limit, which takes longer than to run it.
 */
const EVENT = `position, id, type, data, metadata, aggregate_type, aggregate_id, version, timestamp`
/** Longer texts do not come by the page. */
const LARGE_BYTES = 65_536
const PAGED_EVENT = EVENT.replace(
  'data, metadata',
  ['data', 'metadata']
    .map((text) => `case when octet_length(${text}) <= ${LARGE_BYTES} then ${text} end as ${text}`)
    .join(', '),
)
const DOCUMENT = `type, id, data, cursor, revision, updated_at`
const INSERT_EVENT = `insert into eventfold_events (${EVENT}) values `

/** Makes a new row of the index. */
const insertPositions = (table: string): string =>
  `insert into ${table} (term, first, positions) values (?, ?, ?)`

/** Adds to the last row of a term, where that is not longer than asked for; else it makes a new row. */
const appendPositions = (table: string, count: number): string => `
  insert into ${table} (term, first, positions) values
  ${Array<string>(count)
    .fill(
      `(?, coalesce((
        select case when length(positions) <= ? then first end from ${table}
        where term = ? order by first desc limit 1
      ), ?), ?)`,
    )
    .join(', ')}
  on conflict (term, first) do update set positions = positions || ',' || excluded.positions`

const eventsUnder = (condition: string): string => `
  select ${PAGED_EVENT} from (
    select value / ${SPAN} as wanted
    from eventfold_index, json_each('[' || positions || ']')
    where term = ? and first >= ? and first <= ? ${condition}
  )
  cross join eventfold_events on position = wanted
  where position >= ? and position <= ? limit ${PAGE}`

const rows = (count: number, columns: number): string =>
  Array<string>(count)
    .fill(`(${Array<string>(columns).fill('?').join(', ')})`)
    .join(', ')

/** The settings of every connection. */
export const settings = (synchronous: 'FULL' | 'NORMAL'): string => `
  pragma busy_timeout = 0;
  pragma synchronous = ${synchronous};
  pragma wal_autocheckpoint = 4000;
  pragma cache_size = -32000;
`

/** What opening asks of a file before it knows that it is a log. */
export const opening = {
  names: `select name from sqlite_schema where name like 'eventfold\\_%' escape '\\'`,
  version: `select version from eventfold_meta where one = 1`,
  encoding: `pragma encoding`,
  useWal: `pragma journal_mode = wal`,
  create: `insert into eventfold_meta (one, version, epoch, identifiers, filed, filing_to, filing_after)
    values (1, 0, 1, ?, 0, 0, '')`,
  setVersion: `update eventfold_meta set version = ?`,
  epoch: `select epoch, identifiers from eventfold_meta where one = 1`,
  hasEvents: `select 1 from eventfold_events limit 1`,
  setIdentifiers: `update eventfold_meta set identifiers = ?, epoch = epoch + 1`,
}

type Reindexing =
  | 'state'
  | 'begin'
  | 'drop'
  | 'create'
  | 'append'
  | 'insert'
  | 'filed'
  | 'replace'
  | 'forget'

/** Building another index beside the one in use, and taking it in its place. */
export const reindexing: Readonly<Record<Reindexing, string>> = {
  state: `select identifiers, next_identifiers, next_filed from eventfold_meta where one = 1`,
  begin: `update eventfold_meta set next_identifiers = ?, next_filed = 0`,
  drop: `drop table if exists eventfold_index_next`,
  create: `
    create table eventfold_index_next (
      term text not null,
      first integer not null,
      positions text not null,
      primary key (term, first)
    ) strict, without rowid`,
  append: appendPositions('eventfold_index_next', 1),
  insert: insertPositions('eventfold_index_next'),
  filed: `update eventfold_meta set next_filed = ?`,
  replace: `
    drop table eventfold_index;
    alter table eventfold_index_next rename to eventfold_index;
    update eventfold_meta set
      identifiers = next_identifiers, filed = next_filed, filing_to = 0, filing_after = '',
      epoch = epoch + 1,
      next_identifiers = null, next_filed = null`,
  forget: `update eventfold_meta set next_identifiers = null, next_filed = null`,
}

/** Every query that runs on an open log, prepared once. */
export interface Statements {
  readonly begin: Command
  readonly beginWrite: Command
  readonly commit: Command
  readonly rollback: Command
  readonly dataVersion: Query<readonly [number]>

  readonly head: Query<HeadRow>
  readonly idAt: Query<readonly [id: string]>
  readonly eventById: Query<EventRow>
  readonly eventAt: Query<EventRow>
  /** The events at the positions of a JSON list, in its order. */
  readonly eventsAt: Query<EventRow>
  /** A page of what is filed under a term, within some rows of the index. */
  readonly eventsUnder: Query<EventRow>
  /** As `eventsUnder`, of the types whose numbers are in a JSON list. */
  readonly eventsOfTypesUnder: Query<EventRow>
  readonly eventsUp: Query<EventRow>
  readonly eventsDown: Query<EventRow>
  readonly insertEvent: Command
  readonly insertManyEvents: Command

  /** The row that a position falls into. */
  readonly rowOf: Query<readonly [first: number | null]>
  /** The row that comes after many others: enough for a page. */
  readonly rowAfterMany: Query<readonly [first: number]>
  readonly positionsUp: Query<PositionsRow>
  readonly positionsDown: Query<PositionsRow>
  readonly insertPositions: Command
  readonly appendPositions: Command
  readonly appendManyPositions: Command
  readonly typeNumbers: Query<readonly [type: string, number: number]>
  readonly insertTypeNumber: Command
  readonly setFiling: Command
  readonly setFiled: Command

  readonly lastVersion: Query<readonly [number | null]>
  readonly positionOfVersion: Query<readonly [position: number]>
  readonly versionsUp: Query<readonly [position: number]>
  readonly versionsDown: Query<readonly [position: number]>

  readonly answer: Query<
    readonly [
      fingerprint: string,
      first: number,
      count: number,
      documents: string,
      cursor: string | null,
    ]
  >
  readonly insertAnswer: Command

  readonly documentState: Query<readonly [revision: number, cursor: string | null, deleted: number]>
  readonly document: Query<DocumentRow>
  readonly documentsAfter: Query<DocumentRow>
  /** As `documentsAfter`, with a value at a path; `1` and `true` are one here. */
  readonly documentsWithAfter: Query<DocumentRow>
  readonly saveDocument: Command

  readonly outbox: Query<OutboxRow>
  readonly insertOutbox: Command
  readonly removeOutbox: Command
}

/** Prepares them; fails where the tables have another shape. */
export function prepareStatements({ query, command }: Connection): Statements {
  return {
    begin: command(`begin`),
    beginWrite: command(`begin immediate`),
    commit: command(`commit`),
    rollback: command(`rollback`),
    dataVersion: query(`pragma data_version`),

    head: query(`
      select meta.epoch, meta.filed, meta.filing_to, meta.filing_after, event.position, event.id,
        (select max(id) from eventfold_events)
      from eventfold_meta meta
      left join eventfold_events event
        on event.position = (select max(position) from eventfold_events)
      where meta.one = 1`),
    idAt: query(`select id from eventfold_events where position = ?`),
    eventById: query(`select ${EVENT} from eventfold_events where id = ?`),
    eventAt: query(`select ${EVENT} from eventfold_events where position = ?`),
    eventsAt: query(`
      select ${PAGED_EVENT} from (select value as wanted from json_each(?))
      cross join eventfold_events on position = wanted`),
    eventsUnder: query(eventsUnder('')),
    eventsOfTypesUnder: query(
      eventsUnder(`and value % ${SPAN} in (select value from json_each(?))`),
    ),
    eventsUp: query(`
      select ${PAGED_EVENT} from eventfold_events
      where position >= ? and position <= ? order by position limit ? + 0`),
    eventsDown: query(`
      select ${PAGED_EVENT} from eventfold_events
      where position <= ? and position >= ? order by position desc limit ? + 0`),
    insertEvent: command(INSERT_EVENT + rows(1, 9)),
    insertManyEvents: command(INSERT_EVENT + rows(MANY, 9)),

    rowOf: query(`select max(first) from eventfold_index where term = ? and first <= ?`),
    rowAfterMany: query(`
      select first from eventfold_index where term = ? and first >= ? and first <= ?
      order by first limit 1 offset 32`),
    positionsUp: query(`
      select group_concat('[' || positions || ']') from (
        select positions from eventfold_index
        where term = ? and first >= ? and first <= ? order by first limit ? + 0
      )`),
    positionsDown: query(`
      select group_concat('[' || positions || ']') from (
        select positions from eventfold_index
        where term = ? and first <= ? order by first desc limit ? + 0
      )`),
    insertPositions: command(insertPositions('eventfold_index')),
    appendPositions: command(appendPositions('eventfold_index', 1)),
    appendManyPositions: command(appendPositions('eventfold_index', MANY)),
    typeNumbers: query(`select type, number from eventfold_types`),
    insertTypeNumber: command(`insert into eventfold_types (number, type) values (?, ?)`),
    setFiling: command(`update eventfold_meta set filing_to = ?, filing_after = ?`),
    setFiled: command(`update eventfold_meta set filed = ?, filing_to = 0, filing_after = ''`),

    lastVersion: query(`
      select max(version) from eventfold_events where aggregate_type = ? and aggregate_id = ?`),
    positionOfVersion: query(`
      select position from eventfold_events
      where aggregate_type = ? and aggregate_id = ? and version = ?`),
    versionsUp: query(`
      select position from eventfold_events
      where aggregate_type = ? and aggregate_id = ? and version >= ? and version <= ?
      order by version limit ? + 0`),
    versionsDown: query(`
      select position from eventfold_events
      where aggregate_type = ? and aggregate_id = ? and version <= ? and version >= ?
      order by version desc limit ? + 0`),

    answer: query(`
      select fingerprint, first_position, event_count, documents, cursor
      from eventfold_answers where key = ?`),
    insertAnswer: command(`
      insert into eventfold_answers
        (key, fingerprint, first_position, event_count, documents, cursor)
      values (?, ?, ?, ?, ?, ?)`),

    documentState: query(`
      select revision, cursor, data is null from eventfold_documents where type = ? and id = ?`),
    document: query(`
      select ${DOCUMENT} from eventfold_documents
      where type = ? and id = ? and data is not null`),
    documentsAfter: query(`
      select ${DOCUMENT} from eventfold_documents
      where type = ? and id > ? and data is not null order by id limit ? + 0`),
    documentsWithAfter: query(`
      select ${DOCUMENT} from eventfold_documents
      where type = ? and json_extract(data, ?) = ? and id > ? and data is not null
      order by id limit ? + 0`),
    saveDocument: command(`
      insert into eventfold_documents (${DOCUMENT}) values (?, ?, ?, ?, ?, ?)
      on conflict (type, id) do update set data = excluded.data, revision = excluded.revision,
        cursor = coalesce(excluded.cursor, cursor), updated_at = excluded.updated_at`),

    outbox: query(`
      select record.sequence, record.id, record.type, record.data, record.order_key,
        record.timestamp, event.position, event.id as event_id, event.type as event_type,
        event.metadata
      from eventfold_outbox record
      left join eventfold_events event on event.position = record.event_position
      where record.sequence > ? order by record.sequence limit ? + 0`),
    insertOutbox: command(`
      insert into eventfold_outbox (id, type, data, order_key, event_position, timestamp)
      values (?, ?, ?, ?, ?, ?)`),
    removeOutbox: command(
      `delete from eventfold_outbox where id in (select value from json_each(?))`,
    ),
  }
}
