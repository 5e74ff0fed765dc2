import { setTimeout as delay } from 'node:timers/promises'
import { throwIfAborted } from '../../store/check-read.ts'
import type { Access } from './access.ts'
import { isAt, type At } from './clock.ts'
import type { EventItem, IdItem, Item } from './items.ts'
import { aggregatePartition, idKey, isAggregatePartition, type ItemKey } from './keys.ts'
import { refuseRewound } from './seen.ts'
import { readStretch } from './source.ts'
import { NOTHING, type Seen } from './vector.ts'

const LONGEST_ID = 255
/** Milliseconds before each look into the index. */
const PAUSES = [0, 50, 150, 400]

/** Where an event with this id may be found by its key alone. */
export function keysOfEvent(eventId: string, pks: Iterable<string>): ItemKey[] {
  if (Buffer.byteLength(eventId) > LONGEST_ID) return []
  if (!isAt(eventId)) return [idKey(eventId)]
  const filed = [...pks].filter((pk) => !isAggregatePartition(pk))
  return [idKey(eventId), ...filed.map((pk) => ({ pk, sk: eventId }))]
}

/**
 * The event with this id: what {@link keysOfEvent} found, or else searched in aggregates, and by type.
 * An event whose id the store gave is known where it was filed. Refuses an id that is not there.
 */
export async function eventById(
  { table }: Access,
  eventId: string,
  found: readonly (Item | undefined)[],
  places: { readonly pks: Iterable<string>; readonly types: Iterable<string> },
  signal?: AbortSignal,
): Promise<EventItem> {
  const isIt = (item: Item | undefined): boolean =>
    item?.['id'] === eventId && ['event', 'copy'].includes(item['itemType'] as string)
  const direct = found.find(isIt)
  if (direct) return direct as unknown as EventItem
  const pointer = found.find((item) => item?.['itemType'] === 'id') as IdItem | undefined
  if (pointer) {
    const item = await table.get({ pk: pointer.eventPk, sk: pointer.eventSk }, signal)
    if (isIt(item)) return item as unknown as EventItem
  } else if (isAt(eventId)) {
    const event =
      (await eventOfAggregates({ table }, eventId, places.pks, signal)) ??
      (await eventOfTypes({ table }, eventId, places.types, signal))
    if (event) return event
  }
  return refuseRewound({ eventId })
}

/**
 * What a reader has seen of a partition who has seen an event of any. That is as exact as the clocks of
 * the writers, unless the partition holds the event.
 */
export async function seenUpTo(
  access: Pick<Access, 'table'>,
  pk: string,
  event: EventItem,
  signal?: AbortSignal,
): Promise<Seen> {
  const { at, aggregateType: type, aggregateId: id, version } = event
  if (!isAggregatePartition(pk)) return { at, count: undefined }
  if (type !== undefined && id !== undefined && version !== undefined) {
    if (aggregatePartition({ type, id }) === pk) return { at, count: version }
  }
  const newest = await newestUpTo(access, pk, at, signal)
  return newest ? { at: newest.at, count: newest.version } : NOTHING
}

/** The newest event of an aggregate that is not after the place. */
async function newestUpTo(
  { table }: Pick<Access, 'table'>,
  pk: string,
  at: At,
  signal?: AbortSignal,
): Promise<EventItem | undefined> {
  const source = readStretch(table, { pk, backwards: true, first: 10 }, signal)
  for (let page = await source.next(); page; page = await source.next()) {
    const event = page.find((item) => item.at <= at)
    if (event) return event
  }
  return undefined
}

async function eventOfAggregates(
  access: Pick<Access, 'table'>,
  eventId: string,
  pks: Iterable<string>,
  signal?: AbortSignal,
): Promise<EventItem | undefined> {
  const aggregates = [...pks].filter(isAggregatePartition)
  const newest = await Promise.all(aggregates.map((pk) => newestUpTo(access, pk, eventId, signal)))
  return newest.find((item) => item?.id === eventId)
}

/** Looks several times: the index follows the table soon, and may show less than it has shown before. */
async function eventOfTypes(
  { table }: Pick<Access, 'table'>,
  eventId: string,
  types: Iterable<string>,
  signal?: AbortSignal,
): Promise<EventItem | undefined> {
  const sources = [...types].map((pk) => ({ pk, byType: true, from: eventId, to: eventId }))
  for (const pause of sources.length > 0 ? PAUSES : []) {
    if (pause > 0) await delay(pause)
    throwIfAborted(signal, 'the read')
    const pages = await Promise.all(
      sources.map((stretch) => readStretch(table, stretch, signal).next()),
    )
    const event = pages.flatMap((page) => page ?? []).find(({ id }) => id === eventId)
    if (event) return event
  }
  return undefined
}
