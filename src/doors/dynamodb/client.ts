import type { ProjectionPage } from '../../client/client.ts'
import type { OfType } from '../../client/typed-stream.ts'
import type { Commit, Committed } from '../../store/commit.ts'
import type { DocumentQuery, DocumentResult, StoredDocument } from '../../store/document.ts'
import type { EventStore } from '../../store/store.ts'
import type { Cursor } from '../../store/stream.ts'
import type { AnyEvent, EventBase, InputOf, ModelIn } from './types.ts'

/** What every call takes. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined
}

/** What every save takes. */
export interface SavingOptions extends CallOptions {
  /** Makes the save safe to repeat: the second time it answers as the first. */
  readonly idempotencyKey?: string | undefined
}

/** The partition to which a read or a guard is limited. */
export interface InPartition {
  /** The value of the partition key. Default is every partition: leave it out, `undefined` is refused. */
  readonly partitionId?: string | number
}

/** Where a read begins. */
export interface Reading extends CallOptions {
  /**
   * The id of an event, a cursor, or any ULID, which stands for its time: only later events are given. In
   * one partition with a head, that of a model which holds the event, its id is exact; elsewhere it is as
   * exact as the clocks of those who write, and what is written a moment later may be passed over. A cursor
   * is exact. Default is from the beginning.
   */
  readonly after?: string | undefined
}

/** A question for the events of one type. */
export type LatestQuery<Event extends EventBase, Type> = {
  readonly eventType: Type
} & InPartition &
  Reading &
  ModelIn<OfType<Event, NoInfer<Type>>['data']>

/** A stream: some types of events, in a partition or in all, of a model or of all. */
export type EventStream<
  Event extends EventBase = AnyEvent,
  Types extends readonly unknown[] = readonly Event['type'][],
> = {
  readonly eventTypes: Types
} & InPartition &
  ModelIn<OfType<Event, NoInfer<Types>[number]>['data']>

/** How much of a read is given. */
export interface Limited {
  /** How many at most. Default is all. */
  readonly limit?: number | undefined
}

/** Lists of types, one of each stream. */
export type TypeLists<Event extends EventBase> = readonly (readonly Event['type'][])[]

/** Several streams. */
export interface InStreams<Event extends EventBase, Lists extends TypeLists<Event>> {
  readonly streams: { readonly [Index in keyof Lists]: EventStream<Event, Lists[Index]> }
}

/** Streams in which nothing may have happened. */
export interface Validation<
  Event extends EventBase,
  Lists extends TypeLists<Event>,
> extends SavingOptions {
  /** Each names a model: on DynamoDB a type alone or a partition alone cannot be guarded. */
  readonly streams: InStreams<Event, Lists>['streams']
  /** The cursor of `load`, or the id of the event seen last. Default is nothing: no event may be there. */
  readonly after?: string | undefined
}

/** A projection to save: what it shows, and the cursor of the `load` that it was made of. */
export interface ProjectionWrite extends CallOptions {
  readonly type: string
  readonly id: string
  readonly data: unknown
  readonly cursor: Cursor
}

/** A commit of events of this door; all else is in the language of the contract. */
export interface EventsCommit<Event extends EventBase> extends Omit<Commit, 'events'> {
  readonly events?: readonly InputOf<Event>[] | undefined
}

/** What a commit stored. */
export interface CommittedEvents<Event extends EventBase> extends Omit<Committed, 'events'> {
  readonly events: Event[]
}

/** A typed client of a log in a table of DynamoDB, as `createEventFunctions` makes it. */
export interface EventClient<
  Types extends string = string,
  Event extends EventBase<Types> = AnyEvent<Types>,
> {
  readonly store: EventStore

  /** Appends one event, unconditionally. */
  saveEvent<const Type extends Event['type']>(
    event: InputOf<OfType<Event, Type>> & { readonly type: Type },
    options?: SavingOptions,
  ): Promise<OfType<Event, Type>>
  /** Appends several events, together or not at all, in the order given. */
  saveEvents(events: readonly InputOf<Event>[], options?: SavingOptions): Promise<Event[]>
  /**
   * Appends one event if nothing in `streams` happened since `after`; without `after`, if nothing ever
   * did. Throws `CONFLICT` ("Concurrent modification detected"), and the event is not stored.
   */
  saveEventWithStreamValidation<
    const Type extends Event['type'],
    const Lists extends TypeLists<Event>,
  >(
    args: Validation<Event, Lists> & {
      readonly event: InputOf<OfType<Event, Type>> & { readonly type: Type }
    },
  ): Promise<OfType<Event, Type>>
  /** As {@link EventClient.saveEventWithStreamValidation}, for several events. */
  saveEventsWithStreamValidation<const Lists extends TypeLists<Event>>(
    args: Validation<Event, Lists> & { readonly events: readonly InputOf<Event>[] },
  ): Promise<Event[]>
  /** Writes events, documents and outbox records under conditions, all or nothing. */
  commit(commit: EventsCommit<Event>, options?: CallOptions): Promise<CommittedEvents<Event>>

  /** The newest event of a type; `undefined` where there is none. */
  getLatestEvent<const Type extends Event['type']>(
    query: LatestQuery<Event, Type>,
  ): Promise<OfType<Event, Type> | undefined>
  /** All events of a type, oldest first. */
  getLatestEvents<const Type extends Event['type']>(
    query: LatestQuery<Event, Type> & Limited,
  ): Promise<OfType<Event, Type>[]>
  /** The events of a stream, oldest first. */
  getEventStream<const Type extends Event['type']>(
    query: EventStream<Event, readonly Type[]> & Reading & Limited,
  ): Promise<OfType<Event, Type>[]>
  /** The events of several streams, merged, each once, oldest first. */
  getEventStreams<const Lists extends TypeLists<Event>>(
    query: InStreams<Event, Lists> & Reading & Limited,
  ): Promise<OfType<Event, Lists[number][number]>[]>
  /** The events of streams and the cursor for the validation of what is decided on them. */
  load<const Lists extends TypeLists<Event>>(
    query: InStreams<Event, Lists> & Reading,
  ): Promise<{
    readonly events: OfType<Event, Lists[number][number]>[]
    readonly cursor: Cursor
  }>
  /** The events of streams of any size, one by one, in bounded memory. */
  readEvents<const Lists extends TypeLists<Event>>(
    query: InStreams<Event, Lists> &
      Reading &
      Limited & {
        /** Newest first. Default is `false`. */
        readonly backwards?: boolean | undefined
      },
  ): AsyncIterable<OfType<Event, Lists[number][number]>>

  /** Saves a projection, unless one is saved that has seen more: then its status is `'skipped'`. */
  saveProjection(projection: ProjectionWrite): Promise<DocumentResult>
  /** Replaces the data of a saved projection and keeps its cursor. Throws `CONFLICT` where there is none. */
  forceUpdateProjection(projection: Omit<ProjectionWrite, 'cursor'>): Promise<DocumentResult>
  /** Replaces a saved projection by one that has seen more. Throws `CONFLICT` where there is none or it has not. */
  conditionalUpdateProjection(projection: ProjectionWrite): Promise<DocumentResult>
  /** A saved projection; `undefined` where there is none. */
  getProjection<Data = unknown>(projection: {
    readonly type: string
    readonly id: string
  }): Promise<StoredDocument<Data> | undefined>
  /** Saved projections of a type, filtered, ordered and paged. */
  queryProjections<Data = unknown>(query: DocumentQuery): Promise<ProjectionPage<Data>>

  /** The same client on a transaction of yours. DynamoDB has none: `UNSUPPORTED`, put all into one `commit`. */
  within(transaction: unknown): EventClient<Types, Event>
  /** Waits for what was begun, then refuses everything. Your SDK client stays open. */
  close(): Promise<void>
}
