import type { EventContext } from '../event/context.ts'
import type { AppendEventResult, DispatchEventArgs, EventRecord } from './types.ts'

/** What a factory of a value sees: the event context, and the id that the event will have. */
export interface DispatchContext extends EventContext {
  readonly eventId: string
}

/** A text whose literal type is kept where it is written. */
type Literal = '' | (string & {})

/** Makes a value of the context. */
export type Factory<Value> = (context: DispatchContext) => Value
type ValueOrFactory<Value> = Value | Factory<Value>

/** The fields of an event, each a value or made of the context. */
export type DispatchFields = {
  readonly [Name in Exclude<keyof DispatchEventArgs, 'eventType' | 'payload'>]?: ValueOrFactory<
    DispatchEventArgs[Name]
  >
} & {
  readonly eventType?: ValueOrFactory<Literal>
  readonly payload?: Factory<unknown> | {} | null | undefined
}

/** Makes an event of what a dispatch function is called with. */
export type EventBuilder = (...args: never[]) => DispatchFields | Factory<DispatchFields>

/** What {@link createDispatch} takes: a builder for each function. */
export type DispatchRecord = Readonly<Record<string, EventBuilder>>

/** What all events of a dispatch have in common. The id is each event's own. */
export type DispatchDefaults = Omit<DispatchFields, 'eventId'>

type Required = 'aggregateType' | 'aggregateId' | 'source' | 'eventType'

/** The keys that are certainly there. */
type Given<Fields> = {
  [Key in keyof Fields]-?: undefined extends Fields[Key] ? never : Key
}[keyof Fields]

type FieldsOf<Built> = Built extends Factory<infer Fields> ? Fields : Built

type Filled<Fields extends keyof DispatchFields> = {
  readonly [Key in Fields]: Exclude<DispatchFields[Key], undefined>
}

/** What stops `Fields` from being an event: what is missing, and what is misspelt. */
type CheckedFields<Fields, Defaults> = Fields &
  Filled<
    Exclude<Required, unknown extends Defaults ? Required : Given<Fields> | Given<Defaults>>
  > & {
    readonly [Key in Exclude<keyof Fields, keyof DispatchFields>]?: never
  }

type CheckedBuilt<Built, Defaults> =
  Built extends Factory<infer Fields>
    ? Factory<CheckedFields<Fields, Defaults>>
    : CheckedFields<Built, Defaults>

/**
 * Makes a field that is misspelt, or that neither builder nor defaults give, an error where the builder
 * is written. With `unknown` defaults nothing is missing.
 */
export type CheckedRecord<Builders, Defaults> = {
  readonly [Name in keyof Builders]: Builders[Name] extends (...args: infer Args) => infer Built
    ? (...args: Args) => CheckedBuilt<Built, Defaults>
    : never
}

/** Makes a misspelt field an error where the defaults are written. */
export type KnownDefaults<Defaults> = {
  readonly [Key in keyof Defaults]: Key extends keyof DispatchDefaults ? Defaults[Key] : never
}

/** What not every builder gives. */
export type MissingFields<Builders extends DispatchRecord> = Filled<
  {
    [Name in keyof Builders]: Exclude<Required, Given<FieldsOf<ReturnType<Builders[Name]>>>>
  }[keyof Builders]
>

type ValueOf<Value> = Value extends (...args: never[]) => infer Made ? Made : Value
type Field<Fields, Key extends string> = Fields extends { readonly [K in Key]?: infer Value }
  ? ValueOf<Value>
  : never

type TypeOf<Fields, Defaults> =
  Field<Fields, 'eventType'> extends infer Type
    ? [Type] extends [never]
      ? Field<Defaults, 'eventType'>
      : Type
    : never

/** For each kind of event that a builder gives, and each type that it may have. */
type RecordOf<Fields, Defaults> = Fields extends unknown
  ? TypeOf<Fields, Defaults> extends infer Type
    ? Type extends string
      ? EventRecord<PayloadOf<Fields, Defaults>, Type>
      : never
    : never
  : never

type PayloadOf<Fields, Defaults> =
  | Exclude<OwnPayload<Fields>, undefined>
  | (undefined extends OwnPayload<Fields> ? DefaultPayload<Defaults> : never)

type OwnPayload<Fields> = 'payload' extends keyof Fields ? Field<Fields, 'payload'> : undefined

type DefaultPayload<Defaults> =
  'payload' extends Given<Defaults> ? Field<Defaults, 'payload'> : null

declare const dispatched: unique symbol

/** Dispatches the event that its builder makes. */
export interface DispatchFunction<Args extends readonly unknown[], Event extends EventRecord> {
  (...args: Args): Promise<AppendEventResult>
  /** Only for types: what {@link DispatchedRecord} finds. */
  readonly [dispatched]?: Event
}

/** What {@link createDispatch} makes: a function for each builder, with its parameters. */
export type Dispatch<Builders extends DispatchRecord, Defaults> = {
  readonly [Name in keyof Builders]: DispatchFunction<
    Parameters<Builders[Name]>,
    RecordOf<FieldsOf<ReturnType<Builders[Name]>>, Defaults>
  >
}

/**
 * The events that a dispatch writes, as their readers get them: `DispatchedRecord<typeof dispatch>`. The
 * payload is tied to the event type.
 */
export type DispatchedRecord<Dispatched> = {
  [Name in keyof Dispatched]: Dispatched[Name] extends { readonly [dispatched]?: infer Event }
    ? Extract<Event, EventRecord>
    : never
}[keyof Dispatched]
