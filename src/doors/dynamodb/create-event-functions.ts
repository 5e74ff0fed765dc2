import { checkAt, filled } from '../../store/check-value.ts'
import { DynamoEventStore, type DynamoOptions } from '../../stores/dynamodb/index.ts'
import { idKey } from './check-arguments.ts'
import type { EventClient } from './client.ts'
import { clientOver } from './over-store.ts'
import type { AnyEvent, EventBase, IdKeyOf } from './types.ts'

/** How the table behind a client is used. `keyNames` is `{ pk: 'pk', sk: 'sk' }` by default. */
export interface EventFunctionsOptions extends Omit<
  DynamoOptions,
  'client' | 'tableName' | 'identifiers' | 'partitionKey'
> {}

/**
 * A client of the events in a table, which `createTable` makes. Every event is filed under each top-level
 * key of its data that ends in `_id`; the partition key is the one that scopes: a partition can be read,
 * but it is not guarded as a whole. Nothing is sent before the first call.
 *
 * Throws `INVALID_ARGUMENT` for a table without a name and for a partition key that does not end in
 * `_id`.
 *
 * ```ts
 * import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
 * import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
 * import { createEventFunctions, type EventBase } from 'eventfold/dynamodb'
 *
 * interface PriceRaised extends EventBase {
 *   type: 'PRICE_RAISED'
 *   data: { store_id: string; product_id: string; price: number }
 * }
 * const client = DynamoDBDocumentClient.from(new DynamoDBClient({ region: 'eu-central-1' }))
 * const prices = createEventFunctions<'PRICE_RAISED', PriceRaised>(client, 'events', 'store_id')
 * const priceOf = (store: string, product: string) =>
 *   prices.getLatestEvent({
 *     eventType: 'PRICE_RAISED',
 *     partitionId: store,
 *     modelKey: 'product_id',
 *     modelId: product,
 *   })
 * ```
 */
export function createEventFunctions<
  Types extends string = string,
  Event extends EventBase<Types> = AnyEvent<Types>,
>(
  client: DynamoOptions['client'],
  tableName: string,
  partitionKey: IdKeyOf<Event>,
  options: EventFunctionsOptions = {},
): EventClient<Types, Event> {
  checkAt('tableName', filled, tableName, [])
  checkAt('partitionKey', idKey, partitionKey, [])
  const store = new DynamoEventStore({
    ...options,
    keyNames: options.keyNames ?? { pk: 'pk', sk: 'sk' },
    client,
    tableName,
    identifiers: ['*_id'],
    partitionKey,
  })
  return clientOver(store, partitionKey) as unknown as EventClient<Types, Event>
}
