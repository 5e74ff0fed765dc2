import type { AggregateRef, StoredEvent } from '../../event/event.ts'
import { keysOf } from '../../event/identifiers.ts'
import type { PreparedEvent } from '../../store/check-commit.ts'
import { compareStrings } from '../../store/compare.ts'
import { START, type Place } from '../../store/cursor.ts'
import type { DocumentResult } from '../../store/document.ts'
import { StoreError } from '../../store/errors.ts'
import type { JsonCodec } from '../../store/json.ts'
import type { Answer, DocumentState, LogView } from '../../store/judge.ts'
import type { Streams } from '../../store/stream.ts'
import type { Index } from './candidates.ts'
import { Recent } from './recent.ts'
import { eventOf } from './rows.ts'
import { Scan, type ScanOptions } from './scan.ts'
import type { Statements } from './statements.ts'
import { TypeNumbers } from './type-numbers.ts'

/** What a connection and its options make of the tables. */
export interface LogOptions {
  readonly statements: Statements
  readonly codec: JsonCodec
  readonly isIdentifier: (key: string) => boolean
  /** Grows whenever another library version or another set of identifiers takes over. */
  readonly epoch: number
  /** What one condition may look at while the lock is held. Default is some milliseconds' worth. */
  readonly lockedAllowance?: number | undefined
}

/** A filing that is under way. */
export interface FilingState {
  /** The position that it ends with; 0 where there is none. */
  readonly to: number
  /** The last term that is filed up to there. */
  readonly after: string
}

/** How far conditions were found clean before the lock was taken. */
export type Cleared = Map<Streams, Place>

const CATCH_UP_ROWS = 1_000
/** What one condition may look at while the lock is held, and what those of a batch may together. */
const LOCKED_ALLOWANCE = 4_000
const BATCH_ALLOWANCE = 20_000
const LEAST_ALLOWANCE = 200

/** Thrown where a condition takes too long to be judged under the lock: it is searched outside first. */
export class Deferral {
  readonly streams: Streams
  readonly scan: Scan
  readonly to: Place

  constructor(streams: Streams, scan: Scan, to: Place) {
    this.streams = streams
    this.scan = scan
    this.to = to
  }
}

/** The log as a transaction sees it. Every method has to run in a transaction that began with `catchUp`. */
export class SqliteLog implements LogView, Index {
  readonly statements: Statements
  readonly codec: JsonCodec
  readonly isIdentifier: (key: string) => boolean
  readonly recent: Recent = new Recent()
  readonly types: TypeNumbers
  readonly #epoch: number
  #head: Place = START
  #greatestId = ''
  /** The id of the last recent event: evidence that this is still the same log. */
  #recentId = ''
  #filing: FilingState = { to: 0, after: '' }
  /** As of the last time that this was brought up to date; `undefined` where it has to be. */
  #dataVersion: number | undefined
  #cleared: Cleared | undefined
  readonly #lockedAllowance: number
  #patient = false
  #batchAllowance = BATCH_ALLOWANCE

  constructor(options: LogOptions) {
    const { statements, codec, isIdentifier, epoch, lockedAllowance = LOCKED_ALLOWANCE } = options
    this.statements = statements
    this.codec = codec
    this.isIdentifier = isIdentifier
    this.#epoch = epoch
    this.#lockedAllowance = lockedAllowance
    this.types = new TypeNumbers(statements)
  }

  /** Brings what is kept in memory up to date with the file. */
  catchUp(): void {
    // Until another connection writes, everything is as this one left it.
    const dataVersion = this.statements.dataVersion.get()?.[0]
    if (dataVersion === this.#dataVersion) return
    this.#dataVersion = undefined
    this.types.forget()
    const row = this.statements.head.get()
    if (row === undefined || row[0] !== this.#epoch) throw takenOver()
    const [, filed, to, after, position, id, greatestId] = row
    this.#head = position === null || id === null ? START : { position, id }
    this.#greatestId = greatestId ?? ''
    this.#filing = { to, after }
    this.#catchUpRecent(filed)
    this.#dataVersion = dataVersion
  }

  #catchUpRecent(filed: number): void {
    const { recent } = this
    const { position, id } = this.#head
    if (filed > position) throw gap(position + 1)
    const same = position === recent.end && id === this.#recentId
    const { idAt } = this.statements
    const sameLog = same || recent.end <= filed || idAt.get(recent.end)?.[0] === this.#recentId
    if (sameLog && filed >= recent.start && filed <= recent.end) recent.drop(filed)
    else recent.reset(filed)
    while (recent.end < position) {
      const rows = this.statements.eventsUp.all(recent.end + 1, position, CATCH_UP_ROWS)
      if (rows.length === 0) throw gap(recent.end + 1)
      for (const row of rows) {
        const event = eventOf(row, this)
        if (event.position !== recent.end + 1) throw gap(recent.end + 1)
        recent.add(event.id, event.type, keysOf(event.data, this.isIdentifier))
      }
    }
    this.#recentId = id
  }

  /** Takes note of events that were written at the head. */
  wrote(events: readonly Pick<PreparedEvent, 'id' | 'type' | 'keys'>[]): void {
    let greatest = this.#greatestId
    for (const { id, type, keys } of events) {
      this.recent.add(id, type, keys)
      if (compareStrings(id, greatest) > 0) greatest = id
    }
    const last = events.at(-1)
    if (last === undefined) return
    this.#head = { position: this.recent.end, id: last.id }
    this.#recentId = last.id
    this.#greatestId = greatest
  }

  /** Forgets what was written since the head was there: the transaction was undone. */
  undo(head: Place): void {
    this.recent.truncate(head.position)
    this.#head = head
    this.#recentId = head.id
    this.#dataVersion = undefined
  }

  /** Turns to the commits of a batch: what their conditions may look at they share. */
  turnToBatch(): void {
    this.#batchAllowance = BATCH_ALLOWANCE
  }

  /** Looks at one commit: what was found clean before, and whether its conditions may take their time. */
  turnTo(cleared: Cleared | undefined, patient: boolean): void {
    this.#cleared = cleared
    this.#patient = patient
  }

  scan(streams: Streams, options: ScanOptions): Scan {
    return new Scan(streams, this, options)
  }

  get filing(): FilingState {
    return this.#filing
  }

  /** Records how far a filing has come. */
  recordFiling({ to, after }: FilingState): void {
    this.statements.setFiling.run(to, after)
    this.#dataVersion = undefined
  }

  /** Records that everything up to a position is filed. */
  endFiling(position: number): void {
    this.statements.setFiled.run(position)
    this.#dataVersion = undefined
  }

  head(): Place {
    return this.#head
  }

  idAt(position: number): string | undefined {
    if (position === this.#head.position) return this.#head.id
    if (position > this.recent.start && position <= this.recent.end)
      return this.recent.idAt(position)
    return this.statements.idAt.get(position)?.[0]
  }

  eventById(id: string): StoredEvent | undefined {
    // Ids rise, so that a new one is known to be new without a look.
    if (compareStrings(id, this.#greatestId) > 0) return undefined
    const row = this.statements.eventById.get(id)
    return row && eventOf(row, this)
  }

  versionOf({ type, id }: AggregateRef): number {
    return this.statements.lastVersion.get(type, id)?.[0] ?? 0
  }

  firstMatch(streams: Streams, after: number): StoredEvent | undefined {
    const to = this.#head
    const start = Math.max(after, this.#clearedUpTo(streams))
    if (start >= to.position) return undefined
    const scan = this.scan(streams, { after: start, to: to.position, first: 1 })
    const left = Math.max(LEAST_ALLOWANCE, this.#batchAllowance)
    const [event] = scan.page(1, this.#patient ? Infinity : Math.min(this.#lockedAllowance, left))
    this.#batchAllowance -= scan.looked
    if (event === undefined && !scan.done) throw new Deferral(streams, scan, to)
    return event
  }

  answerTo(key: string): Answer | undefined {
    const row = this.statements.answer.get(key)
    if (row === undefined) return undefined
    const [fingerprint, first, count, documents, cursor] = row
    const events = count === 0 ? [] : this.statements.eventsUp.all(first, first + count - 1, count)
    return {
      fingerprint,
      committed: {
        events: events.map((event) => eventOf(event, this)),
        documents: JSON.parse(documents) as DocumentResult[],
        replayed: true,
        ...(cursor !== null && { cursor }),
      },
    }
  }

  documentState(type: string, id: string): DocumentState | undefined {
    const row = this.statements.documentState.get(type, id)
    if (row === undefined) return undefined
    const [revision, cursor, deleted] = row
    return { revision, cursor: cursor ?? undefined, deleted: deleted === 1 }
  }

  #clearedUpTo(streams: Streams): number {
    const place = this.#cleared?.get(streams)
    return place !== undefined && this.idAt(place.position) === place.id ? place.position : 0
  }
}

function takenOver(): StoreError {
  return new StoreError(
    'identifiers',
    'Another process gave this log other identifiers or newer tables: close it and open it again.',
  )
}

/** The error of a log that somebody deleted an event from. */
export function gap(position: number): StoreError {
  return new StoreError(
    'not-a-log',
    `The log has lost its event at position ${position}: somebody deleted it. Restore the file.`,
  )
}
