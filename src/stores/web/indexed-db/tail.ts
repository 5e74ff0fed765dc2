import { compareStrings } from '../../../store/compare.ts'
import { START, type Place } from '../../../store/cursor.ts'
import type { JsonCodec } from '../../../store/json.ts'
import { compileStreams, type Matchable } from '../../../store/matches.ts'
import type { Streams } from '../../../store/stream.ts'
import { matchable, type KeptEvent } from './kept.ts'
import type { LogRow } from './schema.ts'

/** What is kept in memory at most. */
const EVENTS = 2_000
const CHARACTERS = 4 * 1024 * 1024

/** The end of the log as this store wrote it, so that a condition on what was just read needs no search. */
export interface Tail {
  /** The newest event's place; `undefined` where it is not known. */
  readonly head: () => Place | undefined
  /** The greatest id of all events. */
  readonly greatest: () => string
  /** The position before its first event. */
  readonly start: () => number
  /**
   * Takes note of where the log ends, and tells whether that is new. What others wrote is not read: a
   * search finds it.
   */
  readonly meet: (row: LogRow | undefined) => boolean
  /** Adds an event that was written at the head. */
  readonly add: (event: KeptEvent) => void
  /** Lets go of the older half where it has become too much. */
  readonly trim: () => void
  /** Forgets everything: what was added may not have been kept. */
  readonly forget: () => void
  readonly find: (test: (event: KeptEvent) => boolean) => KeptEvent | undefined
  /** The first event after a position that matches. */
  readonly firstMatch: (streams: Streams, after: number) => KeptEvent | undefined
}

export function createTail(codec: JsonCodec): Tail {
  let events: { readonly event: KeptEvent; readonly matched: Matchable }[] = []
  let characters = 0
  let head: Place | undefined
  let greatest = ''

  const start = (): number => (head?.position ?? 0) - events.length
  const forget = (): void => {
    events = []
    characters = 0
    head = undefined
  }

  return {
    head: () => head,
    greatest: () => greatest,
    start,
    forget,
    meet: (row) => {
      const { position, id } = row ?? START
      const isNew = position !== head?.position || id !== head.id
      if (isNew) forget()
      head = { position, id }
      greatest = row?.greatest ?? ''
      return isNew
    },
    add: (event) => {
      events.push({ event, matched: matchable(event, codec) })
      characters += event.data.length
      head = event
      if (compareStrings(event.id, greatest) > 0) greatest = event.id
    },
    trim: () => {
      if (events.length <= EVENTS && characters <= CHARACTERS) return
      events = events.slice(Math.ceil(events.length / 2))
      characters = events.reduce((sum, { event }) => sum + event.data.length, 0)
    },
    find: (test) => events.findLast(({ event }) => test(event))?.event,
    firstMatch: (streams, after) => {
      const matches = compileStreams(streams)
      return events.slice(Math.max(after - start(), 0)).find(({ matched }) => matches(matched))
        ?.event
    },
  }
}
