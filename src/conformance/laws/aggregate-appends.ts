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

/** What is promised of appends to aggregates. */
export const aggregateAppendLaws: readonly Law[] = [
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
