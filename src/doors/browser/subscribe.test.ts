import { Aggregate, createEvent, createEventId, Processor } from 'eventfold'
import { IndexedDBEventStore, WebStorageEventStore, type AggregateChange } from 'eventfold/browser'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { snapshotType } from '../../aggregate/stored.ts'
import { emptyStorage } from './storage.fixture.ts'

interface Account {
  balance: number
}
const processor = new Processor<Account, { amount: number }>(
  { CHANGED: ({ state, current }) => ({ balance: state.balance + current.amount }) },
  () => ({ balance: 0 }),
)
const changed = (amount: number) => createEvent('CHANGED', { amount })
const ref = { type: 'ACCOUNT', id: 'a' }

/** Long enough for everything that is under way. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 100))

const isNode = typeof process !== 'undefined'
if (isNode) await import('./fake-indexed-db.fixture.ts')

/** Each opens one log, as often as it is asked to. */
const logs = {
  WebStorageEventStore: () => {
    const storage = emptyStorage()
    return () => new WebStorageEventStore<Account>({ storage, namespace: 'app' })
  },
  IndexedDBEventStore: () => {
    const name = crypto.randomUUID()
    return () => new IndexedDBEventStore<Account>({ name })
  },
}

describe.each(Object.entries(logs))('subscribe on %s', (_, log) => {
  let another: ReturnType<typeof log>
  const open = () => {
    const store = another()
    onTestFinished(() => store.close())
    const accounts = new Aggregate({ type: 'ACCOUNT', store, processor })
    const told: AggregateChange<Account>[] = []
    return { store, accounts, told, hear: (change: (typeof told)[0]) => void told.push(change) }
  }
  beforeEach(() => {
    another = log()
  })

  test('tells of what was committed after it was called, with the snapshot', async () => {
    const { store, accounts, told, hear } = open()
    await accounts.append('a', changed(1))
    store.subscribe(hear)
    await accounts.append('a', changed(2), changed(3))
    const snapshot = { ref, state: { balance: 6 }, sequence: 3 }
    await expect.poll(() => told).toEqual([{ ref, source: 'local', snapshot }])
  })

  test('misses nothing that is committed in the same moment', async () => {
    const { store, accounts, told, hear } = open()
    store.subscribe(hear)
    await Promise.all([accounts.append('a', changed(1)), accounts.append('b', changed(1))])
    await expect.poll(() => told.map((change) => change.ref.id).toSorted()).toEqual(['a', 'b'])
  })

  test('says storage of what other stores commit, and local of its own alone', async () => {
    const [mine, theirs] = [open(), open()]
    mine.store.subscribe(mine.hear)
    theirs.store.subscribe(theirs.hear)
    await theirs.accounts.append('a', changed(1))
    const snapshot = { ref, state: { balance: 1 }, sequence: 1 }
    await expect.poll(() => mine.told).toEqual([{ ref, source: 'storage', snapshot }])
    await expect.poll(() => theirs.told).toEqual([{ ref, source: 'local', snapshot }])
  })

  test('goes by the newest event where both have committed', async () => {
    const [mine, theirs] = [open(), open()]
    mine.store.subscribe(mine.hear)
    await mine.accounts.append('b', changed(1))
    // Both at once, so that one wake-up is for both.
    const events = [{ type: 'CHANGED', data: { amount: 1 }, aggregate: ref }]
    await Promise.all([mine.store.commit({ events }), theirs.store.commit({ events })])
    await expect.poll(() => mine.told.at(-1)).toMatchObject({ source: 'storage' })
  })

  test('calls once for an aggregate, however many commits there were, and once for each of them', async () => {
    const { store, told, hear } = open()
    store.subscribe(hear)
    await Promise.all(
      ['a', 'b', 'a', 'c', 'a'].map((id) =>
        store.commit({
          events: [{ type: 'CHANGED', data: {}, aggregate: { type: 'ACCOUNT', id } }],
        }),
      ),
    )
    await settle()
    expect(told.map((change) => change.ref.id)).toEqual(['a', 'b', 'c'])
  })

  test('tells only of aggregates', async () => {
    const { store, told, hear } = open()
    store.subscribe(hear)
    await store.commit({ events: [{ type: 'NOTED', data: { noteId: '1' } }] })
    await store.commit({
      documents: [{ type: 'note', id: '1', data: {}, if: 'any', otherwise: 'refuse' }],
    })
    await settle()
    expect(told).toEqual([])
  })

  test('shows no snapshot that has not seen the event', async () => {
    const { store, accounts, told, hear } = open()
    await accounts.append('a', changed(1))
    store.subscribe(hear)
    // Not by the aggregate, so that the snapshot stays behind.
    await store.commit({ events: [{ type: 'CHANGED', data: { amount: 2 }, aggregate: ref }] })
    await expect.poll(() => told).toEqual([{ ref, source: 'local', snapshot: undefined }])
  })

  test('nor one that somebody else has written in its place', async () => {
    const { store, accounts, told, hear } = open()
    await accounts.append('a', changed(1))
    store.subscribe(hear)
    const data = { state: {}, sequence: 2, eventId: createEventId(), rules: 1, keys: {} }
    const type = await snapshotType(ref)
    await store.commit({
      events: [{ type: 'CHANGED', data: { amount: 2 }, aggregate: ref }],
      documents: [{ type, id: 'a', data, if: 'any', otherwise: 'refuse' }],
    })
    await expect.poll(() => told).toEqual([{ ref, source: 'local', snapshot: undefined }])
  })

  test('a refused commit is not told', async () => {
    const { store, accounts, told, hear } = open()
    await accounts.append('a', changed(1))
    store.subscribe(hear)
    await expect(accounts.appendTo('a', null, 0, changed(1))).rejects.toMatchObject({
      code: 'CONFLICT',
    })
    await settle()
    expect(told).toEqual([])
  })

  test('each listener has its own end, also one that listens twice', async () => {
    const { store, accounts, told, hear } = open()
    const [first] = [store.subscribe(hear), store.subscribe(hear)]
    await accounts.append('a', changed(1))
    await expect.poll(() => told).toHaveLength(2)
    first()
    first()
    await accounts.append('a', changed(1))
    await settle()
    expect(told).toHaveLength(3)
  })

  test('one who comes after the last has gone hears of what is new alone', async () => {
    const { store, accounts, told, hear } = open()
    store.subscribe(hear)()
    await accounts.append('a', changed(1))
    store.subscribe(hear)
    await accounts.append('b', changed(1))
    await settle()
    expect(told.map((change) => change.ref.id)).toEqual(['b'])
  })

  // In a browser the runner of the tests would take its error for one of a test.
  test.runIf(isNode)('a listener that throws harms nobody', async () => {
    const thrown: unknown[] = []
    const catchIt = (error: unknown) => thrown.push(error)
    const others = process.rawListeners('uncaughtException') as ((error: unknown) => void)[]
    process.removeAllListeners('uncaughtException')
    process.on('uncaughtException', catchIt)
    onTestFinished(() => {
      process.removeAllListeners('uncaughtException')
      for (const other of others) process.on('uncaughtException', other)
    })
    const { store, accounts, told, hear } = open()
    const mistake = new Error('a mistake')
    store.subscribe(() => {
      throw mistake
    })
    store.subscribe(hear)
    await accounts.append('a', changed(1))
    await accounts.append('a', changed(1))
    await expect.poll(() => told.at(-1)).toMatchObject({ snapshot: { sequence: 2 } })
    // It is not hidden either.
    expect(thrown).toContain(mistake)
  })

  test('nobody is called after close', async () => {
    const [mine, theirs] = [open(), open()]
    mine.store.subscribe(mine.hear)
    const appending = mine.accounts.append('a', changed(1))
    await theirs.accounts.append('a', changed(1))
    await appending
    await mine.store.close()
    const before = mine.told.length
    await theirs.accounts.append('a', changed(1))
    await settle()
    expect(mine.told).toHaveLength(before)
    expect(() => mine.store.subscribe(mine.hear)).toThrow(
      expect.objectContaining({ code: 'CLOSED' }),
    )
  })

  test('refuses what is no function', () => {
    const { store } = open()
    const subscribe = store.subscribe.bind(store) as (listener: unknown) => void
    expect(() => subscribe({})).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        message: expect.stringContaining('subscribe: expected a function'),
      }),
    )
  })
})
