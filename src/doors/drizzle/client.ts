import type { FilterOf, OfType } from '../../client/typed-stream.ts'
import type { EventDefinitions } from '../../event/definition.ts'
import type { Commit, Committed } from '../../store/commit.ts'
import type { DocumentQuery } from '../../store/document.ts'
import type { EventStore } from '../../store/store.ts'
import type { DataFilter } from '../../store/stream.ts'
import type {
  EventLike,
  EventRecord,
  GenericEventBase,
  InputOf,
  TransactionOf,
  ViewOf,
} from './types.ts'

/** What narrows a read. */
export interface StreamOptions<Data, Transaction = object> {
  /** Values of keys of `data`, AND-ed; a list means any of its values. An empty list matches nothing. */
  readonly data?: FilterOf<Data> | undefined
  /** The id of the event seen last, or a cursor: only later ones are given. */
  readonly after?: string | null | undefined
  /** Your transaction, to read what it wrote. */
  readonly tx?: Transaction | undefined
  readonly signal?: AbortSignal | undefined
}

/** As {@link StreamOptions}, with a limit. Default is all. */
export interface LimitedStreamOptions<Data, Transaction = object> extends StreamOptions<
  Data,
  Transaction
> {
  readonly limit?: number | undefined
}

/** One of several streams that are read together. */
export interface StreamRequest<Event extends EventLike, Transaction = object> {
  readonly eventTypes: readonly Event['type'][]
  readonly options?: StreamOptions<Event['data'], Transaction> | undefined
}

/** One of several streams that are read in one go. */
export interface ReadRequest<Event extends EventLike> {
  readonly eventTypes: readonly Event['type'][]
  readonly options?: Pick<StreamOptions<Event['data']>, 'data'> | undefined
}

/** How streams are read in one go. */
export interface ReadStreamsOptions<Transaction = object> extends Omit<
  LimitedStreamOptions<unknown, Transaction>,
  'data'
> {
  /** Newest first. Default is `false`. */
  readonly backwards?: boolean | undefined
}

/** As it was called elsewhere: the options of the streams of some events. */
export type StreamOptionsForEvents<
  Event extends EventLike,
  Type extends Event['type'] = Event['type'],
> = StreamOptions<OfType<Event, Type>['data']>

/** A stream in which nothing may have happened. */
export interface ValidatedStream<Event extends EventLike> {
  readonly types: readonly Event['type'][]
  readonly identifier?: FilterOf<Event['data']> | undefined
}

/** A projection to save. */
export interface ProjectionInput {
  readonly type: string
  readonly id: string
  readonly data: unknown
  /** The id of the newest event that it shows, or a cursor. */
  readonly latestEventId: string
}

/** What became of a projection that was saved. `'skipped'`: a newer one is there, and stays. */
export interface ProjectionResult<Data = unknown> {
  readonly status: 'created' | 'updated' | 'skipped'
  readonly type: string
  readonly id: string
  readonly data: Data
  readonly latestEventId: string | undefined
}

/** A saved projection. */
export interface SavedProjection<Data = Record<string, unknown>> {
  readonly type: string
  readonly id: string
  readonly data: Data
  /** The newest event of the log when the projection was read. Absent where nobody said it. */
  readonly latestEventId: string | undefined
  readonly updatedAt: Date
}

/** A question for saved projections. */
export interface ProjectionsQuery<Transaction = object> {
  readonly type: string
  /** As in {@link StreamOptions}. A list also matches a field that is this very list. */
  readonly data?: DataFilter | undefined
  readonly order?: DocumentQuery['order']
  readonly limit?: number | undefined
  readonly tx?: Transaction | undefined
}

/** `undefined`; nothing where the type arguments of another library say so. See {@link EventClient}. */
type Missing<Relations> = 0 extends 1 & Relations ? never : undefined

/**
 * A typed client of a log. Of the type arguments the first two matter: the types and the events.
 *
 * `Relations` is the fourth type argument of the library that this door is made for. Given as `any`, as its
 * document does, `getLatestEvent` is typed as there: as if there always were an event. By default it may
 * give `undefined`.
 */
export interface EventClient<
  EventType extends string = string,
  Event extends EventLike<EventType> = GenericEventBase<EventType>,
  _Schema = unknown,
  Relations = undefined,
  Db = unknown,
> {
  readonly store: EventStore
  readonly definitions: EventDefinitions

  /** Appends one event, unconditionally. */
  saveEvent<const Type extends Event['type']>(
    input: InputOf<OfType<Event, Type>> & { readonly type: Type },
    tx?: TransactionOf<Db>,
  ): Promise<EventRecord<OfType<Event, Type>>>
  /** Appends several events, together or not at all, in the order given. */
  saveEvents(
    inputs: readonly InputOf<Event>[],
    tx?: TransactionOf<Db>,
  ): Promise<EventRecord<Event>[]>
  /**
   * Appends one event if nothing in `streams` happened since `latestEventId`; without one, if nothing ever
   * did. Throws `CONFLICT` ("Concurrent modification detected"), and the event is not stored.
   *
   * What was seen is best said by what was read: `await cart.cursor()` of a projection.
   */
  saveEventWithStreamValidation<const Type extends Event['type']>(
    input: InputOf<OfType<Event, Type>> & { readonly type: Type },
    latestEventId: string | null | undefined,
    streams: readonly ValidatedStream<Event>[],
    tx?: TransactionOf<Db>,
  ): Promise<EventRecord<OfType<Event, Type>>>
  /** As {@link EventClient.saveEventWithStreamValidation}, for several events. */
  saveEventsWithStreamValidation(
    inputs: readonly InputOf<Event>[],
    latestEventId: string | null | undefined,
    streams: readonly ValidatedStream<Event>[],
    tx?: TransactionOf<Db>,
  ): Promise<EventRecord<Event>[]>
  /**
   * Writes events, documents and outbox records under conditions, all or nothing. It speaks the language
   * of the contract: filters, cursors and `{ eventId }`.
   */
  commit(
    commit: Omit<Commit, 'events'> & { readonly events?: readonly InputOf<Event>[] | undefined },
    tx?: TransactionOf<Db>,
  ): Promise<Omit<Committed, 'events'> & { readonly events: readonly EventRecord<Event>[] }>

  /** The newest event of a type; `undefined` where there is none. */
  getLatestEvent<const Type extends Event['type']>(
    type: Type,
    options?: StreamOptions<OfType<Event, NoInfer<Type>>['data'], TransactionOf<Db>>,
  ): Promise<EventRecord<OfType<Event, Type>> | Missing<Relations>>
  /** All events of a type, oldest first. */
  getLatestEvents<const Type extends Event['type']>(
    type: Type,
    options?: StreamOptions<OfType<Event, NoInfer<Type>>['data'], TransactionOf<Db>>,
  ): Promise<EventRecord<OfType<Event, Type>>[]>
  /** The events of some types, oldest first. */
  getEventStream<const Type extends Event['type']>(
    types: readonly Type[],
    options?: LimitedStreamOptions<OfType<Event, NoInfer<Type>>['data'], TransactionOf<Db>>,
  ): Promise<EventRecord<OfType<Event, Type>>[]>
  /** The events of several streams, merged, oldest first, each once. */
  getEventStreams(
    streams: readonly StreamRequest<Event, TransactionOf<Db>>[],
  ): Promise<EventRecord<Event>[]>
  /** The events of several streams of any size, or of the whole log, one by one, in bounded memory. */
  readEvents(
    streams: readonly ReadRequest<Event>[] | 'all',
    options?: ReadStreamsOptions<TransactionOf<Db>>,
  ): AsyncIterable<EventRecord<Event>>

  /** Saves a projection, unless one is saved that has seen more: then its status is `'skipped'`. */
  saveProjection<const Projection extends ProjectionInput>(
    projection: Projection,
    tx?: TransactionOf<Db>,
  ): Promise<ProjectionResult<Projection['data']>>
  /** Replaces the data of a saved projection and keeps what it has seen. Throws `CONFLICT` where there is none. */
  forceUpdateProjection<Projection extends Omit<ProjectionInput, 'latestEventId'>>(
    projection: Projection,
    tx?: TransactionOf<Db>,
  ): Promise<ProjectionResult<Projection['data']>>
  /** Replaces a saved projection by one that has seen more. Throws `CONFLICT` where there is none or it has not. */
  conditionalUpdateProjection<Projection extends ProjectionInput>(
    projection: Projection,
    tx?: TransactionOf<Db>,
  ): Promise<ProjectionResult<Projection['data']>>
  /** A saved projection; `undefined` where there is none. */
  getProjection<View = Record<string, unknown>>(projection: {
    readonly type: string
    readonly id: string
    readonly tx?: TransactionOf<Db> | undefined
  }): Promise<SavedProjection<ViewOf<View>> | undefined>
  /** Saved projections of a type. */
  queryProjections<View = Record<string, unknown>>(
    query: ProjectionsQuery<TransactionOf<Db>>,
  ): Promise<SavedProjection<ViewOf<View>>[]>

  /** The same client, on your transaction: what it writes is there when that commits, or not at all. */
  within(tx: TransactionOf<Db>): EventClient<EventType, Event, _Schema, Relations, Db>
  /** Waits for what was begun, then refuses everything. Your database stays open. */
  close(): Promise<void>
}
