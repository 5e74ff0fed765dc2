/** A log in two tables of your Drizzle schema. @module */
export type {
  EventClient,
  LimitedStreamOptions,
  ProjectionInput,
  ProjectionResult,
  ProjectionsQuery,
  ReadRequest,
  ReadStreamsOptions,
  SavedProjection,
  StreamOptions,
  StreamOptionsForEvents,
  StreamRequest,
  ValidatedStream,
} from './client.ts'
export { createEventClient, type EventClientOptions } from './create-client.ts'
export { migrate, migrationSql, type LogTables, type MigrateOptions } from './migrate.ts'
export {
  createMultiStreamProjectionBaseClass,
  createProjectionBaseClass,
  MultiStreamProjectionBase,
  type MultiStreamProjectionBase as MultiStreamProjectionBaseType,
  ProjectionBase,
  type ProjectionBase as ProjectionBaseType,
  type ProjectionSource,
} from './projection.ts'
export type { AdditionalIndex, TableOptions } from './table-options.ts'
export {
  createEventsTable,
  createProjectionBaseClasssTable,
  createProjectionsTable,
  type EventsTable,
  type EventsTable as GenericEventsTable,
  type EventsTable as GenericEventsType,
  type ProjectionsTable,
  type ProjectionsTable as GenericProjectionsTable,
  type ProjectionsTable as GenericProjectionsType,
} from './tables.ts'
export type {
  EventFromType,
  EventLike,
  EventRecord,
  GenericEventBase,
  GenericEventInput,
  InputOf,
  TransactionOf,
  ViewOf,
} from './types.ts'
