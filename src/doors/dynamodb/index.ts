/** A log in a table of DynamoDB. @module */
export type { DynamoClient } from '../../stores/dynamodb/client.ts'
export { DynamoEventStore, type DynamoOptions } from '../../stores/dynamodb/index.ts'
export { createTable, type CreateTableOptions } from '../../stores/dynamodb/schema.ts'
export {
  tableDefinition,
  type CdkDynamodb,
  type CdkKey,
  type CdkTable,
  type CloudFormationTable,
  type SstIndex,
  type SstTable,
} from '../../stores/dynamodb/table-definition.ts'
export type { Billing, Shape, ShapeOptions } from '../../stores/dynamodb/table-shape.ts'
export type { KeyNames } from '../../stores/dynamodb/table.ts'
export type {
  CallOptions,
  CommittedEvents,
  EventClient,
  EventsCommit,
  EventStream,
  InPartition,
  InStreams,
  LatestQuery,
  Limited,
  ProjectionWrite,
  Reading,
  SavingOptions,
  TypeLists,
  Validation,
} from './client.ts'
export { createEventFunctions, type EventFunctionsOptions } from './create-event-functions.ts'
export { initEvents, type EventTableConfig } from './init-events.ts'
export type { AnyEvent, EventBase, IdKeyIn, IdKeyName, IdKeyOf, InputOf, ModelIn } from './types.ts'
