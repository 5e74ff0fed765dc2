import type { SqlValue } from './hand.ts'
import type { SqliteLog } from './log.ts'
import { MANY } from './statements.ts'
import { rowsOf } from './terms.ts'

/** When events are filed, and how many rows one transaction writes. */
export interface FilingPace {
  readonly threshold: (events: number) => number
  readonly rows: number
}

const LEAST = 4_096
const MOST = 32_768

/**
 * The larger the log, the more events it takes until those that are filed together share pages. The
 * rows of one transaction take some milliseconds.
 */
export const filingPace: FilingPace = {
  threshold: (events) => Math.min(Math.max(events >> 4, LEAST), MOST),
  rows: 512,
}

/**
 * Files recent events slice by slice; commits may come in between. It ends at the position that the
 * first slice recorded, whoever goes on with it: its rows are the same each time, so that a process
 * may die half-way and two may do it at once.
 */
export class Filing {
  readonly #log: SqliteLog
  readonly #from: number
  readonly #to: number
  /** The id of the last event that is filed: evidence that this is still the same log. */
  readonly #lastId: string | undefined
  readonly #terms: string[]
  readonly #size: number
  /** How many terms are left when the slice that was written last is durable. */
  #left = 0

  /** Has to be made within a write transaction, as its slices are done. */
  constructor(log: SqliteLog, rows: number) {
    this.#log = log
    this.#size = rows
    this.#from = log.recent.start
    this.#to = log.beginFiling()
    this.#lastId = log.idAt(this.#to)
    // Sorted, so that neighbours are filed together. They are taken from the end.
    this.#terms = [...log.recent.terms].sort().toReversed()
  }

  /** Files the next slice; `true` after the last. Files it again until it is said to be durable. */
  slice(): boolean {
    if (this.#isOver()) return true
    const { statements } = this.#log
    const rows: SqlValue[] = []
    this.#left = this.#terms.length
    while (rows.length < this.#size * 3 && this.#left > 0) {
      this.#left -= 1
      this.#addRows(this.#terms[this.#left] as string, rows)
    }
    const width = MANY * 3
    let index = 0
    for (; index + width <= rows.length; index += width) {
      statements.insertManyPositions.run(...rows.slice(index, index + width))
    }
    for (; index < rows.length; index += 3) {
      statements.insertPositions.run(...rows.slice(index, index + 3))
    }
    if (this.#left > 0) return false
    this.#log.endFiling(this.#to)
    return true
  }

  /** The slice is durable. */
  next(): void {
    this.#terms.length = this.#left
  }

  /** Whether another process was faster, or the log was restored. */
  #isOver(): boolean {
    const { recent, filing } = this.#log
    if (recent.start !== this.#from || filing !== this.#to) return true
    return this.#log.idAt(this.#to) !== this.#lastId
  }

  #addRows(term: string, rows: SqlValue[]): void {
    const { recent } = this.#log
    const all = recent.positionsOf(term)
    const positions = (all.at(-1) ?? 0) > this.#to ? all.filter((at) => at <= this.#to) : all
    for (const row of rowsOf(term, positions, (position) => recent.typeAt(position))) {
      rows.push(...row)
    }
  }
}
