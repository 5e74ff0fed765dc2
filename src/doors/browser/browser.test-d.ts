import { Aggregate, Processor, type EventStore, type Snapshot } from 'eventfold'
import {
  IndexedDBEventStore,
  LocalStorageEventStore,
  WebStorageEventStore,
  type AggregateChange,
} from 'eventfold/browser'
import { describe, expectTypeOf, test } from 'vitest'

interface Account {
  readonly email: string
}
interface Opened {
  readonly email: string
}

describe('stores of a browser', () => {
  test('are generic as the document shows, and no argument is needed', () => {
    const typed = new LocalStorageEventStore<Account, Opened, never>({ namespace: 'app' })
    expectTypeOf(typed).toExtend<EventStore & AsyncDisposable>()
    typed.subscribe((change) => {
      expectTypeOf(change).toEqualTypeOf<AggregateChange<Account>>()
      expectTypeOf(change.snapshot).toEqualTypeOf<Snapshot<Account> | undefined>()
      expectTypeOf(change.source).toEqualTypeOf<'local' | 'storage'>()
      expectTypeOf(change.ref).toEqualTypeOf<{ readonly type: string; readonly id: string }>()
    })
    const untyped = new IndexedDBEventStore({ name: 'app' })
    untyped.subscribe(({ snapshot }) => {
      expectTypeOf(snapshot?.state).toEqualTypeOf<unknown>()
    })
    expectTypeOf(untyped.subscribe(() => {})).toEqualTypeOf<() => void>()
    const processor = new Processor<Account, Opened>({}, () => ({ email: '' }))
    void new Aggregate({ type: 'ACCOUNT', store: typed, processor })
  })

  test('take what they need', () => {
    void new WebStorageEventStore<Account>({ storage: sessionStorage, namespace: 'app' })
    // What is called is all that is asked for.
    const storage = { getItem: () => null, setItem: () => {}, removeItem: () => {} }
    void new WebStorageEventStore({ storage, namespace: 'app' })
    // @ts-expect-error no namespace
    void new LocalStorageEventStore({})
    // @ts-expect-error a storage of its own
    void new LocalStorageEventStore({ namespace: 'app', storage })
    // @ts-expect-error no storage
    void new WebStorageEventStore({ namespace: 'app' })
    // @ts-expect-error a database has a name
    void new IndexedDBEventStore({ namespace: 'app' })
  })
})
