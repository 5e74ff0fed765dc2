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
import { formatVector } from './vector.ts'

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
  const narrowed = (stretch: Stretch): Stretch => {
    if (isWhole || stretch.byType || !isAggregatePartition(stretch.pk)) return stretch
    const from = versionKey(Math.min(fromVersion, MOST_VERSIONS))
    const to = versionKey(Math.min(toVersion, MOST_VERSIONS))
    return {
      ...stretch,
      from: stretch.from !== undefined && stretch.from > from ? stretch.from : from,
      to: stretch.to !== undefined && stretch.to < to ? stretch.to : to,
    }
  }
  const sources = stretches.map((stretch) => readStretch(access.table, narrowed(stretch), signal))
  const matches = compileStreams(streams)
  const events: StoredEvent[] = []
  for await (const page of mergePages(sources)) {
    for (const item of page) {
      const event = eventOf(item, access.codec)
      if (matches(event)) events.push(event)
    }
  }
  return { events, cursor: formatVector(heads), also }
}
