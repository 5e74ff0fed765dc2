/**
 * Facts about a fact: who caused it, on whose behalf, in which conversation.
 * The named keys flow from the event context; any other key is the application's own.
 */
export interface EventMetadata {
  /** The conversation that the event belongs to, handed on from event to event. */
  readonly correlationId?: string | undefined
  /** The id of the event or command that caused this one. */
  readonly causationId?: string | undefined
  /** Who acted: a user, a service. */
  readonly actorId?: string | undefined
  /** On whose behalf, in an application with several tenants. */
  readonly tenantId?: string | undefined
  /** The part of the system that wrote the event. */
  readonly source?: string | undefined
  /** The version of the schema that `data` follows. Default is 1. */
  readonly schemaVersion?: number | undefined
  readonly [key: string]: unknown
}

/** The name of an aggregate: a stream whose events carry versions 1, 2, 3… */
export interface AggregateRef {
  readonly type: string
  readonly id: string
}

/** An event as its type and data alone: what schemas describe. */
export interface EventShape {
  readonly type: string
  readonly data: unknown
}

/** An event that is not stored yet. The store assigns position, version and timestamp. */
export interface NewEvent<Type extends string = string, Data = unknown> {
  /** Unique in the log. Default is a ULID, made by the client before the first attempt. */
  readonly id?: string | undefined
  readonly type: Type
  readonly data: Data
  readonly metadata?: EventMetadata | undefined
  /** The aggregate whose next version this event is. */
  readonly aggregate?: AggregateRef | undefined
}

/** A fact in the log. It never changes. */
export interface StoredEvent<Type extends string = string, Data = unknown> {
  readonly id: string
  readonly type: Type
  readonly data: Data
  readonly metadata: EventMetadata
  /** The event's place in its store's log: a safe integer, larger is later. */
  readonly position: number
  /** The store's clock when it wrote the event (ISO 8601, UTC). It never orders. */
  readonly timestamp: string
  readonly aggregate?: (AggregateRef & { readonly version: number }) | undefined
}

/** The stored form of each event of a union: `data` stays tied to `type`. */
export type Stored<Event extends EventShape> = Event extends EventShape
  ? StoredEvent<Event['type'], Event['data']>
  : never

/** The unstored form of each event of a union: `data` stays tied to `type`. */
export type New<Event extends EventShape> = {
  // A mapped type, not a conditional one: only so literals keep their types where a callback returns them.
  readonly [Type in Event['type']]: NewEvent<Type, DataOf<Event, Type>>
}[Event['type']]

type DataOf<Event extends EventShape, Type> = Event extends EventShape
  ? Type extends Event['type']
    ? Event['data']
    : never
  : never
