import type { StandardSchemaV1 } from '@standard-schema/spec'
import { refuse } from '../../store/check-value.ts'
import { fromKnex, type KnexLike } from '../../stores/postgres/hands/knex.ts'
import { idAt } from '../../stores/postgres/id-at.ts'
import { openPostgres, type PostgresOptions } from '../../stores/postgres/index.ts'
import type { EventClient } from './client.ts'
import { createDoorClient, type Log, type Schemas } from './door-client.ts'

/** How a client reads, and what else `openPostgres` takes. */
export interface KnexClientOptions
  extends Omit<PostgresOptions, 'pool'>, Pick<Schemas, 'validateOnRead'> {
  /**
   * Whether every event that is read goes through the event union, which may refuse it. Default is
   * `true`; otherwise data comes as it is stored.
   */
  readonly validateOnRead?: boolean | undefined
}

/**
 * Events and projections in PostgreSQL through a `knex`, or all of it on a transaction of one. Nothing is
 * sent before the first call; the migrations of this door make the tables.
 *
 * What is saved is checked by the union of the inputs: what it refuses, and keys that it would drop,
 * throw `INVALID_EVENT`. Ids of events are their positions in the log. In JSON, ids are strings.
 *
 * ```ts
 * import { createEventClient, createEventInputSchema, createEventSchema } from 'eventfold/knex'
 * import knex from 'knex'
 * import { z } from 'zod'
 *
 * const item = z.object({ listId: z.string(), itemId: z.string() })
 * const added = createEventSchema('ITEM_ADDED', item)
 * const removed = createEventSchema('ITEM_REMOVED', item)
 * const eventUnion = z.discriminatedUnion('type', [added, removed])
 * const eventInputUnion = z.discriminatedUnion('type', [
 *   createEventInputSchema('ITEM_ADDED', item),
 *   createEventInputSchema('ITEM_REMOVED', item),
 * ])
 *
 * const db = knex({ client: 'pg', connection: process.env['DATABASE_URL'] ?? '' })
 * const client = createEventClient(eventUnion, eventInputUnion, db)
 * const itemsOf = (listId: string) =>
 *   client.getEventStream({ types: ['ITEM_ADDED'], filter: { listId: { eq: listId } } })
 * ```
 */
export function createEventClient<Events extends StandardSchemaV1, Inputs extends StandardSchemaV1>(
  eventUnion: Events,
  inputUnion: Inputs,
  knex: KnexLike,
  options: KnexClientOptions = {},
): EventClient<Events, Inputs> {
  checkSchema(eventUnion, 'eventUnion')
  checkSchema(inputUnion, 'inputUnion')
  checkKnex(knex)
  const { validateOnRead, ...rest } = options
  const { tables = {}, lockTimeout: patience = 5000 } = rest
  // A transaction has a client of its own, on which nothing runs but the transaction.
  const hand = fromKnex({ client: knex.client })
  const store = openPostgres({ ...rest, pool: hand })
  const log: Log = {
    store,
    idAt: (position) =>
      idAt({ run: (sent) => hand.run(sent, patience), tables, patience, within: false }, position),
    within: (transaction) => {
      const run = hand.within(transaction)
      return {
        store: store.within(transaction),
        idAt: (position) => idAt({ run, tables, patience, within: true }, position),
        within: log.within,
      }
    },
  }
  const opened = knex.isTransaction ? log.within(knex) : log
  const client = createDoorClient({ eventUnion, inputUnion, validateOnRead }, opened)
  return client as unknown as EventClient<Events, Inputs>
}

function checkSchema(given: StandardSchemaV1 | undefined, name: string): void {
  if (typeof given?.['~standard']?.validate === 'function') return
  refuse([name], 'a schema, such as a z.discriminatedUnion of event schemas', given)
}

function checkKnex(given: KnexLike | undefined): void {
  if (typeof given?.client?.dialect === 'string') return
  refuse(['knex'], "a knex with client: 'pg', or a transaction of one", given)
}
