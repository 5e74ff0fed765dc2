/** Event sourcing on PostgreSQL through Knex, with schemas of zod. @module */
export type {
  CallOptions,
  DataFilter,
  EventClient,
  EventInput,
  KnexClient,
  KnexCommit,
  KnexCommitted,
  Projection,
  QueryOperators,
  SavingOptions,
} from './client.ts'
export { createEventClient, type KnexClientOptions } from './create-client.ts'
export { STAGED_ID } from './event.ts'
export {
  createEventDataIndexMigration,
  createEventsTableMigration,
  createProjectionDataIndexMigration,
  createProjectionsTableMigration,
  type DataIndexOptions,
  type EventsTableOptions,
  type Migration,
  type ProjectionsTableOptions,
  type TableMigration,
  type TableOptions,
} from './migrations.ts'
export { MultiStreamProjection, SingleStreamProjection } from './projection.ts'
export { createEventInputSchema, createEventSchema } from './schemas.ts'
export { MultiStreamValidator, SingleStreamValidator } from './validator.ts'
export type { EventInputSchema, EventSchema, ZodObjectLike } from './zod-types.ts'
