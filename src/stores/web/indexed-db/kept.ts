import type { EventMetadata, StoredEvent } from '../../../event/event.ts'
import type { JsonCodec } from '../../../store/json.ts'
import type { Matchable } from '../../../store/matches.ts'
import { answerOf } from './requests.ts'
import { entryOf, SHARED, term, type EventRow, type Tables } from './schema.ts'

/** An event as it is kept. */
export interface KeptEvent extends Omit<StoredEvent, 'data' | 'metadata'> {
  readonly data: string
  readonly metadata: string
}

/** A longer event has a row for itself. */
const ROW_CHARACTERS = 4_096

/** The events of a row, all or some of them. */
export function eventsIn(row: EventRow, which = -1): KeptEvent[] {
  const { position, timestamp, ids, types, data, metadata, aggregates } = row
  return ids.flatMap((id, index) =>
    which & (1 << index)
      ? {
          id,
          type: types[index] as string,
          data: data[index] as string,
          metadata: metadata?.[index] ?? '{}',
          position: position + index,
          timestamp,
          aggregate: aggregates?.[index],
        }
      : [],
  )
}

/** The events from one position to another, both inclusive. */
export async function eventsBetween(
  from: number,
  to: number,
  tables: Tables,
): Promise<KeptEvent[]> {
  if (from > to) return []
  // The row of the first event may begin before it.
  const range = IDBKeyRange.bound(from - SHARED + 1, to)
  const rows = (await answerOf(tables('events').getAll(range))) as EventRow[]
  return rows
    .flatMap((row) => eventsIn(row))
    .filter(({ position }) => position >= from && position <= to)
}

/** Puts events that follow one another into rows. `keysOf` tells what else an event is filed under. */
export function rowsOf(
  kept: readonly KeptEvent[],
  keysOf: (event: KeptEvent) => readonly string[],
): EventRow[] {
  const rows: EventRow[] = []
  let shared: KeptEvent[] = []
  let characters = 0
  kept.forEach((event, index) => {
    shared.push(event)
    characters += event.data.length
    const next = kept[index + 1]
    if (next && shared.length < SHARED && characters + next.data.length <= ROW_CHARACTERS) return
    rows.push(rowOf(shared, keysOf))
    shared = []
    characters = 0
  })
  return rows
}

/** A row of these events. */
export function rowOf(
  events: readonly KeptEvent[],
  keysOf: (event: KeptEvent) => readonly string[],
): EventRow {
  const { position, timestamp } = events[0] as KeptEvent
  const which = new Map<string, number>()
  const versions = new Map<string, number>()
  events.forEach((event, index) => {
    const { type, aggregate } = event
    const names = [...keysOf(event).map(term.key), term.type(type)]
    if (aggregate) {
      names.push(term.aggregate(aggregate))
      versions.set(term.versions(aggregate), aggregate.version)
    }
    for (const name of names) which.set(name, (which.get(name) ?? 0) | (1 << index))
  })
  return {
    position,
    timestamp,
    ids: events.map(({ id }) => id),
    types: events.map(({ type }) => type),
    data: events.map(({ data }) => data),
    ...(events.some(({ metadata }) => metadata !== '{}') && {
      metadata: events.map(({ metadata }) => metadata),
    }),
    ...(versions.size > 0 && { aggregates: events.map(({ aggregate }) => aggregate) }),
    terms: [
      ...events.map(({ id }) => term.id(id)),
      ...[...which].map(([name, bits]) => entryOf(name, position, bits)),
      ...[...versions].map(([name, version]) => entryOf(name, version, 0)),
    ],
  }
}

/** The event for its reader. */
export function eventOf(
  { id, type, data, metadata, position, timestamp, aggregate }: KeptEvent,
  { decode }: JsonCodec,
  decoded: unknown = decode(data),
): StoredEvent {
  return {
    id,
    type,
    data: decoded,
    metadata: metadataOf(metadata, decode),
    position,
    timestamp,
    ...(aggregate && { aggregate: { ...aggregate } }),
  }
}

export function metadataOf(metadata: string, decode: JsonCodec['decode']): EventMetadata {
  return (metadata === '{}' ? {} : decode(metadata)) as EventMetadata
}

/** The event for those who match it: its data is read when they look at it. */
export function matchable({ type, aggregate, data }: KeptEvent, { decode }: JsonCodec): Matchable {
  let decoded: unknown
  return {
    type,
    aggregate,
    get data() {
      decoded ??= decode(data)
      return decoded
    },
  }
}
