import type { AggregateRef } from '../event/event.ts'

/** A value that a filter compares with. Values are typed: `1` is not `'1'`, `true` is not `1`. */
export type Scalar = string | number | boolean

/**
 * Comparisons with one top-level key of `data`; all of them must hold. A field that is missing or of
 * another type never matches `eq`, `in`, `gt`, `gte`, `lt` and `lte`, and always matches `neq` and
 * `nin`. Strings order by code point. `gt`, `gte`, `lt` and `lte` take no booleans.
 */
export interface Operators<Value extends Scalar = Scalar> {
  readonly eq?: Value
  readonly neq?: Value
  /** One of these; `[]` matches nothing. */
  readonly in?: readonly Value[]
  /** None of these; `[]` matches everything. */
  readonly nin?: readonly Value[]
  readonly gt?: Exclude<Value, boolean>
  readonly gte?: Exclude<Value, boolean>
  readonly lt?: Exclude<Value, boolean>
  readonly lte?: Exclude<Value, boolean>
}

/**
 * What one key of `data` must be. A scalar means `eq`. An array matches a scalar field that is one of
 * its values, and an array field equal to it.
 */
export type FilterEntry = Scalar | readonly Scalar[] | Operators

/** Conditions on top-level keys of `data`; all of them must hold. */
export type DataFilter = Readonly<Record<string, FilterEntry>>

/**
 * A boundary chosen by the reader: an event is in it when its type is one of `types` (if given), its
 * data passes `filter` (if given) and it belongs to `aggregate` (if given). A stream that names
 * nothing is an error.
 *
 * ```ts
 * const cart: Stream = { types: ['ITEM_ADDED', 'ITEM_REMOVED'], filter: { cartId: 'cart_123' } }
 * ```
 */
export interface Stream {
  readonly types?: readonly string[] | undefined
  readonly filter?: DataFilter | undefined
  readonly aggregate?: AggregateRef | undefined
}

/** Streams are OR-ed. An empty list is an error; the whole log is asked for as `'all'`. */
export type Streams = readonly Stream[] | 'all'

/**
 * "I have seen everything up to here": opaque, returned by reads, given back as `after`. It carries
 * its evidence, so that a log that was rewound under the reader is noticed.
 */
export type Cursor = string

/** Where to go on: a cursor, or the event seen last. */
export type After = Cursor | { readonly eventId: string }
