import { isLong, shortText } from '../../sql/short-text.ts'
import { isPlainObject } from '../../event/plain.ts'
import type { JsonCodec } from '../../store/json.ts'
import { narrow } from '../../store/narrow.ts'
import type { DataFilter, FilterEntry, Operators, Scalar, Stream } from '../../store/stream.ts'
import { comparisonsOf, storedKey, type Comparison } from './matching.ts'
import type { LogNames } from './names.ts'

/** What reads are made for. */
export interface ReadContext {
  readonly names: LogNames
  readonly codec: JsonCodec
  readonly isIdentifier: (key: string) => boolean
}

/** A key of data, as it is stored, and the texts of which its value must be one. */
export type DataTest = readonly [key: string, texts: readonly string[]]

interface Rest {
  /** What candidates are still to be compared with. */
  readonly filter: readonly Comparison[] | null
}

/** How the events of a stream are found. */
export type Search =
  | ({ readonly by: 'all' } & Rest)
  | ({ readonly by: 'key'; readonly key: string; readonly types: Types } & Rest)
  | ({
      readonly by: 'keys'
      readonly lists: readonly (readonly string[])[]
      readonly types: Types
    } & Rest)
  | ({ readonly by: 'type'; readonly type: string } & Rest)
  | ({
      readonly by: 'aggregate'
      readonly type: string
      readonly id: string
      readonly types: Types
    } & Rest)
  | ({ readonly by: 'data'; readonly tests: readonly DataTest[]; readonly types: Types } & Rest)

type Types = readonly string[] | null

const PLAIN_KEY = /^[A-Za-z_]\w*$/u

/**
 * How to find the events of a stream: several searches where it names several types or values, none
 * where nothing can match. No event is found by two searches of one stream.
 */
export function searchesOf(stream: Stream, context: ReadContext): readonly Search[] {
  const { filter: entries = {}, aggregate } = stream
  const types = stream.types ? [...new Set(stream.types)] : null
  const { keys, exact } = narrow({ filter: entries }, context.isIdentifier)
  if (types?.length === 0 || keys.some((list) => list.length === 0)) return []
  const isExact = exact && !keys.some((list) => list.some(isLong))
  const comparisons = isExact && !aggregate ? [] : comparisonsOf(entries, context.codec)
  const filter = comparisons.length === 0 ? null : comparisons
  if (aggregate) return [{ by: 'aggregate', ...aggregate, types, filter }]

  const lists = keys.map((list) => list.map(shortText))
  const [first] = lists
  if (lists.length > 1) return [{ by: 'keys', lists, types, filter }]
  if (first !== undefined) return first.map((key) => ({ by: 'key', key, types, filter }))
  const tests = dataTests(entries, context.codec)
  if (tests.length > 0) return [{ by: 'data', tests, types, filter }]
  return types?.map((type) => ({ by: 'type', type, filter })) ?? [{ by: 'all', filter }]
}

/**
 * What an index on `data ->> 'key'` can tell of a filter. Only plain keys, because they are written into
 * the text of the statement; only values that have one text.
 */
export function dataTests(filter: DataFilter, codec: JsonCodec): readonly DataTest[] {
  return Object.entries(filter).flatMap(([name, entry]): DataTest[] => {
    const key = storedKey(name, codec)
    const texts = PLAIN_KEY.test(key) ? textsOf(entry) : undefined
    return texts ? [[key, texts]] : []
  })
}

function textsOf(entry: FilterEntry | null | undefined): readonly string[] | undefined {
  if (Array.isArray(entry)) {
    const values = textsOf({ in: entry as readonly Scalar[] })
    // A list also matches the field that is this list, which jsonb prints with a blank after each comma.
    return values && [...values, `[${entry.map((value) => JSON.stringify(value)).join(', ')}]`]
  }
  const { eq, in: list }: Operators = isPlainObject(entry) ? entry : { eq: entry as Scalar }
  const values = list ?? [eq]
  if (!values.every((value) => typeof value === 'string' || Number.isSafeInteger(value))) return
  return values.map((value) => String(value))
}
