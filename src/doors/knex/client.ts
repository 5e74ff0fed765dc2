import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { EventsOf, SaveOptions } from '../../client/client.ts'
import type {
  EventIn,
  ExactStreams,
  FilterOf,
  OfType,
  StreamsOf,
} from '../../client/typed-stream.ts'
import type { EventShape, New } from '../../event/event.ts'
import type { Commit, Committed } from '../../store/commit.ts'
import type { DocumentQuery, DocumentResult, DocumentWrite } from '../../store/document.ts'
import type { DataFilter as Filter, Operators, Scalar, Streams } from '../../store/stream.ts'

/** Comparisons with one top-level key of `data`; all of them must hold. */
export type QueryOperators<Value extends Scalar = Scalar> = Operators<Value>

/** Conditions on top-level keys of `data`; all of them must hold. A value or a list may stand alone. */
export type DataFilter = Filter

/** An event without what the store makes: `EventInput<typeof eventUnion>` or `EventInput<UserEvent>`. */
export type EventInput<Event> = Event extends StandardSchemaV1
  ? Unstored<StandardSchemaV1.InferOutput<Event>>
  : Unstored<Event>
type Unstored<Event> = Event extends unknown
  ? Omit<Event, 'id' | 'created_at' | 'updated_at'>
  : never

/** The events that may be saved: what the schema takes, else what it gives. */
export type InputsOf<Inputs extends StandardSchemaV1> =
  unknown extends StandardSchemaV1.InferInput<Inputs>
    ? EventsOf<Inputs>
    : Extract<StandardSchemaV1.InferInput<Inputs>, EventShape>

/** A saved projection. */
export interface Projection<Type extends string = string, Data = unknown> {
  id: string
  type: Type
  data: Data
  /** The position up to which it shows the log; `0n` where nobody said. */
  lastEventId: bigint
}

/** Where a call runs. */
interface OnTransaction {
  /** A transaction of Knex that the call runs on. Default is none: the call stands for itself. */
  readonly tx?: unknown
}

/** What nearly every call takes. */
export interface CallOptions extends OnTransaction {
  readonly signal?: AbortSignal | undefined
}

/** What every save takes. */
export interface SavingOptions extends CallOptions {
  /** Makes the save safe to repeat: the second time it answers as the first. */
  readonly idempotencyKey?: SaveOptions['idempotencyKey']
}

interface Reading extends CallOptions {
  /** Only events after this one. `0n` is before the first. */
  readonly afterId?: bigint | undefined
}

interface OneType<Event extends EventShape, Type> extends Reading {
  readonly type: Type
  readonly filter?: FilterOf<OfType<Event, NoInfer<Type>>['data']> | undefined
}

interface OneStream<Event extends EventShape, Type> extends Reading {
  readonly types?: readonly Type[] | undefined
  readonly filter?: FilterOf<OfType<Event, NoInfer<Type>>['data']> | undefined
  /** How many at most. Default is all. */
  readonly limit?: number | undefined
}

interface ManyStreams<Event extends EventShape, Many> extends Reading {
  readonly streams: Many & ExactStreams<Event, Many>
  readonly limit?: number | undefined
}

interface Validation<Event extends EventShape, Many> extends SavingOptions {
  /** The last event that was seen in the streams, or anything later that was seen; `0n` is none. */
  readonly latestEventId: bigint
  readonly streams: Many & ExactStreams<Event, Many>
}

interface ProjectionName {
  readonly type: string
  readonly id: string
}

interface ProjectionData extends ProjectionName, CallOptions {
  readonly data: unknown
}

interface ProjectionWrite extends ProjectionData {
  /** The event up to which the projection shows the log. */
  readonly eventId: bigint
}

/** A commit in the words of this door. */
export interface KnexCommit<out Input extends EventShape> extends Omit<
  Commit,
  'events' | 'conditions' | 'documents'
> {
  readonly events?: readonly New<Input>[] | undefined
  /** Nothing in `streams` happened since `afterId`; without it, nothing ever did. */
  readonly conditions?:
    | readonly { readonly streams: Streams; readonly afterId?: bigint | undefined }[]
    | undefined
  readonly documents?:
    | readonly (Omit<DocumentWrite, 'cursor'> & { readonly eventId?: bigint | undefined })[]
    | undefined
}

/** What a commit stored. */
export interface KnexCommitted<Event extends EventShape> extends Omit<Committed, 'events'> {
  readonly events: Event[]
}

/** The client of this door, by its events. See {@link EventClient}. */
export interface KnexClient<Event extends EventShape, in Input extends EventShape> {
  /** Appends one event, unconditionally. */
  saveEvent<const Type extends Input['type']>(
    event: New<Input> & { readonly type: Type },
    options?: SavingOptions,
  ): Promise<OfType<Event, Type>>
  /** Appends several events, together or not at all. */
  saveEvents(events: readonly New<Input>[], options?: SavingOptions): Promise<Event[]>
  /**
   * Appends one event if nothing in `streams` came after `latestEventId`. Throws `CONFLICT`
   * ("Concurrent modification detected"), and the event is not stored.
   */
  saveEventWithStreamValidation<
    const Type extends Input['type'],
    const Many extends StreamsOf<Event>,
  >(
    args: Validation<Event, Many> & {
      readonly event: New<Input> & { readonly type: Type }
    },
  ): Promise<OfType<Event, Type>>
  /** As {@link KnexClient.saveEventWithStreamValidation}, for several events: all or none. */
  saveEventsWithStreamValidation<const Many extends StreamsOf<Event>>(
    args: Validation<Event, Many> & { readonly events: readonly New<Input>[] },
  ): Promise<Event[]>
  /** Writes events, projections and outbox records under conditions, all or nothing. */
  commit(commit: KnexCommit<Input>, options?: CallOptions): Promise<KnexCommitted<Event>>

  /** The newest event of a type; `null` where there is none. */
  getLatestEvent<const Type extends Event['type']>(
    query: OneType<Event, Type>,
  ): Promise<OfType<Event, Type> | null>
  /** All events of a type, oldest first. */
  getLatestEvents<const Type extends Event['type']>(
    query: OneType<Event, Type>,
  ): Promise<OfType<Event, Type>[]>
  /** The events of a stream, oldest first. */
  getEventStream<const Type extends Event['type']>(
    query: OneStream<Event, Type>,
  ): Promise<OfType<Event, Type>[]>
  /** The events of several streams, merged, each once, oldest first. */
  getEventStreams<const Many extends StreamsOf<Event>>(
    query: ManyStreams<Event, Many>,
  ): Promise<EventIn<Event, Many>[]>
  /** The events of streams of any size, one by one, in bounded memory. */
  readEvents<const Many extends StreamsOf<Event>>(
    query: ManyStreams<Event, Many> & { readonly backwards?: boolean | undefined },
  ): AsyncIterable<EventIn<Event, Many>>

  /** Saves a projection, unless one with a later event is saved already: then its status is `'skipped'`. */
  saveProjection(projection: ProjectionWrite): Promise<DocumentResult>
  /** Replaces the data of a saved projection and keeps its last event. Throws `CONFLICT` where there is none. */
  forceUpdateProjection(projection: ProjectionData): Promise<DocumentResult>
  /** Replaces a saved projection with a later one. Throws `CONFLICT` where there is none, or it is not later. */
  conditionalUpdateProjection(projection: ProjectionWrite): Promise<DocumentResult>
  /** A saved projection; `null` where there is none. */
  getProjection<Data = unknown>(
    projection: ProjectionName & OnTransaction,
  ): Promise<Projection<string, Data> | null>
  /** Saved projections of a type. */
  queryProjections<Data = unknown>(
    query: Omit<DocumentQuery, 'after'> & OnTransaction,
  ): Promise<Projection<string, Data>[]>

  /** The same client, running on a transaction of Knex. */
  within(transaction: unknown): KnexClient<Event, Input>
  /** Waits for what was begun, then refuses everything. The pool of Knex stays open. */
  close(): Promise<void>
}

/** A client named by schemas: `EventClient<typeof eventUnion, typeof eventInputUnion>`. */
export type EventClient<
  Events extends StandardSchemaV1,
  Inputs extends StandardSchemaV1,
> = KnexClient<EventsOf<Events>, InputsOf<Inputs>>
