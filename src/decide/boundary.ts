import type {
  DataFilter,
  FilterEntry,
  Operators,
  Scalar,
  Stream,
  Streams,
} from '../store/stream.ts'

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
  const combinations = combine(filter)
  if (combinations === undefined) return [JSON.stringify(['types', ...types.toSorted()])]
  return combinations.map((values) => JSON.stringify(values))
}

type Combination = readonly (string | Scalar)[]

/** Every combination of values that the filter lets pass: `undefined` where it names none, or too many. */
function combine(filter: DataFilter): readonly Combination[] | undefined {
  let combinations: readonly Combination[] = [[]]
  for (const key of Object.keys(filter).sort()) {
    const values = valuesOf(filter[key])
    if (values === undefined || values.length * combinations.length > MOST_NAMES) continue
    combinations = combinations.flatMap((before) => values.map((value) => [...before, key, value]))
  }
  return combinations[0]?.length === 0 ? undefined : combinations
}

function valuesOf(entry: FilterEntry | undefined): readonly Scalar[] | undefined {
  if (typeof entry !== 'object') return entry === undefined ? undefined : [entry]
  if (Array.isArray(entry)) return entry as readonly Scalar[]
  const { eq, in: list } = entry as Operators
  return eq === undefined ? list : [eq]
}
