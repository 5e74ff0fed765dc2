import { ConcurrencyError } from '../../store/errors.ts'
import type { After } from '../../store/stream.ts'
import type { Access } from './access.ts'
import type { At } from './clock.ts'
import { isAt } from './clock.ts'
import type { EventItem, HeadItem, IdItem, Item } from './items.ts'
import {
  aggregatePartition,
  idKey,
  isAggregatePartition,
  versionKey,
  type ItemKey,
} from './keys.ts'
import { readStretch } from './source.ts'
import { NOTHING, type Seen } from './vector.ts'

const LONGEST_ID = 255

/** Throws `CONFLICT`: the log does not hold what was seen. */
export function refuseRewound(after: After): never {
  throw new ConcurrencyError({ reason: 'rewound', cursor: after })
}

/** What a reader has seen who read up to the head. */
export function seenOf(head: HeadItem | undefined): Seen {
  return head ? { at: head.at, version: head.currentVersion ?? 0 } : NOTHING
}

/** The sort key of the newest event that was seen. */
export function seenKey(pk: string, { at, version }: Seen): string {
  return isAggregatePartition(pk) ? versionKey(version) : at
}

/**
 * The events of a partition after what was seen, up to a place, oldest first. Refuses what the log does
 * not hold, before the first of them.
 */
export async function* newerThan(
  { table }: Access,
  pk: string,
  seen: Seen,
  {
    upTo,
    after,
    signal,
  }: {
    /** What a head says. Default is everything. */
    readonly upTo?: Seen | undefined
    /** What the caller gave, for the error. */
    readonly after: After
    readonly signal?: AbortSignal | undefined
  },
): AsyncGenerator<EventItem> {
  if (upTo && upTo.at < seen.at) refuseRewound(after)
  const source = readStretch(table, { pk, ...rangeAfter(pk, seen, upTo, after) }, signal)
  for (let page = await source.next(); page; page = await source.next()) yield* page
}

/** The range that begins with the evidence of what was seen, if there is any, and ends at a head. */
export function rangeAfter(
  pk: string,
  seen: Seen,
  upTo: Seen | undefined,
  after: After,
): {
  readonly from?: string
  readonly to?: string
  readonly after?: At
  readonly onGone?: () => never
} {
  return {
    ...(seen.at !== '' && {
      from: seenKey(pk, seen),
      after: seen.at,
      onGone: () => refuseRewound(after),
    }),
    ...(upTo && upTo.at !== '' && { to: seenKey(pk, upTo) }),
  }
}

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
    const aggregates = [...places.pks].filter(isAggregatePartition)
    const searched = await Promise.all([
      ...aggregates.map((pk) => newestUpTo({ table }, pk, eventId, signal)),
      ...[...places.types].map((type) => eventOfType({ table }, type, eventId, signal)),
    ])
    const event = searched.find((item) => item?.id === eventId)
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
  if (!isAggregatePartition(pk)) return { at, version: 0 }
  if (type !== undefined && id !== undefined && version !== undefined) {
    if (aggregatePartition({ type, id }) === pk) return { at, version }
  }
  const newest = await newestUpTo(access, pk, at, signal)
  return newest ? { at: newest.at, version: newest.version ?? 0 } : NOTHING
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

async function eventOfType(
  { table }: Pick<Access, 'table'>,
  type: string,
  at: At,
  signal?: AbortSignal,
): Promise<EventItem | undefined> {
  const stretch = { pk: type, byType: true, from: at, to: at }
  return (await readStretch(table, stretch, signal).next())?.[0]
}
