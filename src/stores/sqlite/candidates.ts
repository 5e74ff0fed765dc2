import type { AggregateRef } from '../../event/event.ts'
import { narrow } from '../../store/narrow.ts'
import type { Stream, Streams } from '../../store/stream.ts'
import { isLong, shortText } from '../../sql/short-text.ts'
import {
  chunked,
  intersection,
  union,
  type Allowance,
  type Fetch,
  type Postings,
} from './postings.ts'
import type { Recent } from './recent.ts'
import type { Statements } from './statements.ts'

/** Where candidates are looked up. */
export interface Index {
  readonly statements: Statements
  readonly recent: Recent
  readonly isIdentifier: (key: string) => boolean
}

/** How candidates are looked for. */
export interface Search {
  readonly backwards: boolean
  /** How many are wanted at first. */
  readonly first: number
  readonly allowance: Allowance
  /** Versions of the streams' aggregates, both inclusive. */
  readonly fromVersion?: number | undefined
  readonly toVersion?: number | undefined
}

/** Where the events of some streams are found. */
export interface Candidates {
  /** `undefined` where there is no index to ask: every event is a candidate. */
  readonly postings: Postings | undefined
  /** Whether every candidate matches. */
  readonly exact: boolean
}

/** After so many events of other types in a row, a search under a key leaps by type. */
const PATIENCE = 256

export function candidatesOf(streams: Streams, index: Index, search: Search): Candidates {
  if (streams === 'all') return { postings: undefined, exact: true }
  const found = streams.map((stream) => candidatesOfStream(stream, index, search))
  const lists = found.map(({ postings }) => postings)
  return {
    postings: lists.every((list) => list !== undefined) ? union(lists) : undefined,
    exact: found.every(({ exact, postings }) => exact && postings !== undefined),
  }
}

function candidatesOfStream(stream: Stream, index: Index, search: Search): Candidates {
  const { types, aggregate } = stream
  if (aggregate) return { postings: aggregatePostings(aggregate, index, search), exact: false }
  const narrowed = narrow(stream, index.isIdentifier)
  const [first, ...others] = narrowed.keys
  const exact = narrowed.exact && !narrowed.keys.flat().some(isLong)
  if (first === undefined) {
    return { postings: types && typePostings(types, index, search), exact }
  }
  return {
    postings: intersection([
      union(first.map((key) => keyPostings(key, types, index, search))),
      ...others.map((keys) => union(keys.map((key) => keyPostings(key, undefined, index, search)))),
    ]),
    exact,
  }
}

function keyPostings(
  longKey: string,
  types: readonly string[] | undefined,
  index: Index,
  search: Search,
): Postings {
  const { statements, recent } = index
  const filed = search.backwards ? statements.keyDown : statements.keyUp
  const positionsOf = (key: string): readonly number[] => recent.positionsOfKey(key)
  const read = reader(shortText(longKey), filed, positionsOf, recent, search.backwards)
  const fetch = types ? ofTypes(read, types, index, search) : ofAnyType(read)
  return chunked(fetch, search.first, search.allowance)
}

function typePostings(types: readonly string[], index: Index, search: Search): Postings {
  const { statements, recent } = index
  const filed = search.backwards ? statements.typeDown : statements.typeUp
  const positionsOf = (type: string): readonly number[] => recent.positionsOfType(type)
  return union(
    [...new Set(types)].map((type) => {
      const read = reader(type, filed, positionsOf, recent, search.backwards)
      return chunked(ofAnyType(read), search.first, search.allowance)
    }),
  )
}

/** Where an entry stands in reading order, and the type of its event. */
interface Entry {
  readonly place: number
  readonly type: string
}
type Read = (from: number, limit: number) => readonly Entry[]

/** Reads what is filed under a term, and what recent events add to it, as one list. */
function reader(
  term: string,
  filed: Statements['keyUp'],
  positionsOf: (term: string) => readonly number[],
  recent: Recent,
  backwards: boolean,
): Read {
  const entryOf = (position: number): Entry => ({
    place: backwards ? -position : position,
    type: recent.typeAt(position),
  })
  if (backwards) {
    return (from, limit) => {
      const positions = positionsOf(term)
      const end = positions.length === 0 ? 0 : lowerBound(positions, 1 - from)
      const entries = positions
        .slice(Math.max(0, end - limit), end)
        .toReversed()
        .map(entryOf)
      if (entries.length === limit || recent.start === 0) return entries
      const rows = filed.all(term, Math.min(-from, recent.start), 1, limit - entries.length)
      return [...entries, ...rows.map(([position, type]) => ({ place: -position, type }))]
    }
  }
  return (from, limit) => {
    const rows = from <= recent.start ? filed.all(term, from, recent.start, limit) : []
    const entries = rows.map(([place, type]) => ({ place, type }))
    const positions = positionsOf(term)
    if (entries.length === limit || positions.length === 0) return entries
    const start = lowerBound(positions, from)
    const more = positions.slice(start, start + limit - entries.length)
    return [...entries, ...more.map(entryOf)]
  }
}

function ofAnyType(read: Read): Fetch {
  return (from, limit) => {
    const places = read(from, limit).map(({ place }) => place)
    return { places, next: nextAfter(places, limit) }
  }
}

/** Keeps what is of some types; where that is next to nothing, the types tell where to go on. */
function ofTypes(read: Read, types: readonly string[], index: Index, search: Search): Fetch {
  const wanted = new Set(types)
  let misses = 0
  let leap: Postings | undefined
  return (from, limit) => {
    const leaping = misses > PATIENCE
    if (leaping) leap ??= typePostings(types, index, { ...search, first: 1 })
    const start = leaping ? leap?.seek(from) : from
    if (start === undefined) return { places: [] }
    const size = leaping ? 1 : limit
    const entries = read(start, size)
    const places = entries.filter(({ type }) => wanted.has(type)).map(({ place }) => place)
    misses = places.length * 2 > entries.length ? 0 : misses + entries.length - places.length
    return {
      places,
      next: nextAfter(
        entries.map(({ place }) => place),
        size,
      ),
    }
  }
}

/** A full chunk may have more behind it. */
function nextAfter(places: readonly number[], limit: number): number | undefined {
  const last = places.at(-1)
  return places.length === limit && last !== undefined ? last + 1 : undefined
}

/** Versions rise with positions, so that a position is found among them by halving. */
function aggregatePostings(
  { type, id }: AggregateRef,
  { statements }: Index,
  { backwards, first, allowance, fromVersion = 1, toVersion = Infinity }: Search,
): Postings {
  /** The first version at or past a position, between two bounds. */
  const versionAt = (position: number, low: number, high: number): number => {
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
    if (highest < lowest) return { places: [] }
    const rows = backwards
      ? statements.versionsDown.all(
          type,
          id,
          versionAt(1 - from, lowest, highest + 1) - 1,
          lowest,
          limit,
        )
      : statements.versionsUp.all(
          type,
          id,
          from <= 1 ? lowest : versionAt(from, lowest, highest + 1),
          highest,
          limit,
        )
    const places = rows.map(([position]) => (backwards ? -position : position))
    return { places, next: nextAfter(places, limit) }
  }
  return chunked(fetch, first, allowance)
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
