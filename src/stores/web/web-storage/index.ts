/** A log in a Web Storage, such as `localStorage`. @module */
import {
  DEFAULT_IDENTIFIERS,
  identifierTest,
  type Identifiers,
} from '../../../event/identifiers.ts'
import { is, name, object } from '../../../store/check-value.ts'
import { dateCodec, type JsonCodec } from '../../../store/json.ts'
import { sharedOptions } from '../check-options.ts'
import { asStoreError, denied } from './errors.ts'
import type { LocksLike } from './head-locks.ts'
import { isLocalStorage, type StorageLike } from './storage.ts'
import { capabilities, createStore, type WebStorageStore } from './store.ts'

export type { StorageLike } from './storage.ts'
export type { WebStorageStore } from './store.ts'

export interface LocalStorageOptions {
  /**
   * The name of the log. Its records are under the keys `<namespace>/1`, `<namespace>/2` and so on;
   * no namespace reaches the records of another.
   */
  readonly namespace: string
  /** Which keys of `data` are identifiers. Default is every key that ends in `Id` or `_id`. */
  readonly identifiers?: Identifiers | undefined
  /** How data becomes text. Default is `dateCodec`, which brings dates back. */
  readonly codec?: JsonCodec | undefined
}

export interface WebStorageOptions extends LocalStorageOptions {
  /**
   * The `localStorage` or `sessionStorage` of the page, or any object of the same shape, as a test or
   * another platform has it. `null`, as some browsers have for a blocked one, makes every call fail
   * with `STORE`, fault `'denied'`.
   */
  readonly storage: StorageLike | null
}

/**
 * Opens a log in a Web Storage. Nothing is read before the first call, and errors come from the calls.
 * One commit is one key, written at once, so that nothing is ever half there. Each call reads only what
 * is new; the log is kept in memory as well.
 *
 * `localStorage` is shared by the tabs of an origin. Where the browser has Web Locks, conditions hold
 * across tabs, and what one tab was answered is seen by reads that begin afterwards in all others; a
 * tab that is killed right after it wrote may take its last commits with it, and cursors that have seen
 * them are refused as `rewound`. Where there are no Web Locks (pages that are not served by HTTPS, old
 * browsers) two tabs that write at once may overwrite each other's commits: `acrossTabs` is `false`, and
 * a warning is printed. Any other storage is for one thread: all stores on one object see each other.
 *
 * Calls throw `STORE`; `fault` says why: `'full'` where the storage has no room, also after what was
 * overwritten has been let go; `'denied'` where the page may not use it; `'cleared'` where the user
 * removed the log while it was open, until it is opened anew; `'not-a-log'` where a record is damaged or
 * missing; `'newer-version'` where another tab runs a newer version of this package; `'busy'` where
 * other tabs do not let go of the log. Nothing was written then.
 *
 * ```ts
 * const values = new Map<string, string>()
 * const store = new WebStorageEventStore({
 *   storage: {
 *     getItem: (key) => values.get(key) ?? null,
 *     setItem: (key, value) => values.set(key, value),
 *   },
 *   namespace: 'shop',
 * })
 * await store.commit({ events: [{ type: 'CART_CREATED', data: { cartId: 'cart_123' } }] })
 * ```
 */
export function openWebStorage(options: WebStorageOptions): WebStorageStore {
  checkWebStorage(options, ['WebStorageEventStore'])
  const { storage, ...rest } = options
  return open(rest, storage ?? failing(denied(rest.namespace)))
}

/** As {@link openWebStorage}, in the `localStorage` of the page. */
export function openLocalStorage(options: LocalStorageOptions): WebStorageStore {
  checkLocalStorage(options, ['LocalStorageEventStore'])
  const { namespace } = options
  try {
    // The question alone throws where the page may not use it; elsewhere there is none.
    const storage = typeof window === 'undefined' ? undefined : window.localStorage
    return open(options, storage ?? failing(denied(namespace)))
  } catch (error) {
    return open(options, failing(asStoreError(error, namespace)))
  }
}

function open(options: LocalStorageOptions, storage: StorageLike): WebStorageStore {
  const { namespace, identifiers = DEFAULT_IDENTIFIERS, codec = dateCodec } = options
  const isShared = isLocalStorage(storage)
  const locks = isShared ? locksOfPage() : undefined
  if (isShared && !locks) {
    console.warn(
      `The log "${namespace}" in localStorage is not safe across tabs: this page has no Web Locks, so ` +
        'commits of two tabs at once may overwrite each other. Serve the page by HTTPS or from ' +
        'localhost, and ask for a current browser.',
    )
  }
  const rules = { isIdentifier: identifierTest(identifiers), codec, limits: capabilities.limits }
  return createStore({ storage, namespace, rules, isShared, locks })
}

/** Absent on pages that are not served securely, whatever the types say. */
function locksOfPage(): LocksLike | undefined {
  return typeof navigator === 'undefined'
    ? undefined
    : (navigator as { readonly locks?: LocksLike }).locks
}

/** A storage that may not be used. */
function failing(error: Error): StorageLike {
  const fail = (): never => {
    throw error
  }
  return { getItem: fail, setItem: fail }
}

const storage = is('a Storage, or an object with getItem and setItem', (value) => {
  const { getItem, setItem } = (value ?? {}) as Partial<StorageLike>
  return value === null || (typeof getItem === 'function' && typeof setItem === 'function')
})
const checkLocalStorage = object({ namespace: name }, sharedOptions)
const checkWebStorage = object({ namespace: name, storage }, sharedOptions)
