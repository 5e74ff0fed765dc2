import type { StoredEvent } from '../../../event/event.ts'
import { compareStrings } from '../../../store/compare.ts'
import type { Place } from '../../../store/cursor.ts'
import type { LogView } from '../../../store/judge.ts'
import type { Streams } from '../../../store/stream.ts'
import { Lookups } from './lookups.ts'
import { findFirst, type Scan, type Source } from './scan.ts'
import { eventOf, term, type EventRow } from './schema.ts'
import type { Tail } from './tail.ts'

type Match = Pick<StoredEvent, 'id' | 'type' | 'position'>

/** How far the streams of a condition were searched, and what was found first. */
interface Searched {
  readonly to: number
  readonly match: Match | undefined
}

/** A stretch of the log that has to be searched for a condition. */
export interface Search {
  readonly name: string
  readonly streams: Streams
  readonly after: number
  readonly to: number
}

/** The log as the commits of one batch see it: with what those before them have written. */
export class Batch extends Lookups implements LogView {
  readonly #tail: Tail
  readonly #source: Source
  readonly #numbers = new Map<Streams, number>()
  #searches: Search[] = []

  constructor(tail: Tail, source: Source) {
    super(source.codec)
    this.#tail = tail
    this.#source = source
  }

  /** What is to be searched, as far as it is known. */
  takeSearches(): readonly Search[] {
    const searches = this.#searches
    this.#searches = []
    return searches
  }

  /** Takes note of a search. */
  searched({ name, to }: Search, match: Match | undefined): void {
    this.known.set(name, { to, match })
  }

  head(): Place {
    return this.#tail.head
  }

  override idAt(position: number): string | undefined {
    const { position: head, id } = this.#tail.head
    if (position >= head) return position === head ? id : undefined
    return this.#tail.at(position)?.id ?? super.idAt(position)
  }

  override eventById(id: string): StoredEvent | undefined {
    // Ids rise, so that a new one is known to be new without a look.
    if (compareStrings(id, this.#tail.greatest) > 0) return undefined
    const row = this.#tail.byId(id)
    return row ? eventOf(row, this.codec) : super.eventById(id)
  }

  firstMatch(streams: Streams, after: number): Match | undefined {
    const name = `search ${this.#numberOf(streams)} ${after}`
    const searched = this.known.get(name) as Searched | undefined
    if (searched?.match) return searched.match
    const from = Math.max(after, searched?.to ?? 0)
    const { start } = this.#tail
    if (from >= start) return this.#tail.firstMatch(streams, from)
    const search = { name, streams, after: from, to: start }
    this.#searches.push(search)
    return this.ask(`${name} from ${from} to ${start}`, async (tables) => {
      const page = (scan: Scan) => scan.page(tables, 1)
      this.searched(search, await findFirst(streams, this.#source, search, page))
      return undefined
    })
  }

  #numberOf(streams: Streams): number {
    const number = this.#numbers.get(streams) ?? this.#numbers.size
    this.#numbers.set(streams, number)
    return number
  }

  /** Takes note of an event that was written. */
  wrote(row: EventRow): void {
    this.#tail.add(row)
    const { aggregate } = row
    if (aggregate) this.known.set(term.versions(aggregate), aggregate.version)
  }
}
