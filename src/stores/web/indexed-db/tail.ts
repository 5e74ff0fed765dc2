import type { StoredEvent } from '../../../event/event.ts'
import { compareStrings } from '../../../store/compare.ts'
import { START, type Place } from '../../../store/cursor.ts'
import { compileStreams } from '../../../store/matches.ts'
import type { Streams } from '../../../store/stream.ts'
import { namesOf, type Placed } from './rows.ts'
import { listsOf, type Source } from './scan.ts'
import type { LogRow } from './schema.ts'

/** What is kept in memory at most. */
const EVENTS = 10_000
const CHARACTERS = 4 * 1024 * 1024

/** The end of a log that has no events. */
export const NOTHING: Pick<LogRow, 'position' | 'id' | 'greatest'> = { ...START, greatest: '' }

/** The end of the log as this store wrote it, so that a condition on what was just read needs no search. */
export class Tail {
  readonly #source: Source
  head: Place = START
  /** The greatest id of all events. */
  greatest = ''
  #placed: Placed[] = []
  #size = 0
  /** Events by what they are filed under. */
  #filed = new Map<string, StoredEvent[]>()

  constructor(source: Source) {
    this.#source = source
  }

  /** The position before its first event. */
  get start(): number {
    return this.head.position - this.#placed.length
  }

  /**
   * Takes note of where the log ends, and tells whether that is new. What others wrote is not read: a
   * search finds it.
   */
  meet({ position, id, greatest }: Pick<LogRow, 'position' | 'id' | 'greatest'>): boolean {
    const isNew = position !== this.head.position || id !== this.head.id
    if (isNew) this.#keep([])
    this.head = { position, id }
    this.greatest = greatest
    return isNew
  }

  /** Adds an event that was written at the head. */
  add(placed: Placed): void {
    const [event, { keys, json }] = placed
    this.#placed.push(placed)
    this.#size += json.length
    for (const name of namesOf(event, keys)) {
      const events = this.#filed.get(name)
      if (events) events.push(event)
      else this.#filed.set(name, [event])
    }
    this.head = event
    if (compareStrings(event.id, this.greatest) > 0) this.greatest = event.id
  }

  /** Lets go of the older half where it has become too much. */
  trim(): void {
    const { length } = this.#placed
    if (length > EVENTS || this.#size > CHARACTERS) this.#keep(this.#placed.slice(-length / 2))
  }

  #keep(placed: readonly Placed[]): void {
    this.#placed = []
    this.#size = 0
    this.#filed.clear()
    for (const each of placed) this.add(each)
  }

  at(position: number): StoredEvent | undefined {
    return this.#placed[position - this.start - 1]?.[0]
  }

  /** The newest event under a term. */
  last(name: string): StoredEvent | undefined {
    return this.#filed.get(name)?.at(-1)
  }

  /** The first event after a position that matches. */
  firstMatch(streams: Streams, after: number): StoredEvent | undefined {
    const matches = compileStreams(streams)
    const isMatch = (event: StoredEvent): boolean => event.position > after && matches(event)
    const lists = listsOf(streams, this.#source)
    if (!lists) return this.#placed.slice(after - this.start).find(([event]) => matches(event))?.[0]
    return lists
      .flatMap(([names = []]) => names)
      .flatMap((name) => this.#filed.get(name)?.find(isMatch) ?? [])
      .sort((a, b) => a.position - b.position)[0]
  }
}
