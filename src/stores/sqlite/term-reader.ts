import type { Index } from './candidates.ts'
import type { Chunk } from './postings.ts'
import { decodePositions } from './terms.ts'

/** Reads some of what is filed under a term, of some types or of all. */
export type TermReader = (from: number, limit: number, types?: ReadonlySet<string>) => Chunk

const MOST_ROWS = 16

/** Reads rows of the index and what recent events add to them, as one list of places. */
export function termReader(term: string, index: Index, backwards: boolean): TermReader {
  return backwards ? readerDown(term, index) : readerUp(term, index)
}

function readerUp(term: string, { statements, recent }: Index): TermReader {
  return (from, limit, types) => {
    const places: number[] = []
    let looked = 0
    if (from <= recent.start) {
      const count = rowsFor(limit)
      const rows = statements.positionsUp.all(term, from, recent.start, count)
      for (const [, text] of rows) {
        const { positions, total } = decodePositions(text, types)
        looked += total
        for (const position of positions) if (position >= from) places.push(position)
      }
      const last = rows.at(-1)
      if (last && rows.length === count) return { places, looked, next: last[0] + 1 }
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

function readerDown(term: string, { statements, recent }: Index): TermReader {
  return (from, limit, types) => {
    const places: number[] = []
    const upTo = -from
    const recents = recent.positionsOf(term)
    const end = lowerBound(recents, upTo + 1)
    const start = Math.max(0, end - limit)
    for (let index = end - 1; index >= start; index -= 1) {
      const position = recents[index] as number
      if (types === undefined || types.has(recent.typeAt(position))) places.push(-position)
    }
    let looked = end - start
    const before = recents[start - 1]
    if (before !== undefined) return { places, looked, next: -before }
    if (recent.start === 0) return { places, looked }
    const filed = recent.start
    const count = rowsFor(limit)
    const rows = statements.positionsDown.all(term, term, upTo, filed, filed, count)
    let lowest = 0
    for (const [, text] of rows) {
      const { positions, total, first } = decodePositions(text, types)
      looked += total
      lowest = first
      for (const position of positions.toReversed()) if (position <= upTo) places.push(-position)
    }
    return { places, looked, next: rows.length === count ? 1 - lowest : undefined }
  }
}

/** A row holds one position or many: where more are needed, they are read in another go. */
function rowsFor(limit: number): number {
  return Math.min(Math.max(limit >> 4, 1), MOST_ROWS)
}

/** The first index whose number is at or past a bound. */
function lowerBound(numbers: readonly number[], bound: number): number {
  let low = 0
  let high = numbers.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((numbers[middle] as number) < bound) low = middle + 1
    else high = middle
  }
  return low
}
