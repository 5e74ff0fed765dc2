import {
  IndexedDBEventStore,
  LocalStorageEventStore,
  WebStorageEventStore,
} from 'eventfold/browser'
import { jsonCodec } from '../store/json.ts'
import type { EventStore } from '../store/store.ts'
import type { AnyStore, LogOptions } from './every-store.fixture.ts'

let logs = 0

/** A kind of store whose logs have names, and what takes a log of that name away. */
function inTheBrowser(
  name: string,
  openLog: (name: string, options: LogOptions) => EventStore,
  remove: (name: string) => Promise<void> | void,
): AnyStore {
  return {
    name,
    open: async ({ codec = jsonCodec } = {}) => {
      logs += 1
      const log = `every-${logs}-${crypto.randomUUID()}`
      const opened: EventStore[] = []
      const reopen = (): EventStore => {
        // As the stores elsewhere, which keep dates only when they are told to.
        const store = openLog(log, { codec })
        opened.push(store)
        return store
      }
      const store = reopen()
      return {
        store,
        reopen,
        everything: () => Array.fromAsync(store.read('all')),
        [Symbol.asyncDispose]: async () => {
          await Promise.all(opened.map((each) => each.close()))
          await remove(log)
        },
      }
    },
  }
}

function removeKeys(storage: Storage, namespace: string): void {
  for (const key of Object.keys(storage)) {
    if (key.startsWith(`${namespace}/`)) storage.removeItem(key)
  }
}

function deleteDatabase(name: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const request = indexedDB.deleteDatabase(name)
  request.addEventListener('success', () => resolve())
  request.addEventListener('error', () => reject(request.error ?? new Error(name)))
  request.addEventListener('blocked', () => reject(new Error(`${name} is still open`)))
  return promise
}

/** The stores of a browser: what tests of Node find in the place of theirs. */
export const everyStore: readonly AnyStore[] = [
  inTheBrowser(
    'localStorage',
    (namespace, options) => new LocalStorageEventStore({ ...options, namespace }),
    (namespace) => removeKeys(localStorage, namespace),
  ),
  inTheBrowser(
    'sessionStorage',
    (namespace, options) =>
      new WebStorageEventStore({ ...options, storage: sessionStorage, namespace }),
    (namespace) => removeKeys(sessionStorage, namespace),
  ),
  inTheBrowser(
    'IndexedDB',
    (name, options) => new IndexedDBEventStore({ ...options, name }),
    deleteDatabase,
  ),
]
