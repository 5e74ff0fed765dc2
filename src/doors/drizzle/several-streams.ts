import { parseCursor } from '../../store/cursor.ts'
import { ArgumentError } from '../../store/errors.ts'
import type { Loaded } from '../../store/store.ts'
import type { StoredEvent } from '../../event/event.ts'
import type { Stream } from '../../store/stream.ts'
import type { ReadRequest, StreamOptions, StreamRequest } from './client.ts'
import { streamOf } from './codec.ts'
import type { EventLike } from './types.ts'

export function streamOfRequest({ eventTypes, options }: ReadRequest<EventLike>): Stream {
  return streamOf(eventTypes, options?.data)
}

/** The streams by what was seen of them. An empty list stays one, for the store to refuse. */
export function groupByAfter(
  requests: readonly StreamRequest<EventLike>[],
): ReadonlyMap<string | undefined, Stream[]> {
  const groups = new Map<string | undefined, Stream[]>()
  if (requests.length === 0) groups.set(undefined, [])
  for (const request of requests) {
    const after = request.options?.after ?? undefined
    const streams = groups.get(after) ?? []
    groups.set(after, [...streams, streamOfRequest(request)])
  }
  return groups
}

/** Each event once, in the order of the log, up to where all of the loads have seen. */
export function merge(loads: readonly Loaded[]): StoredEvent[] {
  const seenByAll = Math.min(...loads.map(({ cursor }) => parseCursor(cursor).position))
  const byPosition = new Map(
    loads.flatMap(({ events }) => events.map((event) => [event.position, event] as const)),
  )
  return [...byPosition.values()]
    .filter(({ position }) => position <= seenByAll)
    .sort((left, right) => left.position - right.position)
}

/** The transaction and the signal of streams that are read together. */
export function sharedBy(
  requests: readonly StreamRequest<EventLike>[],
): Pick<StreamOptions<unknown>, 'tx' | 'signal'> {
  const given = requests.map(({ options }) => options ?? {})
  const [tx, other] = new Set(given.flatMap((options) => options.tx ?? []))
  if (other !== undefined) {
    throw new ArgumentError(
      'getEventStreams: the streams name two transactions, but are read in one',
    )
  }
  const signal = given.find((options) => options.signal)?.signal
  return { tx, signal }
}
