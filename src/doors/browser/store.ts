import type { EventStore } from '../../store/store.ts'
import { aggregateChanges, type AggregateChanges, type ChangeListener } from './changes.ts'

/** What all stores of a browser have: the contract, and a view of the aggregates that change. */
export abstract class BrowserEventStore<State> implements EventStore, AsyncDisposable {
  readonly capabilities: EventStore['capabilities']
  readonly commit: EventStore['commit']
  readonly load: EventStore['load']
  readonly read: EventStore['read']
  readonly documents: EventStore['documents']
  readonly outbox: EventStore['outbox']
  readonly watch: NonNullable<EventStore['watch']>
  readonly close: EventStore['close']
  readonly #changes: AggregateChanges<State>

  protected constructor(store: EventStore) {
    this.#changes = aggregateChanges(store)
    this.capabilities = store.capabilities
    this.commit = this.#changes.commit
    this.load = store.load
    this.read = store.read
    this.documents = store.documents
    this.outbox = store.outbox
    // Every one of them can be watched.
    this.watch = store.watch as NonNullable<EventStore['watch']>
    this.close = () => {
      this.#changes.stop()
      return store.close()
    }
  }

  /**
   * Calls the listener soon after commits with each aggregate that got events, once for all that it got
   * until then. `source` is `'local'` where this store has committed the newest of them, and `'storage'`
   * where another has, of this or another tab. One that throws keeps nothing from the others, and after
   * `close()` none is called. Returns the function that ends it.
   *
   * ```ts
   * interface Account {
   *   balance: number
   * }
   * const processor = new Processor<Account, { amount: number }>(
   *   { CHANGED: ({ state, current }) => ({ balance: state.balance + current.amount }) },
   *   () => ({ balance: 0 }),
   * )
   * const store = new LocalStorageEventStore<Account>({ namespace: 'my-app' })
   * const accounts = new Aggregate({ type: 'ACCOUNT', store, processor })
   * const unsubscribe = store.subscribe(({ ref, source, snapshot }) => {
   *   console.log(ref.id, source, snapshot?.state.balance)
   * })
   * await accounts.append('account-1', createEvent('CHANGED', { amount: 50 }))
   * ```
   */
  subscribe(listener: ChangeListener<State>): () => void {
    return this.#changes.subscribe(listener)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}
