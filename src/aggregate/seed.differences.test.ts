import { Aggregate, createEvent, Processor, type EventStore } from 'eventfold'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { everyStore, type FreshLog } from '../client/every-store.fixture.ts'
import { changed, opened, processor, type Account, type Inbound } from './seed.fixture.ts'

/** What `docs/coming-from.md` declares to be different. */
describe.each(everyStore)('aggregates on $name', ({ open }) => {
  let log: FreshLog
  let store: EventStore
  beforeEach(async () => {
    log = await open()
    store = log.store
  })
  afterEach(() => log[Symbol.asyncDispose]())

  const accountsWith = (rules: ConstructorParameters<typeof Processor<Account, Inbound>>[0]) =>
    new Aggregate<Account, Inbound>({
      type: 'ACCOUNT',
      store,
      processor: new Processor<Account, Inbound>(rules, () => ({ email: '', balance: 0 })),
      indexes: { byEmail: ({ state }) => state.email || null },
    })
  const accountsHere = () => new Aggregate({ type: 'ACCOUNT', store, processor })

  test('an append answers with the snapshot, what was stored, and what was published', async () => {
    const answer = await accountsHere().append('account-1', changed(50))
    // Dense from 1 where there is one order of all events.
    const position = store.capabilities.totalOrder ? 1 : answer.events[0]?.position
    expect(answer).toEqual({
      ref: { type: 'ACCOUNT', id: 'account-1' },
      state: { email: '', balance: 50 },
      sequence: 1,
      events: [
        expect.objectContaining({
          type: 'BALANCE_CHANGED',
          data: { amount: 50 },
          position,
          aggregate: { type: 'ACCOUNT', id: 'account-1', version: 1 },
        }),
      ],
      newOutboundEvents: [{ type: 'BALANCE_CHANGED', data: { balance: 50 } }],
      replayed: false,
    })
  })

  test('a rule is shown type and data of its neighbours, and of the past only where it asks for it', async () => {
    const seen: unknown[] = []
    const look = new Aggregate<Account, Inbound>({
      type: 'ACCOUNT',
      store,
      processor: new Processor<Account, Inbound>(
        {
          BALANCE_CHANGED: ({ state, newInboundEvents, pastInboundEvents, currentIndex }) => {
            const news = newInboundEvents.map(({ type, data }) => [type, data])
            const past = pastInboundEvents.map(({ type, data }) => [type, data])
            seen.push({ news, past, currentIndex })
            return state
          },
        },
        () => ({ email: '', balance: 0 }),
        { history: true },
      ),
    })
    await look.append('account-1', opened('a'))
    await look.append('account-1', changed(1), changed(2))
    const [a, one, two] = [opened('a'), changed(1), changed(2)].map(({ type, data }) => [
      type,
      data,
    ])
    expect(seen).toEqual([
      { news: [one, two], past: [a], currentIndex: 1 },
      { news: [one, two], past: [a, one], currentIndex: 2 },
    ])

    const curious = accountsWith({
      BALANCE_CHANGED: ({ state, pastInboundEvents }) => {
        pastInboundEvents.at(0)
        return state
      },
    })
    await expect(curious.append('account-2', changed(1))).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('history: true'),
    })
  })

  test('events of a type without a rule are stored and change nothing', async () => {
    const none = accountsWith({})
    await none.append('account-1', changed(50))
    const unchanged = { state: { email: '', balance: 0 }, sequence: 1 }
    expect(await none.get('account-1')).toMatchObject(unchanged)
    expect(await none.recalculate('account-1')).toMatchObject(unchanged)
  })

  test('a rule that throws refuses the whole append, and says where and why', async () => {
    const accounts = accountsWith({
      ACCOUNT_OPENED: ({ state }) => ({ ...state, email: 'owner@example.com' }),
      BALANCE_CHANGED: () => {
        throw new RangeError('overdrawn')
      },
    })
    const refused = accounts.append('account-1', opened('owner@example.com'), changed(-1))
    const error: unknown = await refused.catch((caught: unknown) => caught)
    expect(error).toMatchObject({
      code: 'REJECTED',
      message: expect.stringMatching(/ACCOUNT account-1.*BALANCE_CHANGED.*version 2.*overdrawn/u),
      cause: expect.any(RangeError),
      details: {
        aggregate: { type: 'ACCOUNT', id: 'account-1' },
        event: { type: 'BALANCE_CHANGED', version: 2 },
      },
    })
    expect(await accounts.get('account-1')).toBeNull()
    expect(await accounts.query('byEmail', 'owner@example.com')).toEqual([])
  })

  test('a rule that returns nothing, or a promise, is a mistake', async () => {
    const wrong = [undefined, Promise.resolve({ email: '', balance: 1 })] as unknown as Account[]
    for (const answer of wrong) {
      const accounts = accountsWith({ BALANCE_CHANGED: () => answer })
      await expect(accounts.append('account-1', changed(1))).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
        message: expect.stringContaining('BALANCE_CHANGED'),
      })
      expect(await accounts.get('account-1')).toBeNull()
    }
  })

  test('a state without a sequence, and a sequence without a state, are mistakes', async () => {
    const accounts = accountsHere()
    const state = { email: '', balance: 0 }
    for (const [given, sequence] of [
      [state, 0],
      [null, 1],
      [state, -1],
      [state, 0.5],
    ] as const) {
      const append = accounts.appendTo('account-1', given, sequence, changed(1))
      await expect(append).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    }
    await accounts.appendTo('account-1', null, 0, changed(1))
    const again = accounts.appendTo('account-1', null, 0, changed(1))
    await expect(again).rejects.toMatchObject({ code: 'CONFLICT' })
  })

  test('an index that is not defined is refused by name, and a key in pages', async () => {
    const accounts = accountsWith({
      ACCOUNT_OPENED: ({ state }) => ({ ...state, email: 'shared@example.com' }),
    })
    await expect(accounts.query('byMail', 'a')).rejects.toThrow(/byMail.*byEmail/u)
    for (const id of ['a', 'b', 'c']) await accounts.append(id, opened('shared@example.com'))
    const found: string[] = []
    for (let after: string | undefined, isFirst = true; isFirst || after !== undefined;) {
      const page = await accounts.queryPage('byEmail', 'shared@example.com', { limit: 2, after })
      found.push(...page.snapshots.map(({ ref }) => ref.id))
      after = page.cursor
      isFirst = false
    }
    expect(found).toEqual(['a', 'b', 'c'])
  })

  test('an append of several events that all have ids is known again as a whole', async () => {
    const accounts = accountsHere()
    const events = ['open', 'pay'].map((name, index) =>
      createEvent('BALANCE_CHANGED', { amount: index + 1 }, { id: `account-1/${name}` }),
    )
    const first = await accounts.append('account-1', ...events)
    const again = await accounts.append('account-1', ...events)
    expect(again).toEqual({ ...first, newOutboundEvents: [], replayed: true })
    const half = accounts.append('account-1', changed(4), events[1]!)
    await expect(half).rejects.toMatchObject({ code: 'IDEMPOTENCY_MISMATCH' })
    expect(await accounts.get('account-1')).toMatchObject({ state: { balance: 3 }, sequence: 2 })
  })

  test('other rules make another state of the same events', async () => {
    await accountsHere().append('account-1', opened('owner@example.com'), changed(50))
    const doubled = new Aggregate<Account, Inbound>({
      type: 'ACCOUNT',
      store,
      processor: new Processor<Account, Inbound>(
        {
          BALANCE_CHANGED: ({ state, current }) => ({
            ...state,
            balance: state.balance + ('amount' in current ? 2 * current.amount : 0),
          }),
        },
        () => ({ email: '', balance: 0 }),
        { version: 2 },
      ),
    })
    const changedRules = { state: { email: '', balance: 100 }, sequence: 2 }
    expect(await doubled.get('account-1')).toMatchObject(changedRules)
    expect((await doubled.append('account-1', changed(1))).state.balance).toBe(102)
    expect((await accountsHere().get('account-1'))?.state.balance).toBe(51)
  })
})
