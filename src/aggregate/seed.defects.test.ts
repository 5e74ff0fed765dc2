import {
  Aggregate,
  createEvent,
  dateCodec,
  Processor,
  type EventStore,
  type Snapshot,
} from 'eventfold'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { everyStore, type FreshLog } from '../client/every-store.fixture.ts'
import {
  accountsOn,
  type Accounts,
  changed,
  emailOf,
  opened,
  processor,
  type Account,
  type Inbound,
  type Outbound,
} from './seed.fixture.ts'
import { entryType } from './write.ts'

type Payload = Record<string, unknown>

const times = <Value>(count: number, make: (index: number) => Value): Value[] =>
  Array.from({ length: count }, (_, index) => make(index))
const idsOf = (snapshots: readonly Snapshot<unknown>[]): string[] =>
  snapshots.map(({ ref }) => ref.id)

/** What the library before the document's did wrong (R1 to R9), each as a test that it would fail. */
describe.each(everyStore)('aggregates on $name', ({ open }) => {
  let log: FreshLog
  let store: EventStore
  let accounts: Accounts
  beforeEach(async () => {
    log = await open()
    store = log.store
    accounts = accountsOn(store)
  })
  afterEach(() => log[Symbol.asyncDispose]())

  /** Keeps all payloads that it has seen. */
  const keepers = (on: EventStore): Aggregate<Payload[], Payload, Payload> =>
    new Aggregate<Payload[], Payload, Payload>({
      type: 'KEEPER',
      store: on,
      processor: new Processor<Payload[], Payload, Payload>(
        { KEPT: ({ state, current }) => [...state, current] },
        () => [],
      ),
    })
  const kept = (data: Payload) => createEvent('KEPT', data)

  test('R1: the events of an aggregate are found by type, and by their versions', async () => {
    await accounts.append('account-1', opened('a@example.com'), changed(1), changed(2))
    await accounts.append('account-2', changed(4))
    const aggregate = { type: 'ACCOUNT', id: 'account-1' }
    const streams = [{ types: ['BALANCE_CHANGED'], aggregate }]
    const found = await Array.fromAsync(store.read(streams))
    expect(found.map(({ data }) => data)).toEqual([{ amount: 1 }, { amount: 2 }])
    const { events } = await store.load([{ aggregate }], { fromVersion: 2, toVersion: 2 })
    expect(events.map(({ data }) => data)).toEqual([{ amount: 1 }])
  })

  test('R2: two aggregates under one key are both found, and each is its own', async () => {
    await accounts.append('account-1', opened('shared@example.com'), changed(1))
    await accounts.append('account-2', opened('shared@example.com'), changed(2))
    const found = await accounts.query('byEmail', 'shared@example.com')
    expect(found.map(({ ref, state }) => [ref.id, state.balance])).toEqual([
      ['account-1', 1],
      ['account-2', 2],
    ])
  })

  test('R2: a key that was changed or cleared leaves nothing behind', async () => {
    await accounts.append('account-1', opened('old@example.com'))
    await accounts.append('account-1', opened('new@example.com'))
    expect(await accounts.query('byEmail', 'old@example.com')).toEqual([])
    expect(idsOf(await accounts.query('byEmail', 'new@example.com'))).toEqual(['account-1'])
    await accounts.append('account-1', opened(''))
    for (const email of ['old@example.com', 'new@example.com']) {
      expect(await accounts.query('byEmail', email)).toEqual([])
      // An entry that is left would be looked at, and left out, for ever.
      const type = await entryType('ACCOUNT', 'byEmail', email)
      expect((await store.documents.query({ type })).documents).toEqual([])
    }
  })

  test('R3: whatever a payload says, an event stays where it belongs', async () => {
    const keeper = keepers(store)
    const hostile = JSON.parse(
      `{ "_id": "KEEPER/other", "_rng": "STATE", "_pk": "KEEPER#other", "_sk": "STATE", "_typ": "NONE", "_seq": 9,
         "type": "NONE", "id": "taken", "aggregate": { "type": "KEEPER", "id": "other" }, "__proto__": { "a": 1 } }`,
    ) as Payload
    await keeper.append('one', kept(hostile))
    await keeper.append('one', kept({ n: 2 }))
    expect(await keeper.get('other')).toBeNull()
    const whole = { state: [hostile, { n: 2 }], sequence: 2 }
    expect(await keeper.get('one')).toMatchObject(whole)
    expect(await keeper.recalculate('one')).toMatchObject(whole)
  })

  test('R4: a history of more than a megabyte is replayed, and added to', async () => {
    const keeper = keepers(store)
    const text = 'x'.repeat(60_000)
    const pages = new Aggregate<number, Payload, Payload>({
      type: 'KEEPER',
      store,
      processor: new Processor<number, Payload, Payload>(
        {
          KEPT: ({ state, publish }) => {
            publish('KEPT', { text })
            return state + 1
          },
        },
        () => 0,
        { version: 'counting' },
      ),
    })
    for (const n of times(4, (index) => index)) {
      await pages.append('one', ...times(6, () => kept({ n, text })))
    }
    expect(await pages.recalculate('one', kept({ text }))).toMatchObject({
      state: 25,
      sequence: 25,
    })
    expect((await keeper.get('one'))?.state).toHaveLength(25)
  })

  test('R5: rules with history see the same in an append and in a replay', async () => {
    type Numbers = { sums: number[] }
    const windows = new Aggregate({
      type: 'WINDOW',
      store,
      // Each event adds the sum of the last three numbers, itself included.
      processor: new Processor<Numbers, { n: number }, never>(
        {
          NUMBER: ({ state, current, pastInboundEvents }) => {
            const before = pastInboundEvents.slice(-2).map(({ data }) => data.n)
            state.sums.push(before.reduce((sum, n) => sum + n, current.n))
            return state
          },
        },
        () => ({ sums: [] }),
        { history: true },
      ),
    })
    const numbers = times(6, (index) => createEvent('NUMBER', { n: index + 1 }))
    for (const number of numbers) await windows.append('one by one', number)
    await windows.append('at once', ...numbers)
    await windows.append('mixed', ...numbers.slice(0, 4))
    const { state, sequence } = (await windows.get('mixed'))!
    await windows.appendTo('mixed', state, sequence, ...numbers.slice(4))
    for (const id of ['one by one', 'at once', 'mixed']) {
      const expected = { state: { sums: [1, 3, 6, 9, 12, 15] }, sequence: 6 }
      expect(await windows.get(id)).toMatchObject(expected)
      expect(await windows.recalculate(id)).toMatchObject(expected)
    }
  })

  test('R5: an append of nothing is refused, and recalculations at once harm nothing', async () => {
    await expect(accounts.append('account-1')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    expect(await accounts.get('account-1')).toBeNull()
    expect(await accounts.recalculate('account-1')).toMatchObject({ sequence: 0, events: [] })
    expect(await accounts.get('account-1')).toBeNull()
    await accounts.append('account-1', changed(3))
    await Promise.all([
      accounts.recalculate('account-1'),
      accountsOn({ ...store }).recalculate('account-1'),
      accountsOn({ ...store }).append('account-1', changed(4)),
    ])
    expect(await accounts.get('account-1')).toMatchObject({ state: { balance: 7 }, sequence: 2 })
    expect(await log.everything()).toHaveLength(2)
    expect(await store.outbox.read()).toHaveLength(2)
  })

  test('R6: what a rule changes is its own', async () => {
    const shared = { n: 0, log: [] as number[] }
    type Shared = typeof shared
    const counters = new Aggregate<Shared, { by: number }, Shared>({
      type: 'COUNTER',
      store,
      processor: new Processor<Shared, { by: number }, Shared>(
        {
          ADDED: ({ state, current, publish }) => {
            state.n += current.by
            state.log.push(current.by)
            publish('COUNTED', state)
            current.by = 0
            return state
          },
          REFUSED: ({ state }) => {
            state.n = 99
            throw new Error('no')
          },
        },
        () => shared,
      ),
    })
    const added = createEvent('ADDED', { by: 1 })
    await counters.append('a', added, createEvent('ADDED', { by: 2 }))
    const { state, sequence } = await counters.append('b', added)
    expect(state.n).toBe(1)
    expect(shared).toEqual({ n: 0, log: [] })
    expect(added.data).toEqual({ by: 1 })
    expect((await store.outbox.read()).map(({ data }) => data)).toEqual([
      { n: 1, log: [1] },
      { n: 3, log: [1, 2] },
      { n: 1, log: [1] },
    ])
    expect((await counters.recalculate('a')).state).toEqual({ n: 3, log: [1, 2] })
    await counters.append('b', added)
    // Refused by the rule, and by the store: neither leaves a trace in what the caller holds.
    for (const type of ['REFUSED', 'ADDED']) {
      const late = counters.appendTo('b', state, sequence, createEvent(type, { by: 1 }))
      await expect(late).rejects.toMatchObject({ code: type === 'ADDED' ? 'CONFLICT' : 'REJECTED' })
    }
    expect(state).toEqual({ n: 1, log: [1] })
  })

  test('R7: an aggregate that is not there has no version to go on from', async () => {
    const late = accounts.appendTo('account-1', { email: '', balance: 0 }, 100, changed(1))
    await expect(late).rejects.toMatchObject({
      code: 'CONFLICT',
      conflict: { expected: 100, actual: 0 },
    })
    expect(await accounts.get('account-1')).toBeNull()
  })

  test('R7: no id is taken for something else', async () => {
    await accounts.append('account-1', opened('owner@example.com'))
    for (const id of ['byEmail/owner@example.com', 'byEmail', '$snapshot', 'ACCOUNT/account-1']) {
      expect(await accounts.get(id)).toBeNull()
    }
    const others = new Aggregate<Account, Inbound, Outbound>({
      type: 'ACCOUNT/a',
      store,
      processor,
      indexes: { 'by#email': emailOf, by: ({ state }) => `email#${state.email}` },
    })
    await others.append('b', opened('one'))
    await accounts.append('a/b', opened('two'))
    expect((await others.get('b'))?.state.email).toBe('one')
    expect((await accounts.get('a/b'))?.state.email).toBe('two')
    expect(await others.get('a/b')).toBeNull()
    expect(idsOf(await others.query('by', 'email#one'))).toEqual(['b'])
    expect(await others.query('by', 'one')).toEqual([])
  })

  test('R8: appends at once wait for each other, and none of many events is too many', async () => {
    const processes = times(4, () => accountsOn({ ...store }))
    const ids = times(8, (index) => processes[index % 4]!.append('account-1', changed(1)))
    expect(await Promise.all(ids)).toHaveLength(8)
    // A transaction of DynamoDB has 100 items: three of each event, which has an id and a message.
    const many = store.capabilities.limits.commitEvents < 100 ? 32 : 100
    await accounts.append('account-1', ...times(many, () => changed(1)))
    expect(await accounts.get('account-1')).toMatchObject({
      state: { balance: 8 + many },
      sequence: 8 + many,
    })
    const late = accounts.appendTo('account-1', { email: '', balance: 8 }, 8, changed(1))
    await expect(late).rejects.toMatchObject({ name: 'ConcurrencyError', retryable: true })
  })

  test('R9: a date is kept where the store keeps dates, else it is refused by its path', async () => {
    const at = new Date(0)
    const plain = keepers(store).append('one', kept({ at }))
    await expect(plain).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('data.at'),
    })
    expect(await keepers(store).get('one')).toBeNull()
    await using dated = await open({ codec: dateCodec })
    await keepers(dated.store).append('one', kept({ at }))
    expect((await keepers(dated.store).get('one'))?.state).toEqual([{ at }])
  })

  test('R9: events come back in the order of their versions, also from the tenth on', async () => {
    for (const amount of times(12, (index) => index + 1)) {
      await accounts.append('account-1', changed(amount))
    }
    const { events } = await store.load([{ aggregate: { type: 'ACCOUNT', id: 'account-1' } }])
    const expected = times(12, (index) => index + 1)
    expect(events.map(({ aggregate }) => aggregate?.version)).toEqual(expected)
    expect(events.map(({ data }) => (data as { amount: number }).amount)).toEqual(expected)
  })
})
