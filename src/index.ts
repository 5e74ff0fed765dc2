/** Event sourcing for TypeScript on the database you already have. @module */
export type {
  CallOptions,
  Client,
  CommittedEvents,
  EventClient,
  EventsOf,
  InputsOf,
  LatestQuery,
  LoadedEvents,
  ProjectionPage,
  ProjectionWrite,
  SaveOptions,
  StreamQuery,
  StreamsQuery,
  TypedCommit,
} from './client/client.ts'
export { createEventClient, type ClientOptions } from './client/create-client.ts'
export type { Evolve } from './client/fold.ts'
export type { ReadRules } from './client/read-events.ts'
export type { FilterOf, StreamOf, StreamsOf } from './client/typed-stream.ts'
export {
  defineDecision,
  type Decided,
  type Decision,
  type DecisionDefinition,
  type DecisionResult,
  type ExecuteOptions,
} from './decide/decision.ts'
export { reject, type Rejection } from './decide/reject.ts'
export { MultiStreamValidator, SingleStreamValidator } from './decide/validator.ts'
export { createDispatch } from './dispatch/create-dispatch.ts'
export {
  createEventHandler,
  type EventCallback,
  type EventHandlerOptions,
  type EventHandlers,
} from './dispatch/create-event-handler.ts'
export { getEventService, initEvents } from './dispatch/current-service.ts'
export {
  dispatchEvent,
  dispatchEvents,
  type DispatchEventsOptions,
  type DispatchSettings,
} from './dispatch/dispatch-event.ts'
export type {
  Dispatch,
  DispatchContext,
  DispatchDefaults,
  DispatchedRecord,
  DispatchFields,
  DispatchFunction,
  DispatchRecord,
  EventBuilder,
} from './dispatch/dispatch-types.ts'
export {
  createEventService,
  type EventService,
  type EventServiceConfig,
  type ListEventsArgs,
} from './dispatch/event-service.ts'
export type {
  AggregateHead,
  AggregateId,
  AggregatePK,
  AggregateType,
  AppendArgs,
  AppendEventResult,
  DispatchEventArgs,
  EventId,
  EventRecord,
  EventSK,
  PaginationResponse,
  Source,
} from './dispatch/types.ts'
export { Aggregate, type AggregateOptions, type Recalculated } from './aggregate/aggregate.ts'
export { createEvent, type CreateEventOptions } from './aggregate/create-event.ts'
export {
  defineAggregate,
  type AggregateDefinition,
  type DefinedAggregate,
  type Executed,
} from './aggregate/define-aggregate.ts'
export { defineIndex, type Index, type Indexes, type IndexKey } from './aggregate/define-index.ts'
export { Processor, type Processed, type ProcessorOptions } from './aggregate/processor.ts'
export type { PageOptions, SnapshotPage } from './aggregate/query.ts'
export type { AggregateEvent, OutboundEvent } from './aggregate/rulebook.ts'
export type {
  InboundEvent,
  InputOfAggregate,
  Publish,
  Rules,
  RuleTable,
  StateUpdater,
  StateUpdaterInput,
} from './aggregate/rules.ts'
export type { Snapshot } from './aggregate/snapshot.ts'
export type { Appended } from './aggregate/write.ts'
export { createEventId } from './event/id.ts'
export {
  appendEventContext,
  getEventContext,
  resetEventContext,
  setEventContext,
  withEventContext,
  type EventContext,
} from './event/context.ts'
export {
  defineEvents,
  type EventDefinition,
  type EventDefinitions,
  type EventInputUnion,
  type EventSchemas,
  type EventUnion,
  type Upcaster,
  type VersionedSchema,
} from './event/definition.ts'
export type {
  AggregateRef,
  EventMetadata,
  EventShape,
  New,
  NewEvent,
  Stored,
  StoredEvent,
} from './event/event.ts'
export { DEFAULT_IDENTIFIERS, type Identifiers } from './event/identifiers.ts'
export type { OutboxMessage, Publisher, PublishOutcome } from './outbox/publisher.ts'
export { createOutboxRelay, type OutboxRelay, type OutboxRelayOptions } from './outbox/relay.ts'
export type { Drained, RelayProblem } from './outbox/work.ts'
export {
  defineProjection,
  type Projection,
  type ProjectionDefinition,
  type ProjectionQuery,
  type ProjectionView,
} from './project/define-projection.ts'
export {
  MultiStreamProjection,
  SingleStreamProjection,
  type ProjectionOptions,
} from './project/projection.ts'
export type { Capabilities, Limits } from './store/capabilities.ts'
export type { Commit, Committed, Condition, Expectation, Idempotency } from './store/commit.ts'
export { compareCursors } from './store/cursor.ts'
export type {
  DocumentGuard,
  DocumentPage,
  DocumentQuery,
  DocumentResult,
  Documents,
  DocumentWrite,
  StoredDocument,
} from './store/document.ts'
export {
  AbortedError,
  ArgumentError,
  ClosedError,
  ConcurrencyError,
  EventfoldError,
  IdempotencyError,
  isEventfoldError,
  LimitError,
  RejectedError,
  StoreError,
  UnsupportedError,
  ValidationError,
  type Conflict,
  type ConflictReason,
  type ErrorCode,
  type ErrorOfCode,
  type Outcome,
  type StoreFault,
} from './store/errors.ts'
export { dateCodec, type JsonCodec } from './store/json.ts'
export type { NewOutboxRecord, Outbox, OutboxRecord } from './store/outbox.ts'
export type { EventStore, Loaded, LoadOptions, ReadOptions } from './store/store.ts'
export type {
  After,
  Cursor,
  DataFilter,
  FilterEntry,
  Operators,
  Scalar,
  Stream,
  Streams,
} from './store/stream.ts'
export { MemoryEventStore, type MemoryOptions } from './stores/memory/index.ts'
