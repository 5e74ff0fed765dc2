import type { StoredEvent } from '../../event/event.ts'
import { compileStreams } from '../../store/matches.ts'
import type { Streams } from '../../store/stream.ts'
import { candidatesOf, type Candidates, type Index } from './candidates.ts'
import { Allowance, PAUSE } from './postings.ts'
import { eventOf, type Source } from './rows.ts'
import { PAGE, type EventRow } from './statements.ts'
import { rowOf } from './term-reader.ts'

export interface ScanOptions {
  /** A position: what is up to here is left out. */
  readonly after: number
  /** A position: what is up to here is included. */
  readonly to: number
  readonly backwards?: boolean | undefined
  /** How many are wanted at first. Default is a page full. */
  readonly first?: number | undefined
  readonly fromVersion?: number | undefined
  readonly toVersion?: number | undefined
}

/** Rows and index entries that one page may look at: some milliseconds. */
const ALLOWANCE = 4_000

/**
 * A search for the events of some streams, done page by page: the caller decides what happens between
 * two pages. Each page has to run in a transaction on an index that is up to date.
 */
export class Scan {
  readonly #index: Index & Source
  readonly #candidates: Candidates
  /** Absent where every candidate matches. */
  readonly #matches: ReturnType<typeof compileStreams> | undefined
  readonly #allowance = new Allowance()
  readonly #backwards: boolean
  /** Places, as {@link Postings} count them. */
  #from: number
  readonly #to: number
  #size: number
  #exhausted = false
  #rows: readonly EventRow[] = []
  #used = 0
  #isFirst = true

  constructor(streams: Streams, index: Index & Source, options: ScanOptions) {
    const { after, to, backwards = false, first = PAGE, fromVersion, toVersion } = options
    const allowance = this.#allowance
    this.#index = index
    this.#backwards = backwards
    this.#from = backwards ? -to : after + 1
    this.#to = backwards ? -after - 1 : to
    this.#size = Math.min(Math.max(first, 1), PAGE)
    const search = { backwards, first: this.#size, allowance, fromVersion, toVersion }
    this.#candidates = candidatesOf(streams, index, search)
    this.#matches = this.#candidates.exact ? undefined : compileStreams(streams)
  }

  /** Whether there is nothing more to find. */
  get done(): boolean {
    return this.#used === this.#rows.length && (this.#exhausted || this.#from > this.#to)
  }

  /** What the last page looked at. */
  get looked(): number {
    return this.#allowance.spent
  }

  /** The next matching events, at most `limit`; perhaps none although more are to come. */
  page(limit: number = PAGE, allowance: number = ALLOWANCE): StoredEvent[] {
    this.#allowance.give(allowance)
    const found: StoredEvent[] = []
    while (found.length < limit) {
      if (this.#used === this.#rows.length && !this.#fetch()) break
      const event = eventOf(this.#rows[this.#used] as EventRow, this.#index)
      this.#used += 1
      if (this.#matches === undefined || this.#matches(event)) found.push(event)
    }
    return found
  }

  /** Looks for more candidates; `false` where there are none, or none for now. */
  #fetch(): boolean {
    if (this.done || this.#allowance.isSpent) return false
    this.#rows = this.#candidates.postings ? this.#filedRows() : this.#allRows()
    this.#used = 0
    this.#allowance.spend(this.#rows.length * 2)
    this.#size = Math.min(this.#size * 4, PAGE)
    return this.#rows.length > 0
  }

  #filedRows(): readonly EventRow[] {
    const { statements } = this.#index
    const first = this.#isFirst ? this.#firstRows() : []
    this.#isFirst = false
    if (first.length > 0) return first
    const positions = this.#positions()
    const [position] = positions
    if (position === undefined) return []
    if (positions.length > 1) return statements.eventsAt.all(JSON.stringify(positions))
    const row = statements.eventAt.get(position)
    return row ? [row] : []
  }

  /** Where all is filed under one term and a page full is wanted, the first page comes in one go. */
  #firstRows(): readonly EventRow[] {
    const { statements, recent, types } = this.#index
    const { only } = this.#candidates
    const from = this.#from
    const filed = Math.min(this.#to, recent.start)
    if (only === undefined || this.#backwards || this.#size < PAGE || from > filed) return []
    const { term } = only
    const row = rowOf(term, from, statements)
    const next = statements.rowAfterMany.get(term, row, filed)?.[0]
    const to = next === undefined ? filed : next - 1
    const rows = only.types
      ? statements.eventsOfTypesUnder.all(
          term,
          row,
          to,
          JSON.stringify([...types.of(only.types)]),
          from,
          to,
        )
      : statements.eventsUnder.all(term, row, to, from, to)
    const last = rows.at(-1)
    this.#from = (last && rows.length === PAGE ? last[0] : to) + 1
    return rows
  }

  #positions(): number[] {
    const positions: number[] = []
    try {
      while (positions.length < this.#size) {
        const place = this.#candidates.postings?.seek(this.#from)
        this.#exhausted = place === undefined || place > this.#to
        if (place === undefined || place > this.#to) break
        positions.push(Math.abs(place))
        this.#from = place + 1
      }
    } catch (error) {
      if (error !== PAUSE) throw error
    }
    return positions
  }

  #allRows(): readonly EventRow[] {
    const { eventsUp, eventsDown } = this.#index.statements
    const rows = this.#backwards
      ? eventsDown.all(-this.#from, -this.#to, this.#size)
      : eventsUp.all(this.#from, this.#to, this.#size)
    this.#exhausted = rows.length < this.#size
    const last = rows.at(-1)
    if (last) this.#from = (this.#backwards ? -last[0] : last[0]) + 1
    return rows
  }
}
