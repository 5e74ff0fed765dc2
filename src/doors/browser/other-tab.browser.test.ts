import { Aggregate, createEvent, Processor, type EventStore } from 'eventfold'
import {
  IndexedDBEventStore,
  LocalStorageEventStore,
  WebStorageEventStore,
  type AggregateChange,
} from 'eventfold/browser'
import { expect, onTestFinished, test } from 'vitest'

interface Account {
  balance: number
}
const processor = new Processor<Account, { amount: number }>(
  { CHANGED: ({ state, current }) => ({ balance: state.balance + current.amount }) },
  () => ({ balance: 0 }),
)
const accountsOn = (store: EventStore) => new Aggregate({ type: 'ACCOUNT', store, processor })

/** Another page of this site, in a frame: it has objects of its own, and the same storage. */
async function appendInAnotherPage(open: string): Promise<void> {
  const frame = document.createElement('iframe')
  onTestFinished(() => frame.remove())
  const done = Promise.withResolvers<void>()
  const hear = ({ data }: MessageEvent): void => {
    if (data === 'appended') done.resolve()
  }
  addEventListener('message', hear)
  onTestFinished(() => removeEventListener('message', hear))
  const url = (path: string) => new URL(path, import.meta.url).href
  frame.srcdoc = `<script type="module">
    import * as stores from '${url('./index.ts')}'
    import { Aggregate, createEvent, Processor } from '${url('../../index.ts')}'
    const processor = new Processor(
      { CHANGED: ({ state, current }) => ({ balance: state.balance + current.amount }) },
      () => ({ balance: 0 }),
    )
    const accounts = new Aggregate({ type: 'ACCOUNT', store: new stores.${open}, processor })
    await accounts.append('a', createEvent('CHANGED', { amount: 5 }))
    parent.postMessage('appended', '*')
  </script>`
  document.body.append(frame)
  await done.promise
}

test.each([
  {
    name: 'LocalStorageEventStore',
    options: (id: string) => `LocalStorageEventStore({ namespace: '${id}' })`,
    open: (id: string) => new LocalStorageEventStore<Account>({ namespace: id }),
  },
  {
    name: 'WebStorageEventStore on localStorage',
    options: (id: string) => `WebStorageEventStore({ storage: localStorage, namespace: '${id}' })`,
    open: (id: string) =>
      new WebStorageEventStore<Account>({ storage: localStorage, namespace: id }),
  },
  {
    name: 'IndexedDBEventStore',
    options: (id: string) => `IndexedDBEventStore({ name: '${id}' })`,
    open: (id: string) => new IndexedDBEventStore<Account>({ name: id }),
  },
])('$name tells of what another page appends', async ({ options, open }) => {
  const id = crypto.randomUUID()
  await using store = open(id)
  const told: AggregateChange<Account>[] = []
  store.subscribe((change) => told.push(change))
  await accountsOn(store).append('a', createEvent('CHANGED', { amount: 1 }))
  const ref = { type: 'ACCOUNT', id: 'a' }
  const first = { ref, source: 'local', snapshot: { ref, state: { balance: 1 }, sequence: 1 } }
  await expect.poll(() => told).toEqual([first])
  await appendInAnotherPage(options(id))
  const second = { ref, source: 'storage', snapshot: { ref, state: { balance: 6 }, sequence: 2 } }
  await expect.poll(() => told).toEqual([first, second])
})
