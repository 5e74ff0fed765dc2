import type { EventMetadata, StoredEvent } from '../../../event/event.ts'
import type { JsonCodec } from '../../../store/json.ts'
import type { Matchable } from '../../../store/matches.ts'
import { answerOf } from './requests.ts'
import { entryOf, SHARED, term, type EventRow, type Tables } from './schema.ts'

/** An event as it is kept. */
export interface KeptEvent extends Omit<StoredEvent, 'data' | 'metadata'> {
  readonly data: string
  /** Absent where it is empty. */
  readonly metadata?: string
}

/** A longer event has a row for itself. */
const ROW_CHARACTERS = 4_096

/** The events of some rows. */
export function eventsIn(rows: readonly EventRow[]): KeptEvent[] {
  return rows.flatMap(({ position, events }) =>
    events.map((event, index) => ({ ...event, position: position + index })),
  )
}

/** The events from one position to another, both inclusive. */
export async function eventsBetween(
  from: number,
  to: number,
  tables: Tables,
): Promise<KeptEvent[]> {
  if (from > to) return []
  const range = IDBKeyRange.bound(from - SHARED + 1, to)
  const rows = (await answerOf(tables('events').getAll(range))) as EventRow[]
  return eventsIn(rows).filter(({ position }) => position >= from && position <= to)
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
  shared: readonly KeptEvent[],
  keysOf: (event: KeptEvent) => readonly string[],
): EventRow {
  const ids: string[] = []
  const firsts = new Map<string, number>()
  const versions = new Map<string, number>()
  for (const event of shared) {
    const { id, type, position, aggregate } = event
    ids.push(term.id(id))
    const names = [...keysOf(event).map(term.key), term.type(type)]
    if (aggregate) {
      names.push(term.aggregate(aggregate))
      versions.set(term.versions(aggregate), aggregate.version)
    }
    for (const name of names) if (!firsts.has(name)) firsts.set(name, position)
  }
  const entries = [...firsts, ...versions].map(([name, place]) => entryOf(name, place))
  return {
    position: (shared[0] as KeptEvent).position,
    events: shared.map(({ position: _, ...event }) => event),
    terms: [...ids, ...entries],
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

export function metadataOf(
  metadata: string | undefined,
  decode: JsonCodec['decode'],
): EventMetadata {
  return (metadata === undefined ? {} : decode(metadata)) as EventMetadata
}

/** The event for those who match it: its data is read when they look at it. */
export function matchable({ type, aggregate, data }: KeptEvent, { decode }: JsonCodec): Matchable {
  let decoded: unknown
  return {
    type,
    ...(aggregate && { aggregate }),
    get data() {
      decoded ??= decode(data)
      return decoded
    },
  }
}
