import { narrow } from '../../store/narrow.ts'
import type { Stream, Streams } from '../../store/stream.ts'
import { isLong } from '../../sql/short-text.ts'
import { aggregatePostings } from './aggregate-postings.ts'
import { chunked, intersection, union, type Allowance, type Postings } from './postings.ts'
import type { Recent } from './recent.ts'
import type { Statements } from './statements.ts'
import { termReader, type TermReader } from './term-reader.ts'
import { keyTerm, typeTerm } from './terms.ts'
import type { TypeNumbers } from './type-numbers.ts'

/** Where candidates are looked up. */
export interface Index {
  readonly statements: Statements
  readonly recent: Recent
  readonly types: TypeNumbers
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

/** Where the events of some streams may be. */
export interface Candidates {
  /** Absent where the index does not help: every event is a candidate. */
  readonly postings: Postings | undefined
  /** Whether every candidate matches. */
  readonly exact: boolean
  /** Where all of it is filed under one term: the term, and the types to take of it. */
  readonly only?: { readonly term: string; readonly types: readonly string[] | undefined }
}

/** After so many events of other types, a search under a key leaps from type to type. */
const PATIENCE = 512

/** Narrows streams to candidates by what the index knows: keys, types and aggregates. */
export function candidatesOf(streams: Streams, index: Index, search: Search): Candidates {
  if (streams === 'all') return { postings: undefined, exact: true }
  const found = streams.map((stream) => ofStream(stream, index, search))
  const [first] = found
  if (first && found.length === 1) return first
  const lists = found.map(({ postings }) => postings)
  return {
    postings: lists.every((list) => list !== undefined) ? union(lists) : undefined,
    exact: found.every(({ exact }) => exact),
  }
}

function ofStream(stream: Stream, index: Index, search: Search): Candidates {
  const { types, aggregate } = stream
  if (aggregate) return { postings: aggregatePostings(aggregate, index, search), exact: false }
  const narrowed = narrow(stream, index.isIdentifier)
  const [first, ...others] = narrowed.keys
  if (first === undefined) return ofTypesAlone(types, narrowed.exact, index, search)
  const exact =
    narrowed.exact &&
    !narrowed.keys.flat().some(isLong) &&
    (types === undefined || !index.types.areShared)
  // Where several lists have to agree, little of a long one may be needed.
  const step = others.length > 0 ? { ...search, first: 1 } : search
  const lists = [
    union(first.map((key) => ofKey(key, types, index, step))),
    ...others.map((keys) => union(keys.map((key) => ofKey(key, undefined, index, step)))),
  ]
  const [key] = first
  const isOnly = key !== undefined && first.length === 1 && others.length === 0
  return {
    postings: intersection(lists),
    exact,
    ...(isOnly && { only: { term: keyTerm(key), types } }),
  }
}

function ofTypesAlone(
  types: readonly string[] | undefined,
  exact: boolean,
  index: Index,
  search: Search,
): Candidates {
  if (types === undefined) return { postings: undefined, exact: false }
  const [type] = types
  const postings = ofTypes(types, index, search)
  if (type === undefined || types.length > 1) return { postings, exact }
  return { postings, exact, only: { term: typeTerm(type), types: undefined } }
}

function ofTypes(types: readonly string[], index: Index, search: Search): Postings {
  return union(
    [...new Set(types)].map((type) => {
      const read = termReader(typeTerm(type), index, search.backwards)
      return chunked(read, search.first, search.allowance)
    }),
  )
}

function ofKey(
  key: string,
  types: readonly string[] | undefined,
  index: Index,
  search: Search,
): Postings {
  const read = termReader(keyTerm(key), index, search.backwards)
  const fetch = types ? leaping(read, types, index, search) : read
  return chunked(fetch, search.first, search.allowance)
}

/** Keeps what is of some types; where that is next to nothing, the types tell where to go on. */
function leaping(
  read: TermReader,
  types: readonly string[],
  index: Index,
  search: Search,
): TermReader {
  const wanted = new Set(types)
  let misses = 0
  let leap: Postings | undefined
  return (from, limit) => {
    let start: number | undefined = from
    if (misses > PATIENCE) {
      leap ??= ofTypes(types, index, { ...search, first: 1 })
      start = leap.seek(from)
      if (start === undefined) return { places: [], looked: 0 }
    }
    const chunk = read(start, limit, wanted)
    misses = chunk.places.length > 0 ? 0 : misses + chunk.looked
    return chunk
  }
}
