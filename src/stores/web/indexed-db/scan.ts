import type { AggregateRef, StoredEvent } from '../../../event/event.ts'
import type { JsonCodec } from '../../../store/json.ts'
import { compileStreams } from '../../../store/matches.ts'
import { narrow } from '../../../store/narrow.ts'
import type { Stream, Streams } from '../../../store/stream.ts'
import { gap } from './errors.ts'
import { answerOf, rowsOf } from './requests.ts'
import { eventOf, span, term, type EventRow, type Tables } from './schema.ts'

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

const PAGE = 512
/** A condition is often broken by one of the first events, or by none. */
const FIRST = 16

/** Where the events of a stream are filed. */
interface Filed {
  readonly stream: Stream
  /** A matching event is under one term of each list. */
  readonly lists: readonly (readonly string[])[]
  /** The list that is followed. */
  followed: readonly string[]
  /** Positions that its versions allow, both inclusive. */
  bounds: readonly [low: number, high: number]
}

/** A search for the events of some streams, page by page. Each page may have a transaction of its own. */
export class Scan {
  readonly #source: Source
  readonly #options: ScanOptions
  readonly #matches: (event: StoredEvent) => boolean
  /** Absent where every event may match. */
  readonly #filed: readonly Filed[] | undefined
  /** What is left to look at. */
  #from: number
  #to: number = Number.MAX_SAFE_INTEGER
  #size: number
  #isFirst = true
  /** Most of what the last page looked at did not match. */
  #isPoor = false

  constructor(streams: Streams, source: Source, options: ScanOptions) {
    const { after, first = PAGE, fromVersion = 0, toVersion = Infinity } = options
    const matches = compileStreams(streams)
    this.#source = source
    this.#options = options
    this.#matches = (event) => {
      const version = event.aggregate?.version ?? fromVersion
      return version >= fromVersion && version <= toVersion && matches(event)
    }
    const filed = streams === 'all' ? [] : streams.map((stream) => filedOf(stream, source))
    this.#filed = filed.length && filed.every(({ lists }) => lists.length) ? filed : undefined
    this.#from = after + 1
    this.#size = Math.min(Math.max(first, 1), PAGE)
  }

  /** Whether there is nothing more to find. */
  get done(): boolean {
    return this.#from > this.#to
  }

  /** The next matching events, at most `limit`; perhaps none although more are to come. */
  async page(tables: Tables, limit: number = Infinity): Promise<StoredEvent[]> {
    const { fromVersion, toVersion } = this.#options
    if (this.#isFirst && (fromVersion ?? toVersion) !== undefined) await this.#seekVersions(tables)
    if (this.#isPoor) await this.#choose(tables)
    this.#isFirst = false
    const size = this.#size
    const rows = await (this.#filed ? this.#filedRows(this.#filed, tables) : this.#allRows(tables))
    const events: StoredEvent[] = []
    for (const row of rows) {
      const event = eventOf(row, this.#source.codec)
      if (this.#matches(event)) events.push(event)
      if (events.length < limit) continue
      this.#goOnBeyond(row.position)
      break
    }
    this.#isPoor = rows.length >= size && events.length * 4 < rows.length
    this.#size = Math.min(size * 4, PAGE)
    return events
  }

  #goOnBeyond(position: number): void {
    if (this.#options.backwards) this.#to = position - 1
    else this.#from = position + 1
  }

  /** Takes note of the end, once it is there. */
  async #end(): Promise<void> {
    this.#to = Math.min(this.#to, await this.#options.to)
  }

  /** Positions are dense, so that a page is a span of them. */
  async #allRows({ events }: Tables): Promise<readonly EventRow[]> {
    const { backwards } = this.#options
    if (backwards) await this.#end()
    const from = backwards ? Math.max(this.#from, this.#to - this.#size + 1) : this.#from
    const to = Math.min(this.#to, from + this.#size - 1)
    if (from > to) return []
    const [rows] = await Promise.all([
      answerOf(events.getAll(IDBKeyRange.bound(from, to)) as IDBRequest<EventRow[]>),
      this.#end(),
    ])
    const lost = rows.findIndex(({ position }, index) => position !== from + index)
    const found = lost < 0 ? rows.length : lost
    if (from + found <= Math.min(to, this.#to)) throw gap(from + found)
    this.#goOnBeyond(backwards ? from : to)
    return backwards ? rows.toReversed() : rows
  }

  async #filedRows(filed: readonly Filed[], { terms }: Tables): Promise<readonly EventRow[]> {
    const { backwards = false } = this.#options
    const [pages] = await Promise.all([
      Promise.all(
        this.#spans(filed, ({ followed }) => followed).map((range) =>
          rowsOf<EventRow>(terms, range, this.#size, backwards),
        ),
      ),
      this.#end(),
    ])
    // Where a list was cut, the others count as far as it goes.
    const ends = pages.flatMap((rows) =>
      rows.length < this.#size ? [] : [(rows.at(-1) as EventRow).position],
    )
    const end = backwards ? Math.max(this.#from, ...ends) : Math.min(this.#to, ...ends)
    this.#goOnBeyond(end)
    const sign = backwards ? -1 : 1
    if (pages.length === 1) return pages[0] as EventRow[]
    const found = new Map(pages.flat().map((row) => [row.position, row]))
    return [...found.values()]
      .filter(({ position }) => (position - end) * sign <= 0)
      .sort((a, b) => (a.position - b.position) * sign)
  }

  /** What is left to look at under some terms, each of them once. */
  #spans(filed: readonly Filed[], namesOf: (each: Filed) => readonly string[]): IDBKeyRange[] {
    const ranges = new Map<string, IDBKeyRange>()
    for (const each of filed) {
      const [low, high] = each.bounds
      const from = Math.max(this.#from, low)
      const to = Math.min(this.#to, high)
      if (from <= to) for (const name of namesOf(each)) ranges.set(name, span(name, from, to))
    }
    return [...ranges.values()]
  }

  async #seekVersions({ terms }: Tables): Promise<void> {
    const { fromVersion = 0, toVersion = Infinity } = this.#options
    await Promise.all(
      (this.#filed ?? []).map(async (each) => {
        const versions = term.versions(each.stream.aggregate as AggregateRef)
        const [low, beyond] = await Promise.all(
          [fromVersion, toVersion + 1].map((version) =>
            answerOf(terms.getKey(span(versions, version)) as IDBRequest<number | undefined>),
          ),
        )
        each.bounds = [low ?? Infinity, (beyond ?? Infinity) - 1]
      }),
    )
  }

  /** Follows the lists that lead farthest in one page: those have the fewest events. */
  async #choose({ terms }: Tables): Promise<void> {
    await Promise.all(
      (this.#filed ?? []).map(async (each) => {
        if (each.lists.length < 2) return
        const reaches = await Promise.all(
          each.lists.map((list) => this.#reachOf(each, list, terms)),
        )
        each.followed = each.lists[reaches.indexOf(Math.max(...reaches))] as readonly string[]
      }),
    )
  }

  async #reachOf(each: Filed, list: readonly string[], terms: IDBIndex): Promise<number> {
    const lasts = await Promise.all(
      this.#spans([each], () => list).map(async (range) => {
        const keys = (await answerOf(terms.getAllKeys(range, PAGE))) as number[]
        return keys.length < PAGE ? Infinity : (keys.at(-1) as number)
      }),
    )
    return Math.min(Infinity, ...lasts)
  }
}

/** The first event that matches, searched within one transaction. */
export async function findFirst(
  streams: Streams,
  source: Source,
  { after, to }: Pick<ScanOptions, 'after' | 'to'>,
  page: (scan: Scan) => Promise<readonly StoredEvent[]>,
): Promise<StoredEvent | undefined> {
  const scan = new Scan(streams, source, { after, to, first: FIRST })
  while (!scan.done) {
    const [event] = await page(scan)
    if (event) return event
  }
  return undefined
}

function filedOf(stream: Stream, { isIdentifier }: Source): Filed {
  const { types, aggregate } = stream
  const lists = narrow(stream, isIdentifier).keys.map((keys) => keys.map(term.key))
  if (aggregate) lists.unshift([term.aggregate(aggregate)])
  if (types) lists.push(types.map(term.type))
  return { stream, lists, followed: lists[0] ?? [], bounds: [0, Infinity] }
}
