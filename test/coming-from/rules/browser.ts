import { LocalStorageEventStore, WebStorageEventStore } from 'eventfold/browser'
import { runExample, type Account, type Inbound, type Outbound } from './document.ts'

// What the document shows of browsers.

export function openLocalStorage() {
  return new LocalStorageEventStore<Account, Inbound, Outbound>({
    namespace: 'my-app',
  })
}

/** `sessionStorage`, or what is shaped like it. */
export async function runExampleInStorage(storage: Pick<Storage, 'getItem' | 'setItem'>) {
  const store = new WebStorageEventStore<Account, Inbound, Outbound>({
    storage,
    namespace: 'my-app',
  })
  const changed = Promise.withResolvers<readonly unknown[]>()
  const unsubscribe = store.subscribe((change) => {
    changed.resolve([change.ref, change.source, change.snapshot?.state.balance])
  })
  const found = await runExample(store)
  const change = await changed.promise
  unsubscribe()
  return { ...found, change, waiting: await store.outbox.read() }
}
