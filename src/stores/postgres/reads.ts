import type { Place } from '../../store/cursor.ts'
import type { Streams } from '../../store/stream.ts'
import type { StoredEvent } from '../../event/event.ts'
import type { JsonCodec } from '../../store/json.ts'
import type { Row, Statement } from './hand.ts'
import { searchesOf, type ReadContext, type Search } from './plan.ts'
import { EVENT, eventOf, placeOf } from './rows.ts'
import { positionsOf, scanOf } from './searches.ts'
import { limited, ordered, type Span, type Writing } from './span.ts'
import { isoSql, prepared, Values } from './sql.ts'
import { PAGE_BYTES } from './page-size.ts'

/** The place that a reader has seen: a position, or the event at it. */
export type Seen = { readonly position: number } | { readonly eventId: string }

export interface LoadQuery {
  /** Default is nothing. */
  readonly after?: Seen | undefined
  readonly fromVersion?: number | undefined
  readonly toVersion?: number | undefined
  /** At most `MAX_ROWS`. Default is all. */
  readonly limit?: number | undefined
  /** Newest first. Default is `false`. */
  readonly backwards?: boolean | undefined
  readonly idempotencyKey?: string | undefined
}

/** What `loadStatement` gives, of one state of the log. */
export interface LoadAnswer {
  /** The newest event; absent on the empty log. */
  readonly head?: Place
  /** What the log holds at the place that was seen; absent where it holds nothing there. */
  readonly seen?: Place
  /** What an idempotency key stands for, and its answer as JSON text. */
  readonly answer?: { readonly fingerprint: string; readonly answer: string }
  readonly events: readonly StoredEvent[]
  /** How long the data of the events is, as text. */
  readonly characters: number
}

export interface PageQuery {
  /** A position: what is up to here is left out. */
  readonly after: number
  /** A position: what is up to here is included. */
  readonly to: number
  /** At most `MAX_ROWS`. */
  readonly limit: number
  /** Newest first. Default is `false`. */
  readonly backwards?: boolean | undefined
}

const CAP = 'limit 2000'

/**
 * Everything that a decision, or the first page of a read, asks for: the events, and of the same state of
 * the log its newest event, the event at the place that was seen and the answer to the key.
 */
export function loadStatement(streams: Streams, query: LoadQuery, context: ReadContext): Statement {
  const { after, fromVersion, toVersion, limit, backwards = false, idempotencyKey } = query
  const { names } = context
  const values = new Values()
  const head = `select e.position, e.id from ${names.events} e order by e.position desc limit 1`
  const seen = after && seenSql(after, values, names.events)
  const answer =
    idempotencyKey === undefined
      ? ''
      : `\nunion all
select 'answer', null, a.key, a.fingerprint, a.answer::text, null, null, null, null, ${isoSql('a.created_at')}
  from ${names.answers} a where a.key = ${values.text(idempotencyKey)}`
  const parts = searchesOfAll(streams, context)
  // A value that the text does not use has no type, and is refused.
  const optional = (value: number | undefined): string | undefined =>
    value === undefined || parts.length === 0 ? undefined : values.bigint(value)
  const span: Span = {
    after: seen?.after ?? '0::bigint',
    newest:
      seen || parts.every(({ by }) => by !== 'data')
        ? '(select newest.position from newest)'
        : undefined,
    backwards,
    limit: optional(limit),
    fromVersion: optional(fromVersion),
    toVersion: optional(toVersion),
  }
  const place = (kind: string, from: string): string =>
    `select '${kind}' as kind, e.position::text as position, e.id, null as type, null as data,
  null as metadata, null as aggregate_type, null as aggregate_id, null as version, null as created_at
  from ${from} e`
  const events =
    parts.length === 0
      ? ''
      : `\nunion all (select 'event', ${eventsSql(parts, { names, values, span })})`
  const states = [
    `newest as materialized (${head})`,
    ...(seen ? [`seen as materialized (${seen.query})`] : []),
  ]
  const text = `with ${states.join(',\n')}\n${place('head', 'newest')}${
    seen ? `\nunion all ${place('seen', 'seen')}` : ''
  }${answer}${events}`
  return finish(text, values, parts)
}

/** The rows of {@link loadStatement}. */
export function loadAnswerOf(
  rows: readonly Row[],
  codec: JsonCodec,
  backwards = false,
): LoadAnswer {
  const events: StoredEvent[] = []
  const found: { head?: Place; seen?: Place; answer?: { fingerprint: string; answer: string } } = {}
  let isOrdered = true
  let characters = 0
  for (const row of rows) {
    const { kind, position, id } = row
    if (kind === 'event') {
      const event = eventOf(row, codec)
      const last = events.at(-1)
      if (last && last.position < event.position === backwards) isOrdered = false
      events.push(event)
      characters += charactersOf(row)
    } else if (kind === 'answer') {
      found.answer = { fingerprint: row['type'] ?? '', answer: row['data'] ?? '' }
    } else {
      const place = placeOf(position, id)
      if (place) found[kind === 'head' ? 'head' : 'seen'] = place
    }
  }
  // `union all` promises no order, although it keeps it.
  if (!isOrdered)
    events.sort((a, b) => (backwards ? b.position - a.position : a.position - b.position))
  return { ...found, events, characters }
}

/** How long the JSON of an event is, as text. */
export function charactersOf(row: Row): number {
  return (row['data']?.length ?? 0) + (row['metadata']?.length ?? 0)
}

/** One page of events within two positions, in their order. `undefined` where nothing can match. */
export function pageStatement(
  streams: Streams,
  { after, to, limit, backwards = false }: PageQuery,
  context: ReadContext,
): Statement | undefined {
  const values = new Values()
  const span = {
    after: values.bigint(after),
    to: values.bigint(to),
    limit: values.bigint(limit),
    backwards,
  }
  const parts = searchesOfAll(streams, context)
  if (parts.length === 0) return undefined
  return finish(`select ${eventsSql(parts, { names: context.names, values, span })}`, values, parts)
}

function seenSql(
  seen: Seen,
  values: Values,
  events: string,
): { readonly query: string; readonly after: string } {
  const byId = 'eventId' in seen
  const value = byId ? values.text(seen.eventId) : values.bigint(seen.position)
  const query = `select e.position, e.id from ${events} e where e.${byId ? 'id' : 'position'} = ${value}`
  return { query, after: byId ? '(select seen.position from seen)' : value }
}

function searchesOfAll(streams: Streams, context: ReadContext): readonly Search[] {
  if (streams === 'all') return [{ by: 'all', filter: null }]
  return streams.flatMap((stream) => searchesOf(stream, context))
}

/** The columns and all that follows, in order. */
function eventsSql(searches: readonly Search[], writing: Writing): string {
  const { names, span } = writing
  const [first] = searches
  const scan = searches.length === 1 && first ? scanOf(first, writing) : undefined
  // A limit that is a value says nothing to the planner: the number beside it keeps the estimates small.
  const cap = span.limit === undefined ? '' : CAP
  if (scan) {
    return paged(
      `(select * from ${names.events} e where ${scan.where}
  ${ordered(scan.order, span)} ${cap}) e ${ordered(scan.order, span)} ${limited(span)}`,
      span,
    )
  }
  const kinds = Map.groupBy(searches, ({ by }) => by)
  const queries = [...kinds.values()].map((same) => positionsOf(same, writing))
  // One key finds an event once, and in order.
  const isPlain = searches.length === 1 && first?.by === 'key'
  const distinct = isPlain ? '' : 'distinct '
  return paged(
    `(select ${distinct}found.position from (${queries.join('\nunion all ')}) found
  ${ordered('found.position', span)} ${cap}) found
  cross join lateral (select * from ${names.events} e where e.position = found.position offset 0) e
  ${ordered('found.position', span)} ${limited(span)}`,
    span,
  )
}

/** A page ends where it gets too large, but never before its first event. */
function paged(rows: string, span: Span): string {
  if (span.limit === undefined) return `${EVENT} from ${rows}`
  const size = 'pg_column_size(e.data) + pg_column_size(e.metadata)'
  return `${EVENT} from (select e.*, sum(${size}) over (${ordered('e.position', span)} rows unbounded preceding) as running
    from (select e.* from ${rows}) e) e
  where e.running - (${size}) < ${PAGE_BYTES} ${ordered('e.position', span)}`
}

/** Keys of data are written into the text: such texts have no bound, and no name. */
function finish(text: string, values: Values, searches: readonly Search[]): Statement {
  if (searches.some(({ by }) => by === 'data')) return { text, values: values.list }
  return prepared(text, values)
}
