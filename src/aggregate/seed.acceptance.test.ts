import { readFileSync } from 'node:fs'
import {
  Aggregate,
  createEvent,
  createOutboxRelay,
  dateCodec,
  defineIndex,
  Processor,
  type EventStore,
  type OutboxMessage,
} from 'eventfold'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { everyStore, type FreshLog } from '../client/every-store.fixture.ts'
import {
  accountsOn,
  type Accounts,
  changed,
  opened,
  processor,
  type Outbound,
} from './seed.fixture.ts'

/** The promises of the document that aggregates are made for, in its order. */
describe.each(everyStore)('aggregates on $name', ({ name, open }) => {
  let log: FreshLog
  let store: EventStore
  let accounts: Accounts
  beforeEach(async () => {
    log = await open()
    store = log.store
    accounts = accountsOn(store)
  })
  afterEach(() => log[Symbol.asyncDispose]())
  const waiting = async () => (await store.outbox.read()).map(({ type, data }) => ({ type, data }))

  describe('install', () => {
    test('the front door has all of it, and needs no package of AWS', () => {
      for (const made of [Aggregate, Processor, createEvent, defineIndex]) {
        expect(made).toBeTypeOf('function')
      }
      const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'))
      expect(Object.keys(dependencies)).toEqual(['@standard-schema/spec'])
    })
  })

  describe('a processor', () => {
    test('applies the rules of events to a state, and records what they publish', () => {
      const { state, newOutboundEvents } = processor.process(
        null,
        [],
        [opened('owner@example.com'), changed(50), changed(-20)],
      )
      expect(state).toEqual({ email: 'owner@example.com', balance: 30 })
      expect(newOutboundEvents).toEqual([
        { type: 'BALANCE_CHANGED', data: { balance: 50 } },
        { type: 'BALANCE_CHANGED', data: { balance: 30 } },
      ])
    })
  })

  describe('an aggregate', () => {
    test('loads, runs the rules, builds records, writes indexes, and commits through the store', async () => {
      await accounts.append('account-1', opened('owner@example.com'))
      const commits: Parameters<EventStore['commit']>[0][] = []
      const seen: EventStore = {
        ...store,
        commit: (commit, options) => {
          commits.push(commit)
          return store.commit(commit, options)
        },
      }
      const appended = await accountsOn(seen).append(
        'account-1',
        opened('new@example.com'),
        changed(5),
      )
      expect(commits).toHaveLength(1)
      expect(appended).toMatchObject({
        ref: { type: 'ACCOUNT', id: 'account-1' },
        state: { email: 'new@example.com', balance: 5 },
        sequence: 3,
        newOutboundEvents: [{ type: 'BALANCE_CHANGED', data: { balance: 5 } }],
        replayed: false,
      })
      expect(appended.events).toMatchObject([
        { type: 'ACCOUNT_OPENED', aggregate: { id: 'account-1', version: 2 } },
        { type: 'BALANCE_CHANGED', aggregate: { id: 'account-1', version: 3 } },
      ])
    })

    test('of a fresh instance, as another process has it, goes on where the last one ended', async () => {
      await accounts.append('account-1', changed(1))
      expect(await accountsOn(store).append('account-1', changed(2))).toMatchObject({
        state: { balance: 3 },
        sequence: 2,
      })
    })
  })

  describe('the store', () => {
    test('keeps events, snapshot, index entries and outbox records together, or none of them', async () => {
      const idempotency = { key: 'taken' }
      const outbox = [{ type: 'first', data: {} }]
      await store.commit({ outbox, idempotency })
      // The same commit under a key that the store finds taken only when it looks.
      const taken: EventStore = {
        ...store,
        commit: (commit, options) => store.commit({ ...commit, idempotency }, options),
      }
      const refused = accountsOn(taken).append('account-1', opened('owner@example.com'), changed(1))
      await expect(refused).rejects.toMatchObject({ code: 'IDEMPOTENCY_MISMATCH' })
      expect(await log.everything()).toEqual([])
      expect(await accounts.get('account-1')).toBeNull()
      expect(await accounts.query('byEmail', 'owner@example.com')).toEqual([])
      expect(await waiting()).toEqual(outbox)
    })

    test('keeps what was published until an integration takes it', async () => {
      await accounts.append('account-1', changed(50))
      expect(await waiting()).toEqual([{ type: 'BALANCE_CHANGED', data: { balance: 50 } }])
    })
  })

  describe('the example', () => {
    test('does what it says', async () => {
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
      expect(await accounts.query('byEmail', 'owner@example.com')).toEqual([snapshot])
      expect(await waiting()).toEqual([{ type: 'BALANCE_CHANGED', data: { balance: 50 } }])
    })

    test('gives null for what is not there, and finds nothing under a key of nobody', async () => {
      expect(await accounts.get('account-1')).toBeNull()
      expect(await accounts.query('byEmail', 'owner@example.com')).toEqual([])
      await accounts.append('account-1', changed(1))
      expect(await accounts.query('byEmail', 'owner@example.com')).toEqual([])
    })
  })

  // The browser's own store is to come; what its part of the document promises beside that is here.
  describe('what the document says of its browser store', () => {
    test('dates are serialised explicitly', async () => {
      await using dated = await open({ codec: dateCodec })
      const at = new Date('2026-01-02T03:04:05.678Z')
      const visits = new Aggregate({
        type: 'VISIT',
        store: dated.store,
        processor: new Processor<{ last: Date | null }, { at: Date }, { at: Date }>(
          {
            VISITED: ({ current, publish }) => {
              publish('SEEN', { at: current.at })
              return { last: current.at }
            },
          },
          () => ({ last: null }),
        ),
      })
      await visits.append('visit-1', createEvent('VISITED', { at }))
      expect((await visits.get('visit-1'))?.state.last).toEqual(at)
      expect((await visits.recalculate('visit-1')).state.last).toEqual(at)
      expect((await dated.store.outbox.read())[0]?.data).toEqual({ at })
    })

    test('an expected sequence that no longer holds is refused', async () => {
      const { state, sequence } = await accounts.append('account-1', changed(1))
      await accounts.append('account-1', changed(2))
      const late = accounts.appendTo('account-1', state, sequence, changed(4))
      await expect(late).rejects.toMatchObject({
        code: 'CONFLICT',
        conflict: { reason: 'version', expected: 1, actual: 2 },
      })
      expect((await accounts.get('account-1'))?.state.balance).toBe(3)
    })

    // A table of DynamoDB wakes nobody: what is published goes out by its stream.
    test.skipIf(name === 'dynamodb')('somebody who watches hears of a commit', async () => {
      const { promise: heard, resolve } = Promise.withResolvers<string>()
      const stop = store.watch!(() => resolve('heard'))
      await accounts.append('account-1', changed(1))
      expect(await heard).toBe('heard')
      stop()
    })
  })

  describe('what the document says of its tables', () => {
    test('writers at once all succeed, none is lost, and none is counted twice', async () => {
      const amounts = Array.from({ length: 16 }, (_, index) => index + 1)
      // Two instances, as two processes have them: they do not wait for each other.
      const others = accountsOn({ ...store })
      const appended = await Promise.all(
        amounts.map((amount) =>
          (amount % 2 ? accounts : others).append('account-1', changed(amount)),
        ),
      )
      const sequences = appended.map(({ sequence }) => sequence).toSorted((a, b) => a - b)
      expect(sequences).toEqual(amounts)
      expect(await accounts.get('account-1')).toMatchObject({
        state: { balance: 136 },
        sequence: 16,
      })
      const balances = (await waiting()).map(({ data }) => (data as Outbound).balance)
      expect(balances.at(-1)).toBe(136)
      expect(balances).toHaveLength(16)
    })
  })

  describe('publishing', () => {
    test('is not done by an append; a relay hands on what waits, once, in order', async () => {
      const published: OutboxMessage[] = []
      await using relay = createOutboxRelay({
        store,
        name: 'events',
        publisher: {
          publish: async (messages) => {
            published.push(...messages)
            return messages.map(() => ({ status: 'fulfilled' }) as const)
          },
        },
      })
      const { events } = await accounts.append('account-1', changed(50), changed(-20))
      expect(published).toEqual([])
      expect(await relay.drain()).toEqual({ published: 2, failed: 0 })
      expect(await relay.drain()).toEqual({ published: 0, failed: 0 })
      expect(published.map(({ type, data }) => ({ type, data }))).toEqual([
        { type: 'BALANCE_CHANGED', data: { balance: 50 } },
        { type: 'BALANCE_CHANGED', data: { balance: 30 } },
      ])
      // Enough for a receiver to drop what it knows.
      expect(published.map(({ event }) => event?.id)).toEqual(events.map(({ id }) => id))
      const [{ type, position } = expect.fail()] = events
      expect(published[0]?.event).toMatchObject({ type, position })
      expect(await waiting()).toEqual([])
    })
  })
})
