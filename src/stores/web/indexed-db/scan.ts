import type { AggregateRef, StoredEvent } from '../../../event/event.ts'
import type { JsonCodec } from '../../../store/json.ts'
import { compileStreams } from '../../../store/matches.ts'
import { narrow } from '../../../store/narrow.ts'
import type { Stream, Streams } from '../../../store/stream.ts'
import { gap } from './errors.ts'
import { answerOf, valuesIn } from './requests.ts'
import { entriesOf, eventsBetween, eventsIn, SHARED, term, whichOf } from './rows.ts'
import { termsIn, type EventRow, type Tables } from './schema.ts'

/** What events are read with. */
export interface Source {
  readonly codec: JsonCodec
  readonly isIdentifier: (key: string) => boolean
}

export interface ScanOptions {
  /** A position: what is up to here is left out. */
  readonly after: number
  /** A position: what is up to here is included. It may still be on its way, in the same transaction. */
  readonly to: number | Promise<number>
  readonly backwards?: boolean | undefined
  /** How many are wanted at first. Default is a page full. */
  readonly first?: number | undefined
  /** Versions of the streams' aggregates, both inclusive. */
  readonly fromVersion?: number | undefined
  readonly toVersion?: number | undefined
}

/** A search for the events of some streams, page by page. Each page may have a transaction of its own. */
export interface Scan {
  /** Whether there is nothing more to find. */
  readonly done: () => boolean
  /** The next matching events, at most `limit`; perhaps none although more are to come. */
  readonly page: (tables: Tables, limit?: number) => Promise<StoredEvent[]>
}

const PAGE = 512

/** Where the events of a stream are filed. */
interface Filed {
  readonly aggregate: AggregateRef | undefined
  /** A matching event is under one term of each list. */
  readonly lists: readonly (readonly string[])[]
  /** The list that is followed. */
  followed: readonly string[]
  /** Positions that its versions allow, both inclusive. */
  low: number
  high: number
}

export function createScan(streams: Streams, source: Source, options: ScanOptions): Scan {
  const { codec } = source
  const { after, backwards, first = PAGE, fromVersion = 0, toVersion = Infinity } = options
  const matches = compileStreams(streams)
  const filed = listsOf(streams, source)?.map((lists, index): Filed => {
    const { aggregate } = streams[index] as Stream
    return { aggregate, lists, followed: lists[0] ?? [], low: 0, high: Infinity }
  })
  /** What is left to look at. */
  let from = after + 1
  let to = Number.MAX_SAFE_INTEGER
  let size = Math.min(Math.max(first, 1), PAGE)
  let isVersioned = options.fromVersion !== undefined || options.toVersion !== undefined
  /** Most of what the last page looked at did not match. */
  let isPoor = false

  const goOnBeyond = (position: number): void => {
    if (backwards) to = Math.min(to, position - 1)
    else from = Math.max(from, position + 1)
  }

  const meetEnd = async (): Promise<void> => {
    to = Math.min(to, await options.to)
  }

  /** Positions are dense, so that a page is a span of them. */
  const allEvents = async (tables: Tables): Promise<StoredEvent[]> => {
    if (backwards) await meetEnd()
    const low = backwards ? Math.max(from, to - size + 1) : from
    const high = Math.min(to, low + size - 1)
    const [events] = await Promise.all([eventsBetween(low, high, tables, codec), meetEnd()])
    const lost = events.findIndex(({ position }, index) => position !== low + index)
    const found = lost < 0 ? events.length : lost
    if (low + found <= Math.min(high, to)) throw gap(low + found)
    goOnBeyond(backwards ? low : high)
    return events
  }

  /** What is left to look at under some terms, each of them once. */
  const rangesOf = (
    some: readonly Filed[],
    namesOf: (each: Filed) => readonly string[],
  ): [name: string, range: IDBKeyRange][] => {
    const ranges = new Map<string, IDBKeyRange>()
    for (const each of some) {
      // The row of the first event may begin before it.
      const start = Math.max(from - SHARED + 1, each.low, 0)
      const end = Math.min(to, each.high)
      if (start <= end)
        for (const name of namesOf(each)) ranges.set(name, entriesOf(name, start, end))
    }
    return [...ranges]
  }

  const filedEvents = async (each: readonly Filed[], tables: Tables): Promise<StoredEvent[]> => {
    const found = new Map<number, [row: EventRow, which: number]>()
    const ends: number[] = []
    // Some may lie wholly before what is left.
    const most = size + SHARED - 1
    const follow = async ([name, range]: [string, IDBKeyRange]): Promise<void> => {
      const rows = await valuesIn<EventRow>(termsIn(tables), range, most, backwards)
      for (const row of rows) {
        const [, which = 0] = found.get(row.position) ?? []
        found.set(row.position, [row, which | whichOf(row, name)])
      }
      const last = rows.at(-1)
      // Where a list was cut, the others count as far as it goes.
      if (last && rows.length === most) {
        ends.push(backwards ? last.position : last.position + last.ids.length - 1)
      }
    }
    await Promise.all([...rangesOf(each, ({ followed }) => followed).map(follow), meetEnd()])
    const low = backwards ? Math.max(from, ...ends) : from
    const high = backwards ? to : Math.min(to, ...ends)
    goOnBeyond(backwards ? low : high)
    return [...found.values()]
      .flatMap(([row, which]) => eventsIn(row, codec, which))
      .filter(({ position }) => position >= low && position <= high)
      .sort((a, b) => a.position - b.position)
  }

  const seekVersions = async (tables: Tables): Promise<void> => {
    isVersioned = false
    const seek = async (name: string, version: number): Promise<number> => {
      const found = await answerOf(termsIn(tables).getKey(entriesOf(name, version)))
      return (found as number | undefined) ?? Infinity
    }
    await Promise.all(
      (filed ?? []).map(async (each) => {
        const name = term.versions(each.aggregate as AggregateRef)
        const found = await Promise.all([seek(name, fromVersion), seek(name, toVersion + 1)])
        each.low = found[0]
        each.high = found[1] + SHARED - 1
      }),
    )
  }

  /** Follows the lists that lead farthest in one page: those have the fewest events. */
  const choose = async (tables: Tables): Promise<void> => {
    const reachOf = async (each: Filed, list: readonly string[]): Promise<number> => {
      const ends = rangesOf([each], () => list).map(async ([, range]) => {
        const keys = await answerOf(termsIn(tables).getAllKeys(range, PAGE))
        // Where all of it is here, the shorter list is the better one.
        return keys.length < PAGE ? Number.MAX_SAFE_INTEGER - keys.length : (keys.at(-1) as number)
      })
      return Math.min(Infinity, ...(await Promise.all(ends)))
    }
    await Promise.all(
      (filed ?? []).map(async (each) => {
        if (each.lists.length < 2) return
        const reaches = await Promise.all(each.lists.map((list) => reachOf(each, list)))
        each.followed = each.lists[reaches.indexOf(Math.max(...reaches))] ?? each.followed
      }),
    )
  }

  const page: Scan['page'] = async (tables, limit = Infinity) => {
    if (isVersioned) await seekVersions(tables)
    if (isPoor) await choose(tables)
    const candidates = await (filed ? filedEvents(filed, tables) : allEvents(tables))
    const events: StoredEvent[] = []
    for (const event of backwards ? candidates.toReversed() : candidates) {
      const version = event.aggregate?.version ?? fromVersion
      if (version < fromVersion || version > toVersion || !matches(event)) continue
      events.push(event)
      if (events.length < limit) continue
      if (backwards) to = event.position - 1
      else from = event.position + 1
      break
    }
    isPoor = candidates.length >= size && events.length * 4 < candidates.length
    size = Math.min(size * 4, PAGE)
    return events
  }

  return { done: () => from > to, page }
}

/**
 * The lists of terms of each stream: a matching event is under one of each list. `undefined` where that
 * says nothing, because a stream may match every event.
 */
export function listsOf(
  streams: Streams,
  { isIdentifier }: Pick<Source, 'isIdentifier'>,
): (readonly string[])[][] | undefined {
  if (streams === 'all') return undefined
  const all = streams.map((stream) => {
    const { types, aggregate } = stream
    const lists = narrow(stream, isIdentifier).keys.map((keys) => keys.map(term.key))
    if (aggregate) lists.unshift([term.aggregate(aggregate)])
    if (types) lists.push(types.map(term.type))
    return lists
  })
  return all.every((lists) => lists.length > 0) ? all : undefined
}
