import type { FilterEntry, Operators, Scalar, Stream, Streams } from '../store/stream.ts'

/** A stream about more values than this is named by its types. */
const MOST_NAMES = 256

/**
 * What two decisions have in common where they are likely to conflict: the values that their streams
 * are about, else the types. One name for each combination of values.
 */
export function boundaryNames(streams: Streams): readonly string[] {
  return streams === 'all' ? ['all'] : [...new Set(streams.flatMap(namesOf))]
}

function namesOf({ aggregate, filter = {}, types = [] }: Stream): readonly string[] {
  if (aggregate) return [JSON.stringify(['aggregate', aggregate.type, aggregate.id])]
  let names: readonly Scalar[][] = [[]]
  for (const key of Object.keys(filter).sort()) {
    const values = valuesOf(filter[key])
    if (values && values.length * names.length <= MOST_NAMES) {
      names = names.flatMap((name) => values.map((value) => [...name, key, value]))
    }
  }
  if (names[0]?.length === 0) names = [['types', ...types.toSorted()]]
  return names.map((name) => JSON.stringify(name))
}

/** The values that an entry lets pass, where it names them. */
function valuesOf(entry: FilterEntry | undefined): readonly Scalar[] | undefined {
  if (typeof entry !== 'object') return [entry as Scalar]
  if (Array.isArray(entry)) return entry as readonly Scalar[]
  const { eq, in: list } = entry as Operators
  return eq === undefined ? list : [eq]
}
