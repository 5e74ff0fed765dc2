import { keysOf } from '../../event/identifiers.ts'
import type { Condition } from '../../store/commit.ts'
import { ArgumentError, UnsupportedError } from '../../store/errors.ts'
import { compileStreams, type Matchable } from '../../store/matches.ts'
import { show } from '../../store/show.ts'
import type { Stream } from '../../store/stream.ts'
import type { Access } from './access.ts'
import { guardsOf, listOf, type Boundary } from './boundary.ts'
import { eventById, keysOfEvent } from './event-by-id.ts'
import { isRecent, settle, untilComplete } from './complete.ts'
import { eventOf, type EventItem, type HeadItem } from './items.ts'
import { aggregatePartition, keyPartition } from './keys.ts'
import { newerThan, seenOf } from './seen.ts'
import { NOTHING, parseVector, type Seen } from './vector.ts'

/** A condition, on one of the partitions that it guards. */
export interface Pin {
  readonly pk: string
  readonly condition: Condition
  /** The index of the condition. */
  readonly index: number
  readonly matches: (event: Matchable) => boolean
  /** The event types that matter here; `undefined` where all do. */
  readonly types: readonly string[] | undefined
  /** Up to here nothing stands against it. It moves on as later events turn out not to match. */
  seen: Seen
  /** Whether the log was looked at: that what the caller has seen is still there. */
  isProven: boolean
}

/** What the caller has seen, and which partitions a stream may be guarded in. */
interface Sight {
  readonly guards: (stream: Stream) => readonly Boundary[]
  readonly seen: (pk: string) => Seen
}

/** The partitions of all conditions. Throws where a condition cannot be guarded. */
export async function pinsOf(
  conditions: readonly Condition[],
  isWritten: (pk: string) => boolean,
  access: Access,
): Promise<Pin[]> {
  const pins: Pin[] = []
  for (const [index, condition] of conditions.entries()) {
    const streams = listOf(condition.streams)
    const { guards, seen } = await sightOf(condition, streams, access)
    const matches = compileStreams(streams)
    const types = new Map<string, Set<string> | undefined>()
    for (const stream of streams) {
      for (const pk of cheapest(guards(stream), isWritten).pks) {
        const before = types.has(pk) ? types.get(pk) : new Set<string>()
        types.set(pk, before && stream.types && new Set([...before, ...stream.types]))
      }
    }
    for (const [pk, some] of types) {
      const pin = { pk, condition, index, matches, types: some && [...some] }
      pins.push({ ...pin, seen: seen(pk), isProven: seen(pk).at === '' })
    }
  }
  return pins
}

/**
 * Looks at what is new in the partition of a pin, up to its head, and moves the pin on. Throws `CONFLICT`
 * where an event matches, and where the log no longer has what was seen.
 */
export async function movePin(
  pin: Pin,
  head: HeadItem | undefined,
  access: Access,
): Promise<EventItem | undefined> {
  const upTo = seenOf(head)
  const { after = '' } = pin.condition
  if (upTo.at === '' && pin.seen.at === '') return undefined
  if (pin.seen.count === undefined && isRecent(upTo.at)) await settle()
  return untilComplete(async () => {
    for await (const item of newerThan(access, pin.pk, pin.seen, { upTo, after })) {
      if (pin.matches(eventOf(item, access.codec))) return item
    }
    pin.seen = upTo
    pin.isProven = true
    return undefined
  })
}

async function sightOf(
  { after }: Condition,
  streams: readonly Stream[],
  access: Access,
): Promise<Sight> {
  const all = (stream: Stream): Boundary[] => guardsOf(stream, access.filing)
  if (after === undefined) return { guards: all, seen: () => NOTHING }
  if (typeof after === 'string') {
    const vector = parseVector(after)
    return {
      seen: (pk) => vector.get(pk) ?? NOTHING,
      guards: (stream) => {
        const seen = all(stream).filter(({ pks }) => pks.every((pk) => vector.has(pk)))
        if (seen.length > 0) return seen
        throw new ArgumentError(
          `conditions: the cursor says nothing of ${show(stream)}. Use the cursor of a load of these streams`,
        )
      },
    }
  }
  const places = await placesOfEvent(after.eventId, streams, access)
  return {
    seen: (pk) => places.get(pk) ?? NOTHING,
    guards: (stream) => {
      const holding = all(stream).filter(({ pks }) => pks.every((pk) => places.has(pk)))
      if (holding.length > 0) return holding
      throw new UnsupportedError(
        `DynamoDB has no order between keys, so the event ${show(after.eventId)} does not tell what was seen of ${show(stream)}. Use the cursor of a load of these streams as after.`,
      )
    },
  }
}

/** The partitions that hold an event, and its place in them. */
async function placesOfEvent(
  eventId: string,
  streams: readonly Stream[],
  access: Access,
): Promise<Map<string, Seen>> {
  const pks = new Set(
    streams.flatMap((stream) => guardsOf(stream, access.filing).flatMap((guard) => guard.pks)),
  )
  const found = await access.table.getAll(keysOfEvent(eventId, pks))
  const item = await eventById(access, eventId, found, { pks, types: [] })
  const { data, aggregate } = eventOf(item, access.codec)
  const keys = keysOf(data, access.filing.isIdentifier)
  const places = new Map<string, Seen>(
    keys.map((key) => [keyPartition(key), { at: item.at, count: undefined }]),
  )
  if (aggregate) {
    places.set(aggregatePartition(aggregate), { at: item.at, count: aggregate.version })
  }
  return places
}

/** The boundary that adds the fewest items to what is written anyway. */
function cheapest(guards: readonly Boundary[], isWritten: (pk: string) => boolean): Boundary {
  const cost = ({ pks }: Boundary): number => pks.filter((pk) => !isWritten(pk)).length
  return guards.reduce((best, each) => (cost(each) < cost(best) ? each : best))
}
