import type { Index } from './candidates.ts'
import { lowerBound } from './entries.ts'
import type { Chunk } from './postings.ts'
import type { Statements } from './statements.ts'
import { decodeRows } from './terms.ts'

/** Reads some of what is filed under a term, of some types or of all. */
export type TermReader = (from: number, limit: number, types?: ReadonlySet<string>) => Chunk

const MOST_ROWS = 64
/** Until some were read, a row is thought to hold so many positions. */
const DENSITY = 16

/** Reads rows of the index and what recent events add to them, as one list of places. */
export function termReader(term: string, index: Index, backwards: boolean): TermReader {
  return backwards ? readerDown(term, index) : readerUp(term, index)
}

function readerUp(term: string, { statements, recent, types: numbers }: Index): TermReader {
  let density = DENSITY
  return (from, limit, types) => {
    const places: number[] = []
    let looked = 0
    const filed = recent.start
    if (from <= filed) {
      // The first row may lie wholly before the place asked for: the one after it leads on.
      const most = rowsFor(limit, density) + 1
      const texts = statements.positionsUp.get(
        term,
        rowOf(term, from, statements),
        filed,
        most,
      )?.[0]
      if (texts != null) {
        const { rows, positions, total, last } = decodeRows(texts, types && numbers.of(types))
        looked = total
        density = total / rows
        for (const position of positions) {
          if (position >= from && position <= filed) places.push(position)
        }
        if (rows === most) return { places, looked, next: Math.min(last, filed) + 1 }
      }
    }
    const positions = recent.positionsOf(term)
    const start = lowerBound(positions, from)
    const end = Math.min(start + limit, positions.length)
    for (let index = start; index < end; index += 1) {
      const position = positions[index] as number
      if (types === undefined || types.has(recent.typeAt(position))) places.push(position)
    }
    return { places, looked: looked + end - start, next: positions[end] }
  }
}

/** Where the row of the index begins that a position falls into. */
export function rowOf(term: string, position: number, statements: Statements): number {
  return position <= 1 ? 0 : (statements.rowOf.get(term, position)?.[0] ?? 0)
}

function readerDown(term: string, { statements, recent, types: numbers }: Index): TermReader {
  let density = DENSITY
  return (from, limit, types) => {
    const places: number[] = []
    const upTo = -from
    const positions = recent.positionsOf(term)
    const end = lowerBound(positions, upTo + 1)
    const start = Math.max(0, end - limit)
    for (let index = end - 1; index >= start; index -= 1) {
      const position = positions[index] as number
      if (types === undefined || types.has(recent.typeAt(position))) places.push(-position)
    }
    const looked = end - start
    const before = positions[start - 1]
    if (before !== undefined) return { places, looked, next: -before }
    const filed = recent.start
    if (filed === 0) return { places, looked }
    const highest = Math.min(upTo, filed)
    const most = rowsFor(limit, density)
    const texts = statements.positionsDown.get(term, highest, most)?.[0]
    if (texts == null) return { places, looked }
    const decoded = decodeRows(texts, types && numbers.of(types))
    density = decoded.total / decoded.rows
    for (const position of decoded.positions.toReversed()) {
      if (position <= highest) places.push(-position)
    }
    const next = decoded.rows === most ? 1 - decoded.first : undefined
    return { places, looked: looked + decoded.total, next }
  }
}

/** A row holds one position or many: where more are needed, they are read in another go. */
function rowsFor(limit: number, density: number): number {
  return Math.min(Math.ceil(limit / density), MOST_ROWS)
}
