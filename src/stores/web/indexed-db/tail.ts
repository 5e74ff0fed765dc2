import { compareStrings } from '../../../store/compare.ts'
import { START, type Place } from '../../../store/cursor.ts'
import type { JsonCodec } from '../../../store/json.ts'
import { compileStreams, type Matchable } from '../../../store/matches.ts'
import type { Streams } from '../../../store/stream.ts'
import type { EventRow, LogRow } from './schema.ts'

/** What is kept in memory at most. */
const ROWS = 2_000
const CHARACTERS = 4 * 1024 * 1024

/** The end of the log as this store wrote it, so that a condition on what was just read needs no search. */
export class Tail {
  readonly #codec: JsonCodec
  #entries: Entry[] = []
  #characters = 0
  #head: Place | undefined
  #greatest = ''

  constructor(codec: JsonCodec) {
    this.#codec = codec
  }

  /** Whether it was ever told where the log ends. */
  get known(): boolean {
    return this.#head !== undefined
  }

  get head(): Place {
    return this.#head ?? START
  }

  /** The greatest id of all events. */
  get greatest(): string {
    return this.#greatest
  }

  /** The position before its first event. */
  get start(): number {
    return this.head.position - this.#entries.length
  }

  /** Takes note of where the log ends. What others wrote is not read: a search finds it. */
  meet(row: LogRow | undefined): void {
    const { position, id, greatest } = row ?? { ...START, greatest: '' }
    this.#greatest = greatest
    if (position === this.#head?.position && id === this.#head.id) return
    this.#head = { position, id }
    this.#entries = []
    this.#characters = 0
  }

  /** Adds an event that was written at the head. */
  add(row: EventRow): void {
    const { position, id } = row
    this.#entries.push(new Entry(row, this.#codec))
    this.#characters += row.data.length
    this.#head = { position, id }
    if (compareStrings(id, this.#greatest) > 0) this.#greatest = id
  }

  /** Lets go of the older half where it has become too much. */
  trim(): void {
    if (this.#entries.length <= ROWS && this.#characters <= CHARACTERS) return
    this.#entries = this.#entries.slice(Math.ceil(this.#entries.length / 2))
    this.#characters = this.#entries.reduce((sum, { row }) => sum + row.data.length, 0)
  }

  /** Forgets everything: what was added may not have been kept. */
  forget(): void {
    this.#head = undefined
    this.#entries = []
  }

  at(position: number): EventRow | undefined {
    return this.#entries[position - this.start - 1]?.row
  }

  byId(id: string): EventRow | undefined {
    return this.#entries.findLast(({ row }) => row.id === id)?.row
  }

  /** The first event after a position that matches. */
  firstMatch(streams: Streams, after: number): EventRow | undefined {
    const matches = compileStreams(streams)
    const { start } = this
    for (let at = Math.max(after - start, 0); at < this.#entries.length; at += 1) {
      const entry = this.#entries[at] as Entry
      if (matches(entry)) return entry.row
    }
    return undefined
  }
}

/** An event whose data is read when somebody looks at it. */
class Entry implements Matchable {
  readonly row: EventRow
  readonly #codec: JsonCodec
  #data: unknown

  constructor(row: EventRow, codec: JsonCodec) {
    this.row = row
    this.#codec = codec
  }

  get type(): string {
    return this.row.type
  }

  get aggregate(): EventRow['aggregate'] {
    return this.row.aggregate
  }

  get data(): unknown {
    this.#data ??= this.#codec.decode(this.row.data)
    return this.#data
  }
}
