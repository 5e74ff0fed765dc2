import {
  Aggregate,
  Processor,
  type StateUpdater,
  createEvent,
  createOutboxRelay,
  defineIndex,
} from 'eventfold'
import { DynamoEventStore } from 'eventfold/dynamodb'
import {
  createDynamoDBStreamToEventBridgeHandler,
  EventBridgeOutboxPublisher,
} from 'eventfold/eventbridge'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { accountsOn, changed, opened } from '../../aggregate/seed.fixture.ts'
import { startBus } from '../../aws/bus.fixture.ts'
import { testClient } from '../../stores/dynamodb/engine.fixture.ts'
import { withClientFaults } from '../../stores/dynamodb/faults.fixture.ts'
import { meter } from '../../stores/dynamodb/meter.fixture.ts'
import { streamOf } from '../streams/table-stream.fixture.ts'
import { openAccounts, type AccountTable } from './account.fixture.ts'
import { hasTable } from './todo.fixture.ts'

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

const times = <Value>(count: number, make: (index: number) => Value): Value[] =>
  Array.from({ length: count }, (_, index) => make(index))

/** What the document of the rules engine promises of its table, in its order. */
describe.runIf(hasTable)('seed 004 on a table', () => {
  let table: AccountTable
  beforeEach(async () => {
    table = await openAccounts()
    onTestFinished(() => table[Symbol.asyncDispose]())
  })

  test('the example does what it says', async () => {
    const { client: dynamoDocumentClient, tableName } = table
    const store = new DynamoEventStore<Account, Inbound, Outbound>({
      client: dynamoDocumentClient,
      tableName,
    })
    const accounts = new Aggregate<Account, Inbound, Outbound>({
      type: 'ACCOUNT',
      store,
      processor: new Processor(rules, () => ({ email: '', balance: 0 })),
      indexes: [defineIndex('byEmail', (snapshot) => snapshot.state.email || null)],
    })
    await accounts.append(
      'account-1',
      createEvent('ACCOUNT_OPENED', { email: 'owner@example.com' }),
      createEvent('BALANCE_CHANGED', { amount: 50 }),
    )
    const snapshot = await accounts.get('account-1')
    const byEmail = await accounts.query('byEmail', 'owner@example.com')
    expect(snapshot).toEqual({
      ref: { type: 'ACCOUNT', id: 'account-1' },
      state: { email: 'owner@example.com', balance: 50 },
      sequence: 2,
    })
    expect(byEmail).toEqual([snapshot])
    expect(await store.outbox.read()).toMatchObject([
      { type: 'BALANCE_CHANGED', data: { balance: 50 } },
    ])
  })

  describe('the table', () => {
    test('has the keys _pk and _sk: events, head, snapshot, index entries and outbox', async () => {
      const accounts = accountsOn(table.store)
      await accounts.append('account-1', opened('owner@example.com'), changed(50))
      const items = (await table.items()).map(({ _pk, _sk, itemType }) => [_pk, _sk, itemType])
      const text = expect.any(String)
      expect(items).toEqual([
        ['AGG#ACCOUNT#account-1', 'EVT#000000001', 'event'],
        ['AGG#ACCOUNT#account-1', 'EVT#000000002', 'event'],
        ['AGG#ACCOUNT#account-1', 'HEAD', 'head'],
        ['DOC#["$index","ACCOUNT","byEmail","owner@example.com"]', 'account-1', 'document'],
        ['DOC#["$snapshot","ACCOUNT","account-1"]', 'account-1', 'document'],
        [expect.stringMatching(/^ID#/u), 'ID', 'id'],
        [expect.stringMatching(/^ID#/u), 'ID', 'id'],
        ['LOG', 'LOG', 'log'],
        ['OUTBOX', text, 'outbox'],
      ])
    })

    test('gets all of an append in one transaction', async () => {
      await accountsOn(table.store).append('account-0', changed(1))
      const sent: number[] = []
      const { client } = withClientFaults(testClient(), ({ name, input }) => {
        const { TransactItems = [] } = input as { TransactItems?: readonly unknown[] }
        if (/Put|Update|Write/u.test(name)) sent.push(TransactItems.length)
        return undefined
      })
      const accounts = accountsOn(table.elsewhere(client))
      await accounts.append('account-1', opened('owner@example.com'), changed(50))
      // Two events, their ids, the head, the snapshot, an index entry, and a message.
      expect(sent).toEqual([8])
    })

    test('has nothing of an append that is refused', async () => {
      const accounts = accountsOn(table.store)
      await accounts.append('account-1', changed(1))
      const before = await table.items()
      const late = accounts.appendTo('account-1', null, 0, opened('late@example.com'), changed(1))
      await expect(late).rejects.toMatchObject({
        code: 'CONFLICT',
        conflict: { reason: 'version', expected: 0, actual: 1 },
      })
      expect(await table.items()).toEqual(before)
    })

    test('lets every one of many writers through, each on what the one before has made', async () => {
      const processes = times(5, () => accountsOn(table.elsewhere()))
      const appended = await Promise.all(
        times(30, (at) => processes[at % 5]!.append('account-1', changed(at + 1))),
      )
      const sequences = appended.map(({ sequence }) => sequence).toSorted((a, b) => a - b)
      expect(sequences).toEqual(times(30, (at) => at + 1))
      const last = appended.find(({ sequence }) => sequence === 30)
      expect(last?.state.balance).toBe(465)
      const accounts = accountsOn(table.elsewhere())
      expect(await accounts.get('account-1')).toMatchObject({ state: { balance: 465 } })
      const { pastOutboundEvents } = await accounts.recalculate('account-1')
      const waiting = await table.store.outbox.read({ limit: 100 })
      expect(waiting.map(({ data }) => data)).toEqual(pastOutboundEvents.map(({ data }) => data))
    })
  })

  describe('sizes', () => {
    test('an append that does not fit into a transaction is refused with the figures', async () => {
      const accounts = accountsOn(table.store)
      await accounts.append('account-1', opened('owner@example.com'))
      const before = await table.items()
      const large = accounts.append('account-1', ...times(40, () => changed(1)))
      // An event, its id and its message, 40 times; the head and the snapshot.
      await expect(large).rejects.toMatchObject({
        code: 'LIMIT',
        limit: 100,
        actual: 122,
        message: expect.stringContaining('found 122'),
      })
      expect(await table.items()).toEqual(before)
      const { state } = await accounts.append('account-1', ...times(32, () => changed(1)))
      expect(state.balance).toBe(32)
    })

    test('a state that does not fit into an item is refused with the figures', async () => {
      type Note = { readonly text: string }
      const notes = new Aggregate<Note[], Note>({
        type: 'NOTES',
        store: table.store,
        processor: new Processor<Note[], Note>(
          { NOTED: ({ state, current }) => [...state, current] },
          () => [],
        ),
      })
      const noted = () => createEvent('NOTED', { text: 'x'.repeat(100_000) })
      for (const sequence of [1, 2, 3, 4]) {
        expect(await notes.append('note-1', noted())).toMatchObject({ sequence })
      }
      const before = await table.items()
      await expect(notes.append('note-1', noted())).rejects.toMatchObject({
        code: 'LIMIT',
        message: expect.stringMatching(/409,?600|400/u),
      })
      expect(await table.items()).toEqual(before)
    })

    test('a long history is replayed where its snapshot is gone, and comes to the same', async () => {
      const accounts = accountsOn(table.store)
      const open = (at: number) => opened(`${at}@example.com`)
      for (let at = 0; at < 270; at += 45) {
        await accounts.append('account-1', ...times(45, (n) => open(at + n)))
      }
      const current = await accounts.get('account-1')
      expect(current).toMatchObject({ sequence: 270, state: { email: '269@example.com' } })
      const items = await table.items()
      await table.restore(items.filter(({ _pk }) => !_pk.includes('$snapshot')))
      const elsewhere = accountsOn(table.elsewhere())
      expect(await elsewhere.get('account-1')).toEqual(current)
      const { state, sequence } = await elsewhere.recalculate('account-1')
      expect({ state, sequence }).toEqual({ state: current?.state, sequence: 270 })
      expect(await elsewhere.query('byEmail', '269@example.com')).toEqual([current])
      expect(await elsewhere.query('byEmail', '268@example.com')).toEqual([])
    })
  })

  describe('a snapshot', () => {
    test.each([
      ['wrote last', 3],
      ['wrote once', 1],
    ])('of a table that was restored is not believed by who %s', async (_, appends) => {
      const elsewhere = accountsOn(table.elsewhere())
      for (const amount of [1, 2, 3]) await elsewhere.append('account-1', changed(amount))
      const mine = accountsOn(table.store)
      for (let done = 1; done < appends; done += 1) await mine.append('account-1', changed(1))
      const before = await table.items()
      await mine.append('account-1', changed(1000))
      await table.restore(before)
      // Somebody else brings the restored one to the same version, and the snapshot to the same revision.
      const now = accountsOn(table.elsewhere())
      const { state } = await now.append('account-1', changed(7))
      expect(state.balance).toBe(6 + (appends - 1) + 7)
      const appended = await mine.append('account-1', changed(10))
      expect(appended.state.balance).toBe(state.balance + 10)
      for (const accounts of [mine, now, accountsOn(table.elsewhere())]) {
        expect((await accounts.get('account-1'))?.state).toEqual(appended.state)
      }
      expect((await mine.recalculate('account-1')).state).toEqual(appended.state)
    })

    test('is in a partition of its own, so that aggregates of a type do not wait for each other', async () => {
      const accounts = accountsOn(table.store)
      await Promise.all(times(4, (at) => accounts.append(`account-${at}`, changed(1))))
      const snapshots = (await table.items()).filter(({ _pk }) => _pk.includes('$snapshot'))
      expect(new Set(snapshots.map(({ _pk }) => _pk)).size).toBe(4)
    })

    test('spares reads: an append after an append makes none, a get makes two at once', async () => {
      const client = testClient()
      const cost = meter(client)
      const store = table.elsewhere(client)
      const accounts = accountsOn(store)
      await accounts.append('account-0', changed(1))
      const first = await cost(() => accounts.append('account-1', opened('owner@example.com')))
      expect(first.requests.toSorted()).toEqual(['GetItem', 'Query', 'TransactWriteItems'])
      for (const amount of [1, 2]) {
        const next = await cost(() => accounts.append('account-1', changed(amount)))
        expect(next).toMatchObject({ requests: ['TransactWriteItems'], reads: 0 })
        // Event, id, head, snapshot and message; and the index of types.
        expect(next).toMatchObject({ writes: 10, index: 1 })
      }
      const get = await cost(() => accounts.get('account-1'))
      expect(get.requests.toSorted()).toEqual(['GetItem', 'Query'])
      expect(get.reads).toBe(2)
    })
  })

  describe('publishing the outbox', () => {
    test('contract test: the stream of the table brings it to the bus', async () => {
      await using bus = await startBus()
      const handler = createDynamoDBStreamToEventBridgeHandler({
        source: 'account-service',
        eventBusName: 'domain-events',
        client: bus.client(),
        log: () => {},
      })
      const accounts = accountsOn(table.store)
      const { events } = await accounts.append('account-1', opened('a@example.com'), changed(50))
      await accounts.append('account-1', changed(-20))
      // A record that is taken out, and a snapshot that changes, publish nothing.
      const [record] = await table.store.outbox.read()
      await table.store.outbox.remove([record?.id ?? ''])
      await handler({ Records: await streamOf(table.tableName) })
      expect(bus.entries).toMatchObject([
        { Source: 'account-service', DetailType: 'BALANCE_CHANGED', EventBusName: 'domain-events' },
        { Source: 'account-service', DetailType: 'BALANCE_CHANGED' },
      ])
      expect(bus.details()).toMatchObject([
        { data: { balance: 50 }, event: { id: events[1]?.id, type: 'BALANCE_CHANGED' } },
        { data: { balance: 30 } },
      ])
    })

    test('contract test: or a relay does, once, in order', async () => {
      await using bus = await startBus()
      const publisher = new EventBridgeOutboxPublisher({
        source: 'account-service',
        eventBusName: 'domain-events',
        client: bus.client(),
      })
      await using relay = createOutboxRelay({ store: table.store, name: 'bus', publisher })
      const accounts = accountsOn(table.store)
      for (const amount of [1, 2, 3]) await accounts.append('account-1', changed(amount))
      expect(await relay.drain()).toEqual({ published: 3, failed: 0 })
      expect(bus.details().map((detail) => (detail as { data: unknown }).data)).toEqual([
        { balance: 1 },
        { balance: 3 },
        { balance: 6 },
      ])
      expect(await table.store.outbox.read()).toEqual([])
    })
  })
})
