import type { AggregateRef } from '../../event/event.ts'
import type { Index, Search } from './candidates.ts'
import { chunked, type Fetch, type Postings } from './postings.ts'

/** The events of an aggregate: versions rise with positions, so that halving finds a position among them. */
export function aggregatePostings(
  { type, id }: AggregateRef,
  { statements }: Index,
  { backwards, first, allowance, fromVersion = 1, toVersion = Infinity }: Search,
): Postings {
  /** The first version at or past a position, between two bounds. */
  const versionAt = (position: number, low: number, high: number): number => {
    if (position <= 1) return low
    while (low < high) {
      const middle = (low + high) >> 1
      const found = statements.positionOfVersion.get(type, id, middle)?.[0] ?? Infinity
      if (found >= position) high = middle
      else low = middle + 1
    }
    return low
  }
  const fetch: Fetch = (from, limit) => {
    const lowest = Math.max(fromVersion, 1)
    const highest = Math.min(statements.lastVersion.get(type, id)?.[0] ?? 0, toVersion)
    if (highest < lowest) return { places: [], looked: 0 }
    const start = versionAt(backwards ? 1 - from : from, lowest, highest + 1)
    const rows = backwards
      ? statements.versionsDown.all(type, id, start - 1, lowest, limit)
      : statements.versionsUp.all(type, id, start, highest, limit)
    const places = rows.map(([position]) => (backwards ? -position : position))
    const last = places.at(-1)
    return {
      places,
      looked: rows.length,
      next: rows.length === limit && last !== undefined ? last + 1 : undefined,
    }
  }
  return chunked(fetch, first, allowance)
}
