import type { AggregateRef, EventShape } from '../event/event.ts'
import type { FilterEntry, Operators, Scalar, Streams } from '../store/stream.ts'

/** The events of a union that have one of the types. */
export type OfType<Event extends EventShape, Type> = Event extends EventShape
  ? [Extract<Type, Event['type']>] extends [never]
    ? never
    : Event
  : never

type KeyOf<Data> = Data extends unknown ? keyof Data & string : never
type ValueOf<Data, Key extends string> = Data extends { readonly [K in Key]?: infer Value }
  ? Value
  : never
type ListOf<Value> = Value extends readonly (infer Item)[]
  ? readonly Extract<Item, Scalar>[]
  : never
type EntryOf<Value> = unknown extends Value
  ? FilterEntry
  :
      | Extract<Value, Scalar>
      | readonly Extract<Value, Scalar>[]
      | Operators<Extract<Value, Scalar>>
      | ListOf<Value>

/** A filter whose keys and values are those of the data. */
export type FilterOf<Data> = { readonly [Key in KeyOf<Data>]?: EntryOf<ValueOf<Data, Key>> }

/** A stream of known events: its filter takes the keys of its types alone. */
export interface StreamOf<Event extends EventShape, Type = Event['type']> {
  readonly types?: readonly (Type & Event['type'])[] | undefined
  readonly filter?: FilterOf<OfType<Event, Type>['data']> | undefined
  readonly aggregate?: AggregateRef | undefined
}

/** Several streams of known events, or the whole log. */
export type StreamsOf<Event extends EventShape> = readonly StreamOf<Event>[] | 'all'

type StreamType<Event extends EventShape, One> = One extends {
  readonly types: readonly (infer T)[]
}
  ? T & Event['type']
  : Event['type']

/** The event types that can be read from streams. */
export type TypeIn<
  Event extends EventShape,
  Many extends Streams | StreamsOf<Event>,
> = Many extends readonly (infer One)[] ? StreamType<Event, One> : Event['type']

/** The stored events that can be read from streams. */
export type EventIn<Event extends EventShape, Many extends StreamsOf<Event>> = OfType<
  Event,
  TypeIn<Event, Many>
>

/**
 * Makes an unknown key of a stream, or a filter key that the stream's own types do not have, an error
 * where the streams are written, also inside an arrow's return.
 */
export type ExactStreams<Event extends EventShape, Many> = Many extends readonly unknown[]
  ? { readonly [Index in keyof Many]: ExactStream<Event, Many[Index]> }
  : Many

type ExactStream<Event extends EventShape, One> = {
  readonly [Key in keyof One]: Key extends 'filter'
    ? ExactFilter<One[Key], KeyOf<OfType<Event, StreamType<Event, One>>['data']>>
    : Key extends 'types' | 'aggregate'
      ? One[Key]
      : never
}

type ExactFilter<Filter, Known> = {
  readonly [Key in keyof Filter]: Key extends Known ? Filter[Key] : never
}
