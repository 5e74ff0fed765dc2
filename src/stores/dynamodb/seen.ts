import { ConcurrencyError } from '../../store/errors.ts'
import type { After } from '../../store/stream.ts'
import type { Access } from './access.ts'
import type { At } from './clock.ts'
import type { EventItem, HeadItem } from './items.ts'
import { isAggregatePartition, versionKey } from './keys.ts'
import { readStretch, type Holding } from './source.ts'
import { NOTHING, type Seen } from './vector.ts'

/** Throws `CONFLICT`: the log does not hold what was seen. */
export function refuseRewound(after: After): never {
  throw new ConcurrencyError({ reason: 'rewound', cursor: after })
}

/** What a reader has seen who read up to the head. */
export function seenOf(head: HeadItem | undefined): Seen {
  if (!head?.at) return NOTHING
  const places = Object.entries(head).flatMap(([name, at]) =>
    name.startsWith('#') ? [at as At] : [],
  )
  return { at: head.at, count: head.count, places }
}

/** The sort key of the newest event that was seen. */
export function seenKey(pk: string, { at, count }: Seen): string {
  return isAggregatePartition(pk) ? versionKey(count ?? 0) : at
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
  readonly holds?: Holding
} {
  return {
    ...(seen.at !== '' && {
      from: seenKey(pk, seen),
      after: seen.at,
      onGone: () => refuseRewound(after),
    }),
    ...(upTo && upTo.at !== '' && { to: seenKey(pk, upTo), holds: holdingOf(seen, upTo) }),
  }
}

/** What must be between what was seen and a head. */
export function holdingOf(seen: Seen, head: Seen): Holding {
  const isKnown = seen.count !== undefined && head.count !== undefined
  return {
    newest: head.at,
    places: (head.places ?? []).filter((at) => at > seen.at),
    count: isKnown ? head.count - seen.count : undefined,
  }
}
