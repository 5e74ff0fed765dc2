import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { EventDefinitions } from '../event/definition.ts'
import type { AggregateRef, EventShape, New, Stored } from '../event/event.ts'
import type { Commit, Committed } from '../store/commit.ts'
import type { DocumentQuery, DocumentResult, StoredDocument } from '../store/document.ts'
import type { EventStore, LoadOptions } from '../store/store.ts'
import type { After, Cursor } from '../store/stream.ts'
import type { EventIn, ExactStreams, FilterOf, OfType, StreamsOf } from './typed-stream.ts'

/** What every call that reads or writes takes. */
export interface CallOptions {
  /** The caller's transaction, as of {@link Client.within}, for this one call. Default is none. */
  readonly tx?: unknown
  readonly signal?: AbortSignal | undefined
}

/** What every save takes. */
export interface SaveOptions extends CallOptions {
  /** Makes the save safe to repeat: the second time it answers as the first. */
  readonly idempotencyKey?: string | undefined
}

/** A question for one stream. */
export interface StreamQuery<Event extends EventShape, Type> extends CallOptions {
  readonly types?: readonly Type[] | undefined
  readonly filter?: FilterOf<OfType<Event, NoInfer<Type>>['data']> | undefined
  readonly aggregate?: AggregateRef | undefined
  /** Only events that this cursor or event has not seen. */
  readonly after?: After | undefined
  /** How many at most. Default is all. */
  readonly limit?: number | undefined
}

/** A question for the events of one type. */
export interface LatestQuery<Event extends EventShape, Type> extends CallOptions {
  readonly type: Type
  readonly filter?: FilterOf<OfType<Event, NoInfer<Type>>['data']> | undefined
  readonly aggregate?: AggregateRef | undefined
  readonly after?: After | undefined
}

/** A question for several streams: merged in order, each event once. */
export interface StreamsQuery<
  Event extends EventShape,
  Many extends StreamsOf<Event>,
> extends CallOptions {
  readonly streams: Many & ExactStreams<Event, Many>
  readonly after?: After | undefined
  readonly limit?: number | undefined
}

/** What a typed load gives: events, and the cursor that has seen them. */
export interface LoadedEvents<Event extends EventShape, Written extends EventShape = Event> {
  readonly events: readonly Stored<Event>[]
  readonly cursor: Cursor
  /** The answer that the idempotency key already has: of any types, whatever was read. */
  readonly replayed?: CommittedEvents<Written>
}

/** A commit whose events are checked against their definitions. */
export interface TypedCommit<out Input extends EventShape> extends Omit<Commit, 'events'> {
  readonly events?: readonly New<Input>[] | undefined
}

/** What a typed commit stored. */
export interface CommittedEvents<Event extends EventShape> extends Omit<Committed, 'events'> {
  readonly events: readonly Stored<Event>[]
}

/** A projection to save: what it shows, and the cursor up to which it shows it. */
export interface ProjectionWrite extends CallOptions {
  readonly type: string
  readonly id: string
  readonly data: unknown
  readonly cursor: Cursor
}

/** One page of saved projections. */
export interface ProjectionPage<Data> {
  readonly documents: readonly StoredDocument<Data>[]
  /** Given back as `after` it yields the next page. Absent on the last page. */
  readonly cursor?: string
}

/**
 * Typed, validated access to one store. Data is checked against the schema of its type before it is
 * sent (`INVALID_EVENT`); a lost answer is looked up by sending the same ids again, so that nothing is
 * written twice. See {@link EventStore} for the other errors.
 */
export interface Client<Event extends EventShape, Input extends EventShape = Event> {
  readonly store: EventStore
  /** The definitions that the client was made with, by event type. */
  readonly definitions: Pick<EventDefinitions<Event>, 'types' | 'definitionOf'>

  /** Appends one event, unconditionally. */
  saveEvent<const Type extends Input['type']>(
    event: New<OfType<Input, Type>> & { readonly type: Type },
    options?: SaveOptions,
  ): Promise<Stored<OfType<Event, Type>>>
  /** Appends several events, together or not at all. */
  saveEvents(
    events: readonly New<Input>[],
    options?: SaveOptions,
  ): Promise<readonly Stored<Event>[]>
  /**
   * Appends one event if nothing in `streams` happened since `after`; without `after`, if nothing ever
   * did. Throws `CONFLICT`, and the event is not stored.
   */
  saveEventWithStreamValidation<
    const Type extends Input['type'],
    const Many extends StreamsOf<Event>,
  >(
    args: SaveOptions & {
      readonly event: New<OfType<Input, Type>> & { readonly type: Type }
      readonly streams: Many & ExactStreams<Event, Many>
      readonly after?: After | undefined
    },
  ): Promise<Stored<OfType<Event, Type>>>
  /** As {@link Client.saveEventWithStreamValidation}, for several events. */
  saveEventsWithStreamValidation<const Many extends StreamsOf<Event>>(
    args: SaveOptions & {
      readonly events: readonly New<Input>[]
      readonly streams: Many & ExactStreams<Event, Many>
      readonly after?: After | undefined
    },
  ): Promise<readonly Stored<Event>[]>
  /**
   * Writes events, documents and outbox records under conditions, all or nothing. Without events it is
   * known again by an idempotency key alone: without one, a lost answer is thrown (`STORE`, with the
   * outcome `'unknown'`). `replayed` tells of an earlier call, not of an answer that was lost in this one.
   */
  commit(commit: TypedCommit<Input>, options?: CallOptions): Promise<CommittedEvents<Event>>

  /** The newest event of a type. */
  getLatestEvent<const Type extends Event['type']>(
    query: LatestQuery<Event, Type>,
  ): Promise<Stored<OfType<Event, Type>> | undefined>
  /** All events of a type, oldest first. */
  getLatestEvents<const Type extends Event['type']>(
    query: LatestQuery<Event, Type>,
  ): Promise<readonly Stored<OfType<Event, Type>>[]>
  /** The events of a stream, oldest first. */
  getEventStream<const Type extends Event['type']>(
    query: StreamQuery<Event, Type>,
  ): Promise<readonly Stored<OfType<Event, Type>>[]>
  /** The events of several streams, merged, oldest first. */
  getEventStreams<const Many extends StreamsOf<Event>>(
    query: StreamsQuery<Event, Many>,
  ): Promise<readonly Stored<EventIn<Event, Many>>[]>
  /** The events of several streams and the cursor for the condition of what is decided on them. */
  load<const Many extends StreamsOf<Event>>(
    query: Omit<StreamsQuery<Event, Many>, 'limit'> & LoadOptions,
  ): Promise<LoadedEvents<EventIn<Event, Many>, Event>>
  /** The events of streams of any size, one by one, in bounded memory. */
  readEvents<const Many extends StreamsOf<Event>>(
    query: StreamsQuery<Event, Many> & { readonly backwards?: boolean | undefined },
  ): AsyncIterable<Stored<EventIn<Event, Many>>>

  /** Saves a projection, unless a newer one is saved already: then its status is `'skipped'`. */
  saveProjection(projection: ProjectionWrite): Promise<DocumentResult>
  /** Replaces the data of a saved projection and keeps its cursor. Throws `CONFLICT` where there is none. */
  forceUpdateProjection(projection: Omit<ProjectionWrite, 'cursor'>): Promise<DocumentResult>
  /** Replaces a saved projection with a newer one. Throws `CONFLICT` where there is none or it is not older. */
  conditionalUpdateProjection(projection: ProjectionWrite): Promise<DocumentResult>
  /** A saved projection; `undefined` where there is none. */
  getProjection<Data = unknown>(projection: {
    readonly type: string
    readonly id: string
    readonly tx?: unknown
  }): Promise<StoredDocument<Data> | undefined>
  /** Saved projections of a type, filtered, ordered and paged. */
  queryProjections<Data = unknown>(
    query: DocumentQuery & { readonly tx?: unknown },
  ): Promise<ProjectionPage<Data>>

  /**
   * The same client, running on the caller's transaction; `tx` says it for one call. What it writes is
   * there when the transaction commits, or not at all. Throws `UNSUPPORTED` where the store has none.
   */
  within(transaction: unknown): Client<Event, Input>
  /** Closes the store. */
  close(): Promise<void>
}

/** The union of events that a schema describes. */
export type EventsOf<Schema extends StandardSchemaV1> = Extract<
  StandardSchemaV1.InferOutput<Schema>,
  EventShape
>

/** The union of events that may be saved: the outputs of the input schema, else the inputs of the schema. */
export type InputsOf<
  Schema extends StandardSchemaV1,
  Inputs extends StandardSchemaV1 | undefined,
> = Inputs extends StandardSchemaV1
  ? EventsOf<Inputs>
  : unknown extends StandardSchemaV1.InferInput<Schema>
    ? EventsOf<Schema>
    : Extract<StandardSchemaV1.InferInput<Schema>, EventShape>

/**
 * A client named by schemas: `EventClient<typeof events>`, or any Standard Schema of a union of events,
 * with one of what may be saved beside it.
 */
export type EventClient<
  Events extends StandardSchemaV1,
  Inputs extends StandardSchemaV1 | undefined = undefined,
> = Client<EventsOf<Events>, InputsOf<Events, Inputs>>
