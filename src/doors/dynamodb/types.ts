import type { EventMetadata } from '../../event/event.ts'

/** An event as this door gives it: what yours extend, with a `type` and a `data` of their own. */
export interface EventBase<Type extends string = string> {
  /** A ULID, unless you gave an id of your own. */
  id: string
  type: Type
  /** The store's clock when it wrote the event (ISO 8601, UTC). It never orders. */
  timestamp: string
  /** The primary key of an item that holds the event, or leads to it where its id is your own. */
  pk: string
  sk: string
  data: object
}

/** Any event, where nobody says which there are. */
export interface AnyEvent<Type extends string = string> extends EventBase<Type> {
  data: Record<string, unknown>
}

/** The name of an identifier: events are filed under every top-level key of `data` that ends so. */
export type IdKeyName = `${string}_id`

/** The identifiers of an event, or of any event of a union. */
export type IdKeyOf<Event> = Event extends { readonly data: infer Data } ? IdKeyIn<Data> : never

/** The identifiers in data. */
export type IdKeyIn<Data> = Data extends unknown ? keyof Data & IdKeyName : never

/**
 * What is saved, for each event of a union: `data` stays tied to `type`. The store makes the rest, also
 * the id unless one is given.
 *
 * ```ts
 * import type { EventBase, InputOf } from 'eventfold/dynamodb'
 *
 * interface Raised extends EventBase {
 *   type: 'PRICE_RAISED'
 *   data: { product_id: string; price: number }
 * }
 * const input: InputOf<Raised> = { type: 'PRICE_RAISED', data: { product_id: 'prod_1', price: 5 } }
 * ```
 */
export type InputOf<Event> = Event extends unknown
  ? Omit<Event, 'id' | 'timestamp' | 'pk' | 'sk'> & {
      /** Makes the save safe to repeat, for two more write units. Default is a ULID of the store. */
      readonly id?: string | undefined
      readonly metadata?: EventMetadata | undefined
    }
  : never

/** One model, by key and id; or none, by neither. */
export type ModelIn<Data> =
  | { readonly modelKey?: never; readonly modelId?: never }
  | {
      [Key in IdKeyIn<Data>]: { readonly modelKey: Key; readonly modelId: IdIn<ValueIn<Data, Key>> }
    }[IdKeyIn<Data>]

type ValueIn<Data, Key extends string> = Data extends { readonly [K in Key]?: infer Value }
  ? Value
  : never

type IdIn<Value> = Value extends string
  ? string
  : Value extends number
    ? number
    : unknown extends Value
      ? string | number
      : never
