import type { StoredEvent } from '../../../event/event.ts'
import { compareStrings } from '../../../store/compare.ts'
import { START, type Place } from '../../../store/cursor.ts'
import type { LogRow } from './schema.ts'

/** What is kept in memory at most. */
const EVENTS = 2_000
const CHARACTERS = 4 * 1024 * 1024

/** The end of the log as this store wrote it, so that a condition on what was just read needs no search. */
export class Tail {
  head: Place = START
  /** The greatest id of all events. */
  greatest = ''
  /** The newest events. */
  events: StoredEvent[] = []
  size = 0

  /**
   * Takes note of where the log ends, and tells whether that is new. What others wrote is not read: a
   * search finds it.
   */
  meet({ position, id, greatest }: Pick<LogRow, 'position' | 'id' | 'greatest'>): boolean {
    const isNew = position !== this.head.position || id !== this.head.id
    if (isNew) this.events = []
    this.head = { position, id }
    this.greatest = greatest
    return isNew
  }

  /** Adds an event that was written at the head. */
  add(event: StoredEvent, characters: number): void {
    this.events.push(event)
    this.size += characters
    this.head = event
    if (compareStrings(event.id, this.greatest) > 0) this.greatest = event.id
  }

  /** Lets go of the older half where it has become too much. */
  trim(): void {
    if (this.events.length <= EVENTS && this.size <= CHARACTERS) return
    this.events = this.events.slice(Math.ceil(this.events.length / 2))
    this.size = 0
  }
}

/** The end of a log that has no events. */
export const NOTHING: Pick<LogRow, 'position' | 'id' | 'greatest'> = { ...START, greatest: '' }
