import type { StoredEvent } from '../../event/event.ts'
import { checkLoad } from '../../store/check-read.ts'
import { compileStreams } from '../../store/matches.ts'
import type { LoadOptions } from '../../store/store.ts'
import type { Cursor, Streams } from '../../store/stream.ts'
import type { Access } from './access.ts'
import { begin } from './begin.ts'
import { eventOf, type Item } from './items.ts'
import { isAggregatePartition, MOST_VERSIONS, versionKey, type ItemKey } from './keys.ts'
import { mergePages } from './merge.ts'
import { readStretch, type Stretch } from './source.ts'
import { untilComplete } from './complete.ts'
import { formatVector, type Seen } from './vector.ts'

/** Events, and the heads up to which they were read. */
export interface LoadedEvents {
  readonly events: readonly StoredEvent[]
  /**
   * For each partition its head. Streams that are read by type, or in a partition that has no head, are
   * not in it: no cursor guards them.
   */
  readonly cursor: Cursor
  /** What `alsoGet` asked for. */
  readonly also: readonly (Item | undefined)[]
}

/**
 * Reads for a decision: the heads first, then the events up to them. `alsoGet` are keys of items to get
 * in the same round trip as the heads.
 */
export async function loadEvents(
  access: Access,
  streams: Streams,
  options: LoadOptions = {},
  alsoGet: readonly ItemKey[] = [],
): Promise<LoadedEvents> {
  checkLoad(streams, options)
  const { after, fromVersion = 0, toVersion = MOST_VERSIONS, signal } = options
  const isWhole = fromVersion === 0 && toVersion === MOST_VERSIONS
  const { stretches, heads, also } = await begin(access, streams, {
    after,
    provesItself: isWhole,
    alsoGet,
    signal,
  })
  const wanted = isWhole
    ? stretches
    : stretches.map((stretch) => narrowed(stretch, heads.get(stretch.pk), fromVersion, toVersion))
  const matches = compileStreams(streams)
  const events = await untilComplete(async () => {
    const found: StoredEvent[] = []
    const sources = wanted.map((stretch) => readStretch(access.table, stretch, signal))
    for await (const page of mergePages(sources)) {
      for (const item of page) {
        const event = eventOf(item, access.codec)
        if (matches(event)) found.push(event)
      }
    }
    return found
  }, signal)
  return { events, cursor: formatVector(heads), also }
}

/** The versions of an aggregate that are asked for, of those that its head counts. */
function narrowed(stretch: Stretch, head: Seen | undefined, from: number, to: number): Stretch {
  if (stretch.byType || !isAggregatePartition(stretch.pk)) return stretch
  const seen = stretch.after === undefined ? 0 : versionOf(stretch.from)
  const newest = head?.count ?? 0
  const first = Math.max(from, seen + 1)
  const last = Math.min(to, newest)
  return {
    ...stretch,
    from: versionKey(Math.min(first, MOST_VERSIONS)),
    to: versionKey(last),
    holds: {
      newest: last === newest && first <= last ? (head?.at ?? '') : '',
      places: [],
      count: Math.max(0, last - first + 1),
    },
  }
}

function versionOf(key = ''): number {
  return Number(key.slice('EVT#'.length))
}
