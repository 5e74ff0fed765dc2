import type { EventDefinitions } from '../../event/definition.ts'
import type { EventShape } from '../../event/event.ts'
import {
  fromDrizzle,
  openPostgres,
  type DrizzleLike,
  type PostgresOptions,
} from '../../stores/postgres/index.ts'
import { fromDrizzleTransaction, isTransaction } from '../../stores/postgres/hands/drizzle.ts'
import type { EventClient } from './client.ts'
import { clientOver } from './over-store.ts'
import { tablesOf } from './table-options.ts'
import type { EventsTable, ProjectionsTable } from './tables.ts'
import type { EventLike, GenericEventBase, TransactionOf } from './types.ts'

/** How the log behind a client is opened, and what its events are checked against. */
export interface EventClientOptions<
  Event extends EventShape = EventShape,
  Input extends EventShape = Event,
> extends Omit<PostgresOptions, 'pool' | 'tables'> {
  /** Schemas that data is checked against before it is saved. Default is none: types are TypeScript's alone. */
  readonly definitions?: EventDefinitions<Event, Input> | undefined
}

/**
 * A client of the log in two tables of your `schema.ts`, over your Drizzle database (node-postgres,
 * postgres-js or pglite), or over a transaction of it. `migrate` makes the log.
 *
 * No type argument is needed where `definitions` are given; without them, name your events:
 * `createEventClient<AppEvent['type'], AppEvent>(db, events, projections)`.
 *
 * Throws `INVALID_ARGUMENT` for tables that are not made by this door.
 *
 * ```ts
 * import { PGlite } from '@electric-sql/pglite'
 * import { drizzle } from 'drizzle-orm/pglite'
 * import { createEventClient, createEventsTable, createProjectionsTable, migrate } from 'eventfold/drizzle'
 *
 * type AppEvent = { type: 'CART_CREATED'; data: { cartId: string; userId: string } }
 * const events = createEventsTable({ schema: 'my_app' })
 * const projections = createProjectionsTable({ schema: 'my_app' })
 * const db = drizzle(new PGlite())
 * await migrate(db, { events, projections })
 * const client = createEventClient<AppEvent['type'], AppEvent>(db, events, projections)
 * await client.saveEvent({ type: 'CART_CREATED', data: { cartId: 'cart_123', userId: 'user_456' } })
 * ```
 */
export function createEventClient<
  Event extends EventShape,
  Input extends EventShape,
  Db extends DrizzleLike,
>(
  db: Db,
  events: EventsTable,
  projections: ProjectionsTable,
  options: EventClientOptions<Event, Input> & {
    readonly definitions: EventDefinitions<Event, Input>
  },
): EventClient<Event['type'], Event, unknown, undefined, Db>
export function createEventClient<
  EventType extends string = string,
  Event extends EventLike<EventType> = GenericEventBase<EventType>,
  Schema = unknown,
  Relations = undefined,
  Db extends DrizzleLike = DrizzleLike,
>(
  db: Db | TransactionOf<Db>,
  events: EventsTable,
  projections: ProjectionsTable,
  options?: EventClientOptions,
): EventClient<EventType, Event, Schema, Relations, Db>
export function createEventClient(
  db: DrizzleLike,
  events: EventsTable,
  projections: ProjectionsTable,
  { definitions, ...options }: EventClientOptions = {},
): unknown {
  const { tables } = tablesOf({ events, projections })
  const inTransaction = isTransaction(db)
  const pool = inTransaction ? fromDrizzleTransaction(db) : fromDrizzle(db)
  const store = openPostgres({ ...options, pool, tables })
  return clientOver(inTransaction ? store.within(db) : store, definitions)
}
