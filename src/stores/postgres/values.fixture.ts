import * as fc from 'fast-check'
import type { DataFilter, FilterEntry, Operators, Scalar } from '../../store/stream.ts'

/** Values that are easily mixed up, and keys that are easily taken for syntax. */
const SCALARS: readonly Scalar[] = [
  ['', 'a', 'A', 'ä', 'b', '1', 'true', 'null', "'", '"', '\\', '?', '$1', '{}', '[1]'],
  ['\ud7ff', '\ue000', '\uffff', '\u{10000}', '😀', '😀a', '\u007f', '\n', '\u2028'],
  [0, -0, 1, 2, 10, -1.5, 0.1, 1e21, 1e300, 5e-324, -1e-7, 2 ** 53, 2 ** 53 - 1, true, false],
].flat()
/** JSON.parse of Node 24.21 takes a key that is one escaped character for a backslash: there is none here. */
const KEYS: readonly string[] = [
  ['a', 'b', 'aId', "'", '"a"', '?', '$1', '__proto__', 'constructor', '😀', '', 'a\\b', 'a b'],
  ['$date', '$$date', '0', '-1'],
].flat()

const scalar: fc.Arbitrary<Scalar> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...SCALARS) },
  { weight: 1, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }) },
)
const ordered = scalar.filter((value) => typeof value !== 'boolean')
const list = fc.array(scalar, { maxLength: 4 })
const absent = fc.constantFrom(null, undefined) as fc.Arbitrary<never>

const operators: fc.Arbitrary<Operators> = fc
  .record(
    {
      eq: fc.oneof({ weight: 5, arbitrary: scalar }, absent),
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
const single = operators.map((entry) => Object.fromEntries(Object.entries(entry).slice(0, 1)))
const entry: fc.Arbitrary<FilterEntry> = fc.oneof(
  { weight: 4, arbitrary: scalar },
  { weight: 3, arbitrary: list },
  { weight: 1, arbitrary: absent },
  { weight: 5, arbitrary: single },
  { weight: 2, arbitrary: operators },
)
const key = fc.constantFrom(...KEYS)

/** Any filter that a read takes; often of one entry, so that something matches. */
export const filters: fc.Arbitrary<DataFilter> = fc
  .array(fc.tuple(key, entry), { minLength: 0, maxLength: 3 })
  .map((entries) => Object.fromEntries(entries))

const field: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 6, arbitrary: scalar },
  { weight: 2, arbitrary: list },
  { weight: 1, arbitrary: fc.constantFrom<unknown>(null, {}, { a: 1 }, [null], [['a']], [{}], []) },
)
const fields = fc.array(fc.tuple(key, field), { maxLength: 12 }).map(Object.fromEntries)

/** Any data of an event or a document. */
export const data: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 12, arbitrary: fields },
  { weight: 1, arbitrary: fc.constantFrom<unknown>(null, 'a', 1, true, ['a'], [['a', 1]], []) },
)

/** The same with dates, which only one codec takes. */
export const dated: fc.Arbitrary<unknown> = fc.oneof(
  data,
  fc
    .tuple(fields, key)
    .map(([all, name]) => ({ ...(all as object), [name]: new Date(86_400_000) })),
  fc.constant(new Date(0)),
)
