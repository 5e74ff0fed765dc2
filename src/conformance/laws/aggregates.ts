import { createEventClient } from '../../client/create-client.ts'
import { defineDecision } from '../../decide/decision.ts'
import { defineEvents } from '../../event/definition.ts'
import { defineProjection } from '../../project/define-projection.ts'
import { StoreError } from '../../store/errors.ts'
import type { EventStore } from '../../store/store.ts'
import {
  accountsOn,
  changed,
  digestOf,
  entriesUnder,
  idsUnder,
  isAsReplayed,
  opened,
  published,
  through,
  type Account,
  type Accounts,
} from '../accounts.ts'
import { equal, rejects } from '../expect.ts'
import type { Law } from '../law.ts'
import { atOnce, field, handles, ids, numbers, read } from '../samples.ts'

const account = { type: 'account', id: 'acc_1' }
const stream = [{ aggregate: account }]

interface Changed {
  readonly accountId: string
  readonly amount: number
}

const changedSchema = {
  '~standard': {
    version: 1 as const,
    vendor: 'eventfold',
    types: undefined as { input: Changed; output: Changed } | undefined,
    validate: (value: unknown) => ({ value: value as Changed }),
  },
}
const definitions = defineEvents({ BALANCE_CHANGED: changedSchema })
const streamsOf = (accountId: string) => [
  { types: ['BALANCE_CHANGED' as const], filter: { accountId } },
]

const balances = defineProjection(definitions, {
  type: 'balance',
  streams: streamsOf,
  initialState: 0,
  evolve: { BALANCE_CHANGED: (balance, { data }) => balance + data.amount },
})

/** Doubles the balance, beside the aggregate, while something else may happen. */
const doubling = defineDecision(definitions, {
  streams: ({ accountId }: { accountId: string; meanwhile: () => Promise<unknown> }) =>
    streamsOf(accountId),
  initialState: 0,
  evolve: { BALANCE_CHANGED: (balance, { data }) => balance + data.amount },
  decide: async ({ accountId, meanwhile }, amount) => {
    await meanwhile()
    return { type: 'BALANCE_CHANGED', data: { accountId, amount } }
  },
})

/** Names that would be mistaken for one another if any sign stood between them. */
const names = [
  'a',
  'a#b',
  'a/b',
  'b',
  'b/c',
  '#',
  '/',
  '::',
  'a"b\'c`d\\e',
  '","',
  '["$snapshot","account"]',
  '$index',
  '$snapshot',
  'byEmail/b@x',
  'byEmail',
  '%_*?',
  '__proto__',
  ' a ',
  'é',
  'e\u0301',
  'ß漢😀',
  'x'.repeat(255),
  'x'.repeat(254),
  '😀'.repeat(63),
]

/** A store whose every second answer to a commit is lost, now after the commit and now before. */
function losing(store: EventStore): EventStore {
  let sent = 0
  return {
    ...through(() => store),
    commit: async (commit, options) => {
      sent += 1
      if (sent % 2 === 0) return store.commit(commit, options)
      if (sent % 4 === 1) await store.commit(commit, options)
      const lost = { retryable: true, outcome: 'unknown' } as const
      throw new StoreError('driver', 'the connection was lost', lost)
    },
  }
}

/** What is promised of aggregates. */
export const aggregateLaws: readonly Law[] = [
  {
    law: 'racing appends to one aggregate all succeed, and the state is that of a serial fold',
    prove: async (open, { writers, rounds }) => {
      const log = await open()
      const stores = await handles(log, writers)
      const each = Math.ceil(rounds / 3)
      const sequences = await atOnce(writers, async (writer) => {
        const store = through(() => stores[writer] ?? log.store)
        const accounts = accountsOn(store, { attempts: 1000 })
        const found: number[] = []
        for (const n of numbers(0, each)) {
          const events = [changed(writer * 100 + n), changed(1)]
          found.push((await accounts.append('acc_1', ...events)).sequence)
        }
        return found
      })
      const all = numbers(1, writers * each).map((n) => n * 2)
      equal(
        sequences.flat().sort((a, b) => a - b),
        all,
        'sequences that were answered',
      )
      const events = await read(log.store, stream)
      equal(
        events.map(({ aggregate }) => aggregate?.version),
        numbers(1, all.length * 2),
        'versions',
      )
      const amounts = field(events, 'amount') as number[]
      const { state } = await isAsReplayed(accountsOn(log.store), 'acc_1')
      equal(state.digest, digestOf(amounts), 'the digest')
      let balance = 0
      equal(
        await published(log.store),
        amounts.map((amount) => (balance += amount)),
        'messages',
      )
    },
  },
  {
    law: '`appendTo` is refused where the aggregate is at another sequence, and does not retry',
    prove: async (open) => {
      const { store } = await open()
      const accounts = accountsOn(store)
      const state: Account = { email: null, balance: 5, digest: 0, before: 0 }
      const { conflict } = await rejects(
        accounts.appendTo('acc_1', state, 100, changed(1)),
        'CONFLICT',
      )
      equal([conflict.reason, conflict.expected, conflict.actual], ['version', 100, 0])
      const first = await accounts.appendTo('acc_1', null, 0, changed(1))
      equal([first.sequence, first.state.balance], [1, 1], 'appended to nothing')
      const second = await accounts.appendTo('acc_1', first.state, 1, changed(2), changed(3))
      equal([second.sequence, second.state.balance], [3, 6], 'appended to a state')
      await rejects(accounts.appendTo('acc_1', null, 0, changed(1)), 'CONFLICT')
      for (const sequence of [1, 2, 4]) {
        await rejects(accounts.appendTo('acc_1', first.state, sequence, changed(9)), 'CONFLICT')
      }
      equal(field(await read(store, stream), 'amount'), [1, 2, 3], 'events')
      equal(await published(store), [1, 3, 6], 'messages')
      await isAsReplayed(accounts, 'acc_1')
    },
  },
  {
    law: 'types, ids and keys of aggregates are never mistaken for one another, whatever signs they hold',
    prove: async (open) => {
      const { store } = await open()
      const all = names.flatMap((type, at) => {
        const others = [names[(at + 1) % names.length] as string, 'a', 'b']
        return [...new Set(others)].map((id) => [type, id, `${id}/${'k'.repeat(at * 20)}`] as const)
      })
      await atOnce(all.length, async (n) => {
        const [type, id, key] = all[n] as (typeof all)[number]
        await accountsOn(store, { type }).append(id, opened(key), changed(n))
      })
      for (const [n, [type, id, key]] of all.entries()) {
        const accounts = accountsOn(store, { type })
        const found = await accounts.get(id)
        equal([found?.ref, found?.sequence, found?.state.balance], [{ type, id }, 2, n], type)
        equal(await idsUnder(accounts, key), [id], `${type} under ${key}`)
      }
      const accounts = accountsOn(store, { type: 'a' })
      for (const wrong of ['', 'x'.repeat(256), '\0', '\ud800']) {
        const code = wrong.length > 255 ? 'LIMIT' : 'INVALID_ARGUMENT'
        await rejects(accounts.append(wrong, changed(1)), code, JSON.stringify(wrong))
        await rejects(accounts.get(wrong), code, JSON.stringify(wrong))
      }
    },
  },
  {
    law: 'the events of an aggregate are ordinary ones: read by streams, guarded by conditions, folded by projections',
    prove: async (open) => {
      const { store } = await open()
      const client = createEventClient({ store, events: definitions })
      const accounts = accountsOn(store)
      const append = (amount: number): Promise<unknown> =>
        accounts.append('acc_1', { type: 'BALANCE_CHANGED', data: { accountId: 'acc_1', amount } })
      await append(5)
      await accounts.append('acc_1', opened('a@x'))
      const { events: found, cursor } = await client.load({ streams: streamsOf('acc_1') })
      equal(
        found.map(({ aggregate }) => aggregate),
        [{ ...account, version: 1 }],
        'read by a stream',
      )
      equal((await balances.load(client, 'acc_1')).state, 5, 'folded by a projection')
      await append(6)
      for (const streams of [streamsOf('acc_1'), stream]) {
        const conditions = [{ streams, after: cursor }]
        const noted = [{ type: 'ACCOUNT_NOTED', data: {} }]
        await rejects(store.commit({ events: noted, conditions }), 'CONFLICT', 'a condition')
      }

      let meanwhiles = 1
      const command = {
        accountId: 'acc_1',
        meanwhile: async () => (meanwhiles-- > 0 ? append(7) : undefined),
      }
      const decided = await doubling.execute(client, command)
      equal([decided.attempts, decided.state], [2, 36], 'decided again after an append')
      meanwhiles = 1
      await rejects(doubling.execute(client, command, { attempts: 1 }), 'CONFLICT', 'a decision')
      const { events: all } = await client.load({ streams: streamsOf('acc_1') })
      equal(field(all, 'amount'), [5, 6, 7, 18, 7], 'amounts')
      equal((await isAsReplayed(accounts, 'acc_1')).state.balance, 25, 'of the aggregate')
    },
  },
  {
    law: 'an append that is repeated with its event ids is stored once, also where the rules would now refuse it',
    prove: async (open) => {
      const { store, reopen } = await open()
      const accounts = accountsOn(store)
      await accounts.append('acc_1', changed(10))
      const paid = [changed(-3, 'evt_1'), changed(-4, 'evt_2')]
      const first = await accounts.append('acc_1', ...paid)
      equal([first.replayed, first.sequence], [false, 3], 'the first time')
      const again = await accountsOn(await reopen()).append('acc_1', ...paid)
      equal([again.replayed, again.sequence, again.state.balance], [true, 3, 3], 'again')
      equal(ids(again.events), ['evt_1', 'evt_2'], 'the events')
      await accounts.append('acc_1', changed(-2))
      for (const call of [
        () => accounts.append('acc_1', ...paid),
        () => accounts.appendTo('acc_1', first.state, 3, ...paid),
        () => accounts.recalculate('acc_1', ...paid),
      ]) {
        const late = await call()
        equal([late.replayed, late.sequence, late.state.balance], [true, 4, 1], 'late')
        equal(ids(late.events), ['evt_1', 'evt_2'], 'the events')
      }
      const other = accounts.append('acc_1', changed(99, 'evt_1'))
      await rejects(other, 'IDEMPOTENCY_MISMATCH', 'other content')
      const elsewhere = accounts.append('acc_2', changed(99), ...paid)
      await rejects(elsewhere, 'IDEMPOTENCY_MISMATCH', 'another aggregate')
      equal(field(await read(store, stream), 'amount'), [10, -3, -4, -2], 'events')
      equal(await published(store), [10, 7, 3, 1], 'messages')
    },
  },
  {
    law: 'an append whose answer was lost is stored once',
    prove: async (open) => {
      const { store } = await open()
      const accounts = accountsOn(losing(store))
      for (const n of numbers(1, 6)) {
        const { sequence, state, replayed, newOutboundEvents } = await accounts.append(
          'acc_1',
          opened(`${n}@x`),
          changed(n),
        )
        equal([sequence, state.balance, replayed], [n * 2, (n * (n + 1)) / 2, false], 'answered')
        equal(newOutboundEvents.length, 1, 'messages that were answered')
      }
      equal((await accounts.recalculate('acc_1')).sequence, 12, 'recalculated')
      const { state } = await isAsReplayed(accounts, 'acc_1')
      equal(state.digest, digestOf(numbers(1, 6)), 'the digest')
      equal(await published(store), [1, 3, 6, 10, 15, 21], 'messages')
      const entries = numbers(1, 6).map((n) => entriesUnder(store, `${n}@x`))
      equal(await Promise.all(entries), [[], [], [], [], [], ['acc_1']], 'entries')
    },
  },
  {
    law: 'what is appended on the caller’s transaction is kept with it, or rolled back with it',
    needs: 'transactions',
    prove: async (open) => {
      const { store, transaction } = await open()
      if (!transaction) throw new Error('a store with transactions needs `transaction`')
      const accounts = accountsOn(store)
      await accounts.append('acc_1', opened('a@x'), changed(1))
      const kept = async () => [
        (await isAsReplayed(accounts, 'acc_1')).state,
        await published(store),
        await idsUnder(accounts, 'a@x'),
        await idsUnder(accounts, 'b@x'),
      ]
      const before = await kept()
      const rolledBack = new Error('rolled back')
      const inside = async (within: Accounts): Promise<void> => {
        await within.append('acc_1', changed(2))
        const { state, sequence } = await within.append('acc_1', opened('b@x'), changed(3))
        equal([state.balance, sequence], [6, 5], 'inside')
        equal((await within.get('acc_1'))?.sequence, 5, 'read inside')
        equal(await idsUnder(within, 'b@x'), ['acc_1'], 'found inside')
      }
      try {
        await transaction(async (own) => {
          await inside(accounts.within(own))
          throw rolledBack
        })
      } catch (error) {
        if (error !== rolledBack) throw error
      }
      equal(await kept(), before, 'after a rollback')
      await transaction(async (own) => {
        const within = accounts.within(own)
        await rejects(within.appendTo('acc_1', null, 0, changed(9)), 'CONFLICT', 'inside')
        await inside(within)
      })
      const state = { email: 'b@x', balance: 6, digest: digestOf([1, 2, 3]), before: 0 }
      equal(await kept(), [state, [1, 3, 6], [], ['acc_1']], 'after a commit')
    },
  },
]
