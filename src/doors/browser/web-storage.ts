import {
  openLocalStorage,
  openWebStorage,
  type LocalStorageOptions,
  type WebStorageOptions,
} from '../../stores/web/web-storage/index.ts'
import { BrowserEventStore } from './store.ts'

/**
 * A log in anything that is shaped like `Storage`. Every commit is one entry, which is written whole or
 * not at all, and dates come back as dates. On `localStorage` it is a {@link LocalStorageEventStore}; any
 * other object is for one thread, where all stores that have it open see each other's commits.
 *
 * Errors come from the calls: `STORE`, whose `fault` tells whether the storage is `'full'`, may not be used
 * (`'denied'`), was `'cleared'` while it was open, holds a damaged record or misses one (`'not-a-log'`) or has
 * one of a `'newer-version'` of this package. Nothing was written then. Wrong options throw `INVALID_ARGUMENT`.
 *
 * ```ts
 * const store = new WebStorageEventStore({ storage: sessionStorage, namespace: 'my-app' })
 * await store.commit({ events: [{ type: 'CART_CREATED', data: { cartId: 'cart_123' } }] })
 * ```
 */
export class WebStorageEventStore<
  State = unknown,
  _Inbound = unknown,
  _Outbound = unknown,
> extends BrowserEventStore<State> {
  /** Whether conditions hold against commits of other tabs too. */
  readonly acrossTabs: boolean

  constructor(options: WebStorageOptions) {
    const store = openWebStorage(options)
    super(store)
    this.acrossTabs = store.acrossTabs
  }
}

/**
 * A log in `localStorage`, which all tabs of an origin share: some megabytes, kept until somebody clears
 * them. Conditions and expected versions hold across tabs. For more data, or many commits, take
 * {@link IndexedDBEventStore}.
 *
 * A tab that is killed right after it was answered may take its last commits with it, and a browser that
 * is killed all that it had not brought to the disk: what has seen them is then refused as `rewound`, and
 * read anew. Without Web Locks (pages that are not served by HTTPS or from localhost) two tabs that write at
 * once may overwrite each other: `acrossTabs` is `false`, and a warning is printed.
 *
 * Errors come from the calls, also where the browser blocks storage: those of a {@link WebStorageEventStore},
 * and `'busy'` where another tab keeps the log for ten seconds.
 *
 * ```ts
 * const store = new LocalStorageEventStore({ namespace: 'my-app' })
 * await store.commit({ events: [{ type: 'CART_CREATED', data: { cartId: 'cart_123' } }] })
 * ```
 */
export class LocalStorageEventStore<
  State = unknown,
  _Inbound = unknown,
  _Outbound = unknown,
> extends BrowserEventStore<State> {
  /** Whether conditions hold against commits of other tabs too: where the browser has Web Locks. */
  readonly acrossTabs: boolean

  constructor(options: LocalStorageOptions) {
    const store = openLocalStorage(options)
    super(store)
    this.acrossTabs = store.acrossTabs
  }
}
