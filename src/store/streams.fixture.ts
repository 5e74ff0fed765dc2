import * as fc from 'fast-check'
import type { Matchable } from './matches.ts'
import type { FilterEntry, Operators, Scalar, Stream } from './stream.ts'

/** A few values only, so that filters and data meet; their traps are what could be mixed up. */
const SCALARS: readonly Scalar[] = [
  '',
  'a',
  'b',
  '1',
  'true',
  '\uffff',
  '😀',
  0,
  -0,
  1,
  2,
  -1.5,
  Number.MAX_SAFE_INTEGER,
  true,
  false,
]
const TYPES = ['A', 'B', 'C']
const KEYS = ['aId', 'bId', 'c', '__proto__']
const REFS = ['x', 'y'].flatMap((type) => ['1', '2'].map((id) => ({ type, id })))

const scalar = fc.constantFrom(...SCALARS)
const ordered = scalar.filter((value) => typeof value !== 'boolean')
const list = fc.array(scalar, { maxLength: 3 })

const operators: fc.Arbitrary<Operators> = fc
  .record(
    {
      eq: scalar,
      neq: scalar,
      in: list,
      nin: list,
      gt: ordered,
      gte: ordered,
      lt: ordered,
      lte: ordered,
    },
    { requiredKeys: [] },
  )
  .filter((entry) => Object.keys(entry).length > 0)

/** Few operators more often than many, so that something matches. */
const single = fc.oneof(
  operators.map((entry) => Object.fromEntries(Object.entries(entry).slice(0, 1))),
  operators,
)
const entry: fc.Arbitrary<FilterEntry> = fc.oneof(scalar, scalar, list, single)

const filter = fc.uniqueArray(fc.tuple(fc.constantFrom(...KEYS), entry), {
  minLength: 1,
  maxLength: 2,
  selector: ([key]) => key,
})

const filterOnly = filter.map((entries) => ({ filter: Object.fromEntries(entries) }))
const typesOnly = fc.subarray(TYPES).map((types) => ({ types }))
const aggregateOnly = fc.constantFrom(...REFS).map((aggregate) => ({ aggregate }))

/** Any stream that a read takes. */
export const streams: fc.Arbitrary<Stream> = fc.oneof(
  filterOnly,
  typesOnly,
  aggregateOnly,
  fc.tuple(typesOnly, filterOnly).map(([a, b]) => ({ ...a, ...b })),
  fc.tuple(typesOnly, filterOnly, aggregateOnly).map(([a, b, c]) => ({ ...a, ...b, ...c })),
)

const field = fc.oneof(
  scalar,
  scalar,
  list,
  fc.constantFrom<unknown>(null, {}, { a: 1 }, [null], [['a']], []),
)
const data = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.array(fc.tuple(fc.constantFrom(...KEYS), field)).map(Object.fromEntries),
  },
  { weight: 1, arbitrary: fc.constantFrom<unknown>(null, 'a', 1, ['a'], []) },
)

/** Any event, as far as matching looks at it. */
export const events: fc.Arbitrary<Matchable> = fc.record(
  {
    type: fc.constantFrom(...TYPES),
    data,
    aggregate: fc.constantFrom(...REFS),
  },
  { requiredKeys: ['type', 'data'] },
)
