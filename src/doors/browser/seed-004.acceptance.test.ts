import {
  Aggregate,
  createEvent,
  createOutboxRelay,
  defineIndex,
  Processor,
  type OutboxMessage,
  type StateUpdater,
} from 'eventfold'
import {
  IndexedDBEventStore,
  LocalStorageEventStore,
  WebStorageEventStore,
} from 'eventfold/browser'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { emptyStorage } from './storage.fixture.ts'

// The domain of the document.
interface Account {
  email: string
  balance: number
}
type Inbound = AccountOpened | BalanceChanged
type Outbound = BalanceChangedNotification
interface AccountOpened {
  email: string
}
interface BalanceChanged {
  amount: number
}
interface BalanceChangedNotification {
  balance: number
}

const rules = new Map<string, StateUpdater<Account, Inbound, Outbound, Inbound>>()
rules.set('ACCOUNT_OPENED', (input) => {
  input.state.email = (input.current as AccountOpened).email
  return input.state
})
rules.set('BALANCE_CHANGED', (input) => {
  input.state.balance += (input.current as BalanceChanged).amount
  input.publish('BALANCE_CHANGED', { balance: input.state.balance })
  return input.state
})
const processor = new Processor(rules, () => ({ email: '', balance: 0 }))

const isBrowser = typeof window !== 'undefined'
let runs = 0
/** Another log for each test. */
const fresh = () => `seed-004-${Date.now()}-${(runs += 1)}`

/** What the document of the rules engine promises of browsers, in its order. */
describe('seed 004 in a browser', () => {
  beforeEach(() => {
    if (!isBrowser) vi.stubGlobal('window', { localStorage: emptyStorage() })
  })
  afterEach(() => {
    vi.unstubAllGlobals()
  })

  test('the example does what it says', async () => {
    const namespace = fresh()
    const store = new LocalStorageEventStore<Account, Inbound, Outbound>({
      namespace,
    })

    const accounts = new Aggregate<Account, Inbound, Outbound>({
      type: 'ACCOUNT',
      store,
      processor,
    })

    const told: unknown[] = []
    const console = { log: (...words: unknown[]) => told.push(words) }
    const unsubscribe = store.subscribe((change) => {
      console.log(change.ref, change.source, change.snapshot)
    })

    await accounts.append(
      'account-1',
      createEvent('ACCOUNT_OPENED', { email: 'owner@example.com' }),
      createEvent('BALANCE_CHANGED', { amount: 50 }),
    )
    const snapshot = await accounts.get('account-1')
    expect(snapshot).toEqual({
      ref: { type: 'ACCOUNT', id: 'account-1' },
      state: { email: 'owner@example.com', balance: 50 },
      sequence: 2,
    })
    await expect
      .poll(() => told)
      .toEqual([[{ type: 'ACCOUNT', id: 'account-1' }, 'local', snapshot]])

    unsubscribe()
    await accounts.append('account-1', createEvent('BALANCE_CHANGED', { amount: 1 }))
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(told).toHaveLength(1)
    await store.close()
  })

  test('and finds accounts by e-mail', async () => {
    await using store = new LocalStorageEventStore<Account, Inbound, Outbound>({
      namespace: fresh(),
    })
    const accounts = new Aggregate<Account, Inbound, Outbound>({
      type: 'ACCOUNT',
      store,
      processor,
      indexes: [defineIndex('byEmail', (snapshot) => snapshot.state.email || null)],
    })
    await accounts.append(
      'account-1',
      createEvent('ACCOUNT_OPENED', { email: 'owner@example.com' }),
      createEvent('BALANCE_CHANGED', { amount: 50 }),
    )
    const byEmail = await accounts.query('byEmail', 'owner@example.com')
    expect(byEmail).toEqual([await accounts.get('account-1')])
  })

  test('WebStorageEventStore works with any Storage-like object', async () => {
    const namespace = fresh()
    const storages = isBrowser ? [localStorage, sessionStorage, emptyStorage()] : [emptyStorage()]
    for (const storage of storages) {
      const open = () =>
        new WebStorageEventStore<Account, Inbound, Outbound>({ storage, namespace })
      const on = (store: ReturnType<typeof open>) =>
        new Aggregate<Account, Inbound, Outbound>({ type: 'ACCOUNT', store, processor })
      await using first = open()
      await on(first).append('account-1', createEvent('BALANCE_CHANGED', { amount: 5 }))
      await using second = open()
      expect(await on(second).get('account-1')).toMatchObject({ state: { balance: 5 } })
    }
  })

  test('it serializes dates explicitly', async () => {
    interface Meeting {
      readonly at: Date | null
    }
    const storage = emptyStorage()
    const namespace = fresh()
    const meetings = () =>
      new Aggregate({
        type: 'MEETING',
        store: new WebStorageEventStore<Meeting>({ storage, namespace }),
        processor: new Processor<Meeting, { at: Date }, { at: Date }>(
          {
            MOVED: ({ current, publish }) => {
              publish('MOVED', { at: current.at })
              return { at: current.at }
            },
          },
          () => ({ at: null }),
        ),
      })
    const at = new Date('2025-05-05T10:00:00.000Z')
    await meetings().append('m1', createEvent('MOVED', { at }))
    // Another store reads what the storage has.
    expect(await meetings().get('m1')).toMatchObject({ state: { at } })
    await using store = new WebStorageEventStore({ storage, namespace })
    expect(await Array.fromAsync(store.read('all'))).toMatchObject([{ data: { at } }])
    expect(await store.outbox.read()).toMatchObject([{ data: { at } }])
  })

  test('stores outbox records with aggregate state, for a relay to publish', async () => {
    const storage = emptyStorage()
    const namespace = fresh()
    await using store = new WebStorageEventStore<Account, Inbound, Outbound>({ storage, namespace })
    const accounts = new Aggregate<Account, Inbound, Outbound>({
      type: 'ACCOUNT',
      store,
      processor,
    })
    await accounts.append('account-1', createEvent('BALANCE_CHANGED', { amount: 50 }))
    const refused = accounts.appendTo(
      'account-1',
      null,
      0,
      createEvent('BALANCE_CHANGED', { amount: 7 }),
    )
    await expect(refused).rejects.toMatchObject({ code: 'CONFLICT' })

    const published: OutboxMessage[] = []
    await using relay = createOutboxRelay({
      store,
      name: 'offline queue',
      publisher: {
        publish: async (messages) => {
          published.push(...messages)
          return messages.map(() => ({ status: 'fulfilled' as const }))
        },
      },
    })
    await relay.drain()
    expect(published).toMatchObject([{ type: 'BALANCE_CHANGED', data: { balance: 50 } }])
    await using later = new WebStorageEventStore({ storage, namespace })
    expect(await later.outbox.read()).toEqual([])
  })

  test('checks expected sequence numbers', async () => {
    const namespace = fresh()
    const tabs = [1, 2].map(() => {
      const store = new LocalStorageEventStore<Account, Inbound, Outbound>({ namespace })
      return new Aggregate<Account, Inbound, Outbound>({ type: 'ACCOUNT', store, processor })
    })
    const [mine, theirs] = tabs as [(typeof tabs)[0], (typeof tabs)[0]]
    const { state, sequence } = await mine.append(
      'account-1',
      createEvent('BALANCE_CHANGED', { amount: 1 }),
    )
    await theirs.append('account-1', createEvent('BALANCE_CHANGED', { amount: 2 }))
    const late = mine.appendTo(
      'account-1',
      state,
      sequence,
      createEvent('BALANCE_CHANGED', { amount: 4 }),
    )
    await expect(late).rejects.toMatchObject({
      code: 'CONFLICT',
      conflict: { reason: 'version', expected: 1, actual: 2 },
    })
    expect(await mine.get('account-1')).toMatchObject({ state: { balance: 3 }, sequence: 2 })
  })

  // The document warns of a race between tabs; here there is none.
  test('many writers of one account all come through, each on what the one before has made', async () => {
    const namespace = fresh()
    const writers = Array.from({ length: 4 }, () => {
      const store = new LocalStorageEventStore<Account, Inbound, Outbound>({ namespace })
      return new Aggregate<Account, Inbound, Outbound>({ type: 'ACCOUNT', store, processor })
    })
    const appended = await Promise.all(
      Array.from({ length: 20 }, (_, at) =>
        writers[at % 4]!.append('account-1', createEvent('BALANCE_CHANGED', { amount: at })),
      ),
    )
    const sequences = appended.map(({ sequence }) => sequence).toSorted((a, b) => a - b)
    expect(sequences).toEqual(Array.from({ length: 20 }, (_, at) => at + 1))
    expect(await writers[0]!.get('account-1')).toMatchObject({ state: { balance: 190 } })
  })

  // The document announces this store; here it is.
  test.runIf(isBrowser)(
    'for larger data there is IndexedDB, against the same contract',
    async () => {
      const store = new IndexedDBEventStore<Account, Inbound, Outbound>({ name: fresh() })
      const accounts = new Aggregate<Account, Inbound, Outbound>({
        type: 'ACCOUNT',
        store,
        processor,
      })
      await accounts.append('account-1', createEvent('BALANCE_CHANGED', { amount: 50 }))
      expect(await accounts.get('account-1')).toMatchObject({ state: { balance: 50 }, sequence: 1 })
      await store.close()
    },
  )
})
