import type { SqliteLog } from './log.ts'
import type { SqlValue } from './hand.ts'
import { MANY } from './statements.ts'

/** Rows that one transaction files: some milliseconds. */
const SLICE = 1_024
const LEAST = 4_096
const MOST = 32_768

/**
 * How many events may wait to be filed. The more there are, the more keys share the pages that filing
 * rewrites; the larger the log, the more of them it takes.
 */
export function filingThreshold(events: number): number {
  return Math.min(Math.max(events >> 4, LEAST), MOST)
}

/** One filing of all recent events, done slice by slice; commits may come in between. */
export class Filing {
  readonly #log: SqliteLog
  readonly #from: number
  readonly #to: number
  readonly #keys: string[]
  readonly #types: string[]

  /** Has to be made in a transaction, as its slices are done. */
  constructor(log: SqliteLog) {
    this.#log = log
    this.#from = log.recent.start
    this.#to = log.recent.end
    // Sorted, so that neighbours on a page are filed together. Taken from the end.
    this.#keys = [...log.recent.keys.keys()].sort().toReversed()
    this.#types = [...log.recent.types.keys()]
  }

  /** Files the next slice; whether that was the last. */
  slice(): boolean {
    const { recent, statements } = this.#log
    // Another process was faster, or this is another log now.
    if (recent.start !== this.#from || recent.end < this.#to) return true
    let rows = 0
    const keyRows: SqlValue[] = []
    while (rows < SLICE && this.#keys.length > 0) {
      const key = this.#keys.pop() as string
      for (const position of recent.positionsOfKey(key)) {
        if (position > this.#to) break
        keyRows.push(key, position, recent.typeAt(position))
        rows += 1
      }
    }
    insert(keyRows, 3, statements.insertManyKeys, statements.insertKey)
    const typeRows: SqlValue[] = []
    while (rows < SLICE && this.#types.length > 0) {
      const type = this.#types.pop() as string
      for (const position of recent.positionsOfType(type)) {
        if (position > this.#to) break
        typeRows.push(type, position)
        rows += 1
      }
    }
    insert(typeRows, 2, statements.insertManyTypes, statements.insertType)
    if (this.#keys.length + this.#types.length > 0) return false
    statements.setFiled.run(this.#to)
    return true
  }
}

type Insert = { readonly run: (...values: readonly SqlValue[]) => void }

function insert(values: readonly SqlValue[], columns: number, many: Insert, one: Insert): void {
  const width = columns * MANY
  let index = 0
  for (; index + width <= values.length; index += width) {
    many.run(...values.slice(index, index + width))
  }
  for (; index < values.length; index += columns) one.run(...values.slice(index, index + columns))
}
