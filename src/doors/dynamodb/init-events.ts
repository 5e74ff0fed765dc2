import { initEvents as initOnStore } from '../../dispatch/current-service.ts'
import type { EventDefinitions } from '../../event/definition.ts'
import { anyObject, checkAt, filled } from '../../store/check-value.ts'
import { defaultClient } from '../../stores/dynamodb/default-client.ts'
import { DynamoEventStore, type DynamoOptions } from '../../stores/dynamodb/index.ts'

/** What {@link initEvents} takes: a table, and how it is used. `keyNames` is `{ pk: 'pk', sk: 'sk' }` by default. */
export interface EventTableConfig extends Omit<DynamoOptions, 'client'> {
  /**
   * A `DynamoDBDocumentClient`, or a `DynamoDBClient`. Default is one made at first use, from
   * `AWS_REGION`, `AWS_ENDPOINT_URL` and the like.
   */
  readonly client?: DynamoOptions['client'] | undefined
  /**
   * Checks payloads against the schemas of their types when they are appended, and brings old ones up to
   * date when they are read. Default is that any payload passes.
   */
  readonly events?: EventDefinitions | undefined
}

/**
 * Sets the table that `dispatchEvent`, `createDispatch` and `getEventService` of `eventfold` use where no
 * service is given, and gives its store: for streams, decisions and aggregates on the same events. Nothing
 * is sent before the first call. Called again it replaces the table; what is on its way to the one before
 * still arrives there, and its store stays open.
 *
 * Throws `INVALID_ARGUMENT` for a table without a name, and for an option that is none.
 *
 * ```ts
 * import { createDispatch } from 'eventfold'
 * import { initEvents } from 'eventfold/dynamodb'
 *
 * initEvents({ tableName: 'wallets' })
 * const dispatch = createDispatch(
 *   {
 *     funded: (walletId: string, amount: number) => ({
 *       aggregateId: walletId,
 *       eventType: 'Wallet.Funded',
 *       payload: { amount },
 *     }),
 *   },
 *   { aggregateType: 'wallet', source: 'billing' },
 * )
 * export const fund = () => dispatch.funded('wal_123', 5000)
 * ```
 */
export function initEvents(config: EventTableConfig): DynamoEventStore {
  anyObject(config, ['initEvents'])
  checkAt('tableName', filled, config.tableName, ['initEvents'])
  const { client = defaultClient(), keyNames = { pk: 'pk', sk: 'sk' }, events, ...options } = config
  const store = new DynamoEventStore({ ...options, client, keyNames })
  initOnStore({ store, events })
  return store
}
