import { openIndexedDB, type IndexedDBOptions } from '../../stores/web/indexed-db/index.ts'
import { BrowserEventStore } from './store.ts'

/**
 * A log in an IndexedDB database, which all tabs and workers of an origin share: of any size, and kept
 * until the user clears it, or a browser that is short of room (`navigator.storage.persist()` asks it not
 * to). Conditions and expected versions hold across all of them, and dates come back as dates. It is opened
 * by the first call.
 *
 * Errors come from the calls: `STORE`, whose `fault` tells whether storage is `'denied'` or `'full'`,
 * was `'cleared'`, belongs to a `'newer-version'` of the application, is `'busy'` with the upgrade of
 * an older one or has too many commits waiting, is indexed by other `'identifiers'`, or is `'not-a-log'`.
 * Wrong options throw `INVALID_ARGUMENT`.
 *
 * ```ts
 * const store = new IndexedDBEventStore({ name: 'my-app' })
 * await store.commit({ events: [{ type: 'CART_CREATED', data: { cartId: 'cart_123' } }] })
 * ```
 */
export class IndexedDBEventStore<
  State = unknown,
  _Inbound = unknown,
  _Outbound = unknown,
> extends BrowserEventStore<State> {
  constructor(options: IndexedDBOptions) {
    super(openIndexedDB(options))
  }
}
