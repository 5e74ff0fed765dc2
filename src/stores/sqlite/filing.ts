import type { SqlValue } from './hand.ts'
import type { SqliteLog } from './log.ts'
import { MANY } from './statements.ts'
import { partsOf } from './terms.ts'

/** When events are filed, and how many rows one transaction writes. */
export interface FilingPace {
  readonly threshold: (events: number) => number
  readonly rows: number
}

const LEAST = 8_192
const MOST = 32_768

/**
 * The larger the log, the more events it takes until those that are filed together share pages. The
 * rows of one transaction take some milliseconds.
 */
export const filingPace: FilingPace = {
  threshold: (events) => Math.min(Math.max(events >> 3, LEAST), MOST),
  rows: 512,
}

/**
 * Files recent events slice by slice, term by term; commits may come in between. Where it ends and how
 * far it has come is recorded with each slice, so that each term is filed once, whoever goes on with it.
 */
export class Filing {
  readonly #log: SqliteLog
  readonly #from: number
  readonly #to: number
  /** The id of the last event that is filed: evidence that this is still the same log. */
  readonly #lastId: string | undefined
  /** Sorted, so that neighbours are filed together. */
  readonly #terms: readonly string[]
  readonly #size: number

  /** Has to be made within a write transaction, as its slices are done. */
  constructor(log: SqliteLog, rows: number) {
    this.#log = log
    this.#size = rows
    this.#from = log.recent.start
    this.#to = log.filing.to === 0 ? log.recent.end : log.filing.to
    this.#lastId = log.idAt(this.#to)
    this.#terms = [...log.recent.terms].sort()
  }

  /** Files the next slice; `true` after the last. */
  slice(): boolean {
    const { recent, filing, statements, types } = this.#log
    if (this.#isOver()) return true
    let index = firstAfter(this.#terms, filing.to === 0 ? '' : filing.after)
    const appended: SqlValue[] = []
    const numberAt = (position: number): number => types.assign(recent.typeAt(position))
    let rows = 0
    for (; index < this.#terms.length && rows < this.#size; index += 1) {
      const term = this.#terms[index] as string
      const all = recent.positionsOf(term)
      const positions = (all.at(-1) ?? 0) > this.#to ? all.filter((at) => at <= this.#to) : all
      const [part, ...others] = partsOf(term, positions, numberAt)
      if (part === undefined) continue
      rows += 1 + others.length
      if (others.length === 0) {
        appended.push(term, part.room, term, part.first, part.entries)
        continue
      }
      statements.appendPositions.run(term, part.room, term, part.first, part.entries)
      for (const { first, entries } of others) statements.insertPositions.run(term, first, entries)
    }
    this.#append(appended)
    if (index === this.#terms.length) {
      this.#log.endFiling(this.#to)
      return true
    }
    this.#log.recordFiling({ to: this.#to, after: this.#terms[index - 1] as string })
    return false
  }

  #append(values: readonly SqlValue[]): void {
    const { appendPositions, appendManyPositions } = this.#log.statements
    let index = 0
    for (; index + MANY * 5 <= values.length; index += MANY * 5) {
      appendManyPositions.run(...values.slice(index, index + MANY * 5))
    }
    for (; index < values.length; index += 5) appendPositions.run(...values.slice(index, index + 5))
  }

  /** Whether another process was faster, or the log was restored. */
  #isOver(): boolean {
    const { recent, filing } = this.#log
    if (recent.start !== this.#from || (filing.to !== 0 && filing.to !== this.#to)) return true
    return this.#log.idAt(this.#to) !== this.#lastId
  }
}

/** The index of the first term after another; the terms are sorted. */
function firstAfter(terms: readonly string[], term: string): number {
  let low = 0
  let high = terms.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((terms[middle] as string) <= term) low = middle + 1
    else high = middle
  }
  return low
}
