import type { After, Streams } from '../../store/stream.ts'
import type { Access } from './access.ts'
import { listOf } from './boundary.ts'
import { candidatesOf, candidatesSeen, choose, headsToRead, type Chosen } from './choose.ts'
import type { EventItem, HeadItem, Item } from './items.ts'
import { HEAD, type ItemKey } from './keys.ts'
import { isRecent, settle } from './complete.ts'
import { eventById, keysOfEvent, seenUpTo } from './event-by-id.ts'
import { holdingOf, rangeAfter, refuseRewound, seenKey, seenOf } from './seen.ts'
import type { Stretch } from './source.ts'
import { NOTHING, parseVector, type Seen, type Vector } from './vector.ts'

export interface BeginOptions {
  readonly after?: After | undefined
  /** Whether the first event of each stretch proves what was seen. Otherwise it is asked for. */
  readonly provesItself: boolean
  readonly alsoGet?: readonly ItemKey[] | undefined
  readonly signal?: AbortSignal | undefined
}

/** What is read of streams, after what was seen, up to what the heads say. */
export interface Begun {
  readonly chosen: Chosen
  /** What whoever reads it all has seen. */
  readonly heads: Vector
  readonly stretches: readonly Stretch[]
  /** What else was asked for. */
  readonly also: readonly (Item | undefined)[]
}

/**
 * Reads the heads, and in the same round trip what proves the place after which to read. What heads say
 * is in the partitions: whole commits, however many are written meanwhile.
 */
export async function begin(
  access: Access,
  streams: Streams,
  { after, provesItself, alsoGet = [], signal }: BeginOptions,
): Promise<Begun> {
  const { filing } = access
  const list = listOf(streams)
  const vector = typeof after === 'string' ? parseVector(after) : undefined
  const candidates = vector ? candidatesSeen(list, filing, vector) : candidatesOf(list, filing)
  const pks = headsToRead(candidates)
  const proofs = provesItself || !vector ? [] : pks.filter((pk) => vector.get(pk)?.at)
  const eventId = typeof after === 'object' ? after.eventId : undefined
  const places = {
    pks: new Set(candidates.flatMap(({ boundaries }) => boundaries.flatMap((each) => each.pks))),
    types: new Set(candidates.flatMap(({ types }) => types)),
  }
  const [headItems, proofItems, found, also] = await getGroups(access, signal, [
    pks.map((pk) => ({ pk, sk: HEAD })),
    proofs.map((pk) => ({ pk, sk: seenKey(pk, vector?.get(pk) ?? NOTHING) })),
    eventId === undefined ? [] : keysOfEvent(eventId, places.pks),
    alsoGet,
  ])
  const heads = new Map(pks.map((pk, index) => [pk, headItems[index] as HeadItem | undefined]))
  const proven = new Map(proofs.map((pk, index) => [pk, proofItems[index]?.['at']]))
  const event =
    eventId === undefined ? undefined : await eventById(access, eventId, found, places, signal)
  const chosen = choose(candidates, (pk) => heads.get(pk)?.count ?? 0)

  const stretchOf = async (pk: string): Promise<Stretch[]> => {
    const head = seenOf(heads.get(pk))
    if (vector) {
      const seen = vector.get(pk) ?? NOTHING
      const isGone = head.at < seen.at || (proven.has(pk) && proven.get(pk) !== seen.at)
      if (isGone) refuseRewound(after as string)
      if (head.at === seen.at) return []
      const { onGone, ...range } = rangeAfter(pk, seen, head, after as string)
      return [{ pk, ...range, ...(provesItself && { onGone }) }]
    }
    if (head.at === '' || (event && head.at <= event.at)) return []
    const seen = event ? await seenUpTo(access, pk, event, signal) : NOTHING
    return [
      {
        pk,
        ...rangeOf(pk, seen),
        ...(event && { after: event.at }),
        to: seenKey(pk, head),
        holds: holdingOf(seen, head),
      },
    ]
  }

  const stretches = (await Promise.all([...chosen.guarded].map(stretchOf))).flat()
  const isUncounted = ({ holds }: Stretch): boolean =>
    holds !== undefined && holds.count === undefined && isRecent(holds.newest)
  if (stretches.some(isUncounted)) await settle(signal)
  return {
    chosen,
    heads: new Map([...chosen.guarded].map((pk) => [pk, seenOf(heads.get(pk))])),
    stretches: [...stretches, ...stretchesWithoutHead(chosen, event)],
    also,
  }
}

/** Everything that was chosen, from its beginning. */
export function stretchesOf(chosen: Chosen, toHead: boolean): Stretch[] {
  return [...[...chosen.guarded].map((pk) => ({ pk, toHead })), ...stretchesWithoutHead(chosen)]
}

function stretchesWithoutHead({ loose, types }: Chosen, event?: EventItem): Stretch[] {
  const range = event && { from: event.at, after: event.at }
  return [
    ...[...loose].map((pk) => ({ pk, ...range })),
    ...[...types].map((pk) => ({ pk, byType: true, ...range })),
  ]
}

function rangeOf(pk: string, seen: Seen): { from?: string } {
  return seen.at === '' ? {} : { from: seenKey(pk, seen) }
}

/** Several lists of keys in one round trip. */
async function getGroups<Groups extends readonly (readonly ItemKey[])[]>(
  { table }: Access,
  signal: AbortSignal | undefined,
  groups: readonly [...Groups],
): Promise<{ [Index in keyof Groups]: (Item | undefined)[] }> {
  const keys = groups.flat()
  const items = keys.length > 0 ? await table.getAll(keys, signal) : []
  let at = 0
  return groups.map((group) => items.slice(at, (at += group.length))) as {
    [Index in keyof Groups]: (Item | undefined)[]
  }
}
