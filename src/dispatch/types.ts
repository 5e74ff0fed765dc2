declare const brand: unique symbol

/** A text of one meaning, not to be mixed up with another. Made by casting: `'billing' as Source`. */
type Brand<Name extends string> = string & { readonly [brand]: Name }

/** The part of the system that wrote an event. */
export type Source = Brand<'Source'>
export type AggregateId = Brand<'AggregateId'>
export type AggregateType = Brand<'AggregateType'>
export type EventId = Brand<'EventId'>

/** `AGG#type#id`; a `#` or `%` in the type or the id is escaped as in URLs. */
export type AggregatePK = `AGG#${string}#${string}`
/** `EVT#` and the version in nine digits, or `HEAD`. */
export type EventSK = `EVT#${string}` | 'HEAD'

/** `unknown` stays as it is; `Readonly<unknown>` would claim that it is never `null`. */
type ReadonlyPayload<Payload> = unknown extends Payload ? unknown : Readonly<Payload>

/** An event of an aggregate, as dispatch shows it. */
export interface EventRecord<Payload = unknown, Type extends string = string> {
  readonly pk: AggregatePK
  readonly sk: EventSK
  readonly itemType: 'event'
  /** `''` for an event that dispatch has not written and that names none. */
  readonly source: Source
  readonly aggregateId: AggregateId
  readonly aggregateType: AggregateType
  /** 1, 2, 3… without holes. */
  readonly version: number
  readonly eventId: EventId
  readonly eventType: Type
  readonly schemaVersion?: number
  /** ISO 8601: what was given, else when the store wrote it. */
  readonly occurredAt: string
  readonly tenantId?: string
  readonly correlationId?: string
  readonly causationId?: string
  readonly actorId?: string
  /** `null` where none was given. */
  readonly payload: ReadonlyPayload<Payload>
}

/** How far an aggregate has come. */
export interface AggregateHead {
  readonly pk: AggregatePK
  readonly sk: 'HEAD'
  readonly itemType: 'head'
  readonly aggregateId: AggregateId
  readonly aggregateType: AggregateType
  readonly currentVersion: number
  readonly lastEventId?: EventId
  /** The idempotency key of the newest event: what was given, else its id. */
  readonly lastIdemKey?: string
  /** When the store wrote the newest event. */
  readonly updatedAt: string
}

/** An event to append. Correlation, causation, actor, tenant and source are taken from the context where absent. */
export interface AppendArgs<Payload = unknown> {
  readonly aggregateType: string
  readonly aggregateId: string
  readonly source: string
  readonly eventType: string
  readonly payload?: ReadonlyPayload<Payload> | undefined
  /** Unique in the log. Default is `evt-` and a ULID. */
  readonly eventId?: string | undefined
  /**
   * The version that the aggregate must have, `0` where it must not exist: for decisions on what was
   * seen. Default is whatever version it has.
   */
  readonly expectedVersion?: number | undefined
  /**
   * Makes the append safe to repeat, within the aggregate: the second time it answers as the first.
   * Default is the event id.
   */
  readonly idempotencyKey?: string | undefined
  /** When it happened, ISO 8601. Default is when the store writes it. */
  readonly occurredAt?: string | undefined
  /** The version of the schema that the payload follows. Default is 1. */
  readonly schemaVersion?: number | undefined
  readonly tenantId?: string | undefined
  readonly correlationId?: string | undefined
  readonly causationId?: string | undefined
  readonly actorId?: string | undefined
}

/** An event to dispatch. */
export type DispatchEventArgs<Payload = unknown> = AppendArgs<Payload>

/** Where an event was stored. */
export interface AppendEventResult {
  readonly pk: AggregatePK
  readonly sk: EventSK
  readonly version: number
}

/** One page. */
export interface PaginationResponse<Item> {
  readonly data: Item[]
  /** Given back as `cursor` it yields the next page. `null` on the last one. */
  readonly cursor: string | null
  readonly hasMore: boolean
}
