import type { AggregateRef, EventMetadata, StoredEvent } from '../../../event/event.ts'
import { nameOf, type PreparedEvent } from '../../../store/check-commit.ts'
import type { JsonCodec } from '../../../store/json.ts'
import { answerOf } from './requests.ts'
import type { EventRow, Tables } from './schema.ts'

/** An event that is to be written, with the place that it has. */
export type Placed = readonly [event: StoredEvent, prepared: PreparedEvent]

/**
 * How many events a row holds at most, now and in older versions. A row costs as much as several entries
 * of the index, so that those that are written at once share it; who reads one reads the others with it.
 */
export const SHARED = 4
/** A longer event has a row for itself. */
const ROW_CHARACTERS = 4_096

/** What events are filed under. */
export const term: {
  readonly key: (key: string) => string
  readonly type: (type: string) => string
  /** Filed as it is, for there is one event of an id. */
  readonly id: (id: string) => string
  readonly aggregate: (aggregate: AggregateRef) => string
  readonly versions: (aggregate: AggregateRef) => string
} = {
  key: (key) => `k${key}`,
  type: (type) => `t${type}`,
  id: (id) => `i${id}`,
  aggregate: (aggregate) => `a${nameOf(aggregate)}`,
  versions: (aggregate) => `v${nameOf(aggregate)}`,
}

/**
 * An entry of the index: a term with the position of the row, and which of the row's events are meant;
 * or with the last version in the row. Nothing that is stored holds NUL.
 */
function entryOf(name: string, place: number, which = 0): string {
  const digits = Math.min(place, Number.MAX_SAFE_INTEGER).toString(36).padStart(11, '0')
  return `${name}\0${digits}${which.toString(36)}`
}

/** The position or version of an entry. */
export function placeOf(entry: string): number {
  return Number.parseInt(entry.slice(-12, -1), 36)
}

/** Which events of a row are filed under a term, as bits. */
export function whichOf({ terms }: EventRow, name: string): number {
  const start = `${name}\0`
  return Number.parseInt(terms.find((entry) => entry.startsWith(start))?.at(-1) ?? '0', 36)
}

/** The entries of a term from one place to another, both inclusive. */
export function entriesOf(name: string, from: number, to: number = Infinity): IDBKeyRange {
  return IDBKeyRange.bound(entryOf(name, from), entryOf(name, to, 35))
}

/** Puts events that follow one another into rows. */
export function rowsOf(placed: readonly Placed[]): EventRow[] {
  const shared: Placed[][] = []
  let characters = 0
  for (const each of placed) {
    const last = shared.at(-1)
    const { length } = each[1].json
    characters += length
    if (last && last.length < SHARED && characters <= ROW_CHARACTERS) last.push(each)
    else {
      shared.push([each])
      characters = length
    }
  }
  return shared.map((some) => {
    const events = some.map(([event]) => event)
    const prepared = some.map((each) => each[1])
    const { position, timestamp } = events[0] as StoredEvent
    const row = {
      position,
      timestamp,
      ids: events.map(({ id }) => id),
      types: events.map(({ type }) => type),
      data: prepared.map(({ json }) => json),
      metadata: prepared.map(({ metadataJson }) => metadataJson),
      aggregates: events.map(({ aggregate }) => aggregate),
    }
    return {
      ...row,
      terms: termsOf(
        row,
        prepared.map(({ keys }) => keys),
      ),
    }
  })
}

/** What an event is filed under, its id first. */
export function namesOf(
  { id, type, aggregate }: Pick<StoredEvent, 'id' | 'type' | 'aggregate'>,
  keys: readonly string[],
): string[] {
  const names = [term.id(id), term.type(type), ...keys.map(term.key)]
  return aggregate ? [...names, term.aggregate(aggregate)] : names
}

/** What a row is filed under, where this are the keys of its events. */
export function termsOf(
  { position, ids, types, aggregates }: Omit<EventRow, 'terms'>,
  keys: readonly (readonly string[])[],
): string[] {
  const which = new Map<string, number>()
  const versions = new Map<string, number>()
  ids.forEach((id, index) => {
    const aggregate = aggregates[index]
    if (aggregate) versions.set(term.versions(aggregate), aggregate.version)
    const [, ...names] = namesOf({ id, type: types[index] as string, aggregate }, keys[index] ?? [])
    for (const name of names) which.set(name, (which.get(name) ?? 0) | (1 << index))
  })
  return [
    ...ids.map(term.id),
    ...[...which].map(([name, bits]) => entryOf(name, position, bits)),
    ...[...versions].map(([name, version]) => entryOf(name, version)),
  ]
}

/** The events of a row, all or some of them. */
export function eventsIn(row: EventRow, { decode }: JsonCodec, which = -1): StoredEvent[] {
  const { position, timestamp, ids, types, data, metadata, aggregates } = row
  return ids.flatMap((id, index) => {
    if (!(which & (1 << index))) return []
    const aggregate = aggregates[index]
    return {
      id,
      type: types[index] as string,
      data: decode(data[index] as string),
      metadata: metadataOf(metadata[index] as string, decode),
      position: position + index,
      timestamp,
      ...(aggregate && { aggregate }),
    }
  })
}

export function metadataOf(metadata: string, decode: JsonCodec['decode']): EventMetadata {
  return (metadata === '{}' ? {} : decode(metadata)) as EventMetadata
}

/** The events from one position to another, both inclusive. */
export async function eventsBetween(
  from: number,
  to: number,
  tables: Tables,
  codec: JsonCodec,
): Promise<StoredEvent[]> {
  if (from > to) return []
  // The row of the first event may begin before it.
  const range = IDBKeyRange.bound(from - SHARED + 1, to)
  const rows = (await answerOf(tables('events').getAll(range))) as EventRow[]
  return rows
    .flatMap((row) => eventsIn(row, codec))
    .filter(({ position }) => position >= from && position <= to)
}
