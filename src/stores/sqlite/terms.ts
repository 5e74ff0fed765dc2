import { shortText } from '../../sql/short-text.ts'
import { entryOf, positionOf, typeOf } from './entries.ts'

/**
 * What the index is asked for: the key of an identifier, or a type. A key that is not hashed holds a
 * `=`; a type never does here, so that the two cannot meet.
 */
export function typeTerm(type: string): string {
  return `type:${/[=%]/u.test(type) ? encodeURIComponent(type) : type}`
}

export function keyTerm(key: string): string {
  return shortText(key)
}

/**
 * A longer row would take a page of its own: SQLite keeps about a thousand bytes of a row within the
 * pages of the index.
 */
const ROW_CHARACTERS = 900
const PART_POSITIONS = 64

/** What is filed under a term. */
export interface Part {
  readonly term: string
  readonly first: number
  /** Positions and types, with commas in between. */
  readonly entries: string
  /** It is added to the last row of the term, if that is not longer than this. */
  readonly room: number
}

/** Cuts what is to be filed under a term into parts that each fit into a row. */
export function partsOf(
  term: string,
  positions: readonly number[],
  numberAt: (position: number) => number,
): readonly Part[] {
  const parts: Part[] = []
  for (let start = 0; start < positions.length; start += PART_POSITIONS) {
    const part = positions.slice(start, start + PART_POSITIONS)
    const entries = part.map((position) => entryOf(position, numberAt(position))).join(',')
    const room = ROW_CHARACTERS - entries.length
    parts.push({ term, first: part[0] as number, entries, room })
  }
  return parts
}

/** What some rows hold. */
export interface Decoded {
  readonly rows: number
  /** Those of the types asked for, in order. */
  readonly positions: readonly number[]
  /** How many there are of all types. */
  readonly total: number
  /** The bounds of all types. */
  readonly first: number
  readonly last: number
}

/** Reads rows, in their order or backwards, that were put into brackets with commas in between. Types are named by their numbers. */
export function decodeRows(texts: string, types: ReadonlySet<number> | undefined): Decoded {
  const rows = JSON.parse(`[${texts}]`) as (readonly number[])[]
  if (Number(rows[0]?.[0]) > Number(rows.at(-1)?.[0])) rows.reverse()
  const positions: number[] = []
  let total = 0
  let first = Infinity
  let last = 0
  for (const row of rows) {
    total += row.length
    first = Math.min(first, positionOf(row[0] as number))
    last = Math.max(last, positionOf(row.at(-1) as number))
    for (const entry of row) {
      if (types === undefined || types.has(typeOf(entry))) positions.push(positionOf(entry))
    }
  }
  return { rows: rows.length, positions, total, first, last }
}
