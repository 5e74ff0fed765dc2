import { snapshotType } from '../../aggregate/stored.ts'
import type { StoredSnapshot } from '../../aggregate/snapshot.ts'
import type { EventStore } from '../../store/store.ts'
import {
  accountsOn,
  changed,
  digestOf,
  entriesUnder,
  isAsReplayed,
  opened,
  published,
  through,
} from '../accounts.ts'
import { equal, ok, rejects } from '../expect.ts'
import type { Law } from '../law.ts'
import { appendAll, meanwhile, numbers, read } from '../samples.ts'

const account = { type: 'account', id: 'acc_1' }

const sequenceOf = async (store: EventStore): Promise<number> => {
  const document = await store.documents.get(await snapshotType(account), 'acc_1')
  return (document?.data as StoredSnapshot<unknown> | undefined)?.sequence ?? 0
}

/** Takes the snapshot of one log to another, over the one that is there. */
async function carry(from: EventStore, to: EventStore): Promise<void> {
  const document = await from.documents.get(await snapshotType(account), 'acc_1')
  ok(document !== undefined, 'the snapshot is kept as a document')
  const { type, id, data } = document
  await to.commit({ documents: [{ type, id, data }] })
}

/** What is promised of the snapshots of aggregates. */
export const snapshotLaws: readonly Law[] = [
  {
    law: 'an append stores events, snapshot, index entries and messages in one commit, and a refused one none of them',
    prove: async (open) => {
      const { store } = await open()
      const accounts = accountsOn(store)
      const appended = await accounts.append('acc_1', opened('a@x'), changed(5))
      const found = async () => [
        (await read(store, [{ aggregate: account }])).map(({ id }) => id),
        await sequenceOf(store),
        await entriesUnder(store, 'a@x'),
        await published(store),
        await entriesUnder(store, 'b@x'),
      ]
      const first = [appended.events.map(({ id }) => id), 2, ['acc_1'], [5], []]
      equal(await found(), first, 'what is kept')
      const { state } = appended
      await rejects(accounts.appendTo('acc_1', state, 1, opened('b@x'), changed(1)), 'CONFLICT')
      await rejects(accounts.append('acc_1', opened('b@x'), changed(9), changed(-99)), 'REJECTED')
      const unkept = { type: 'BALANCE_CHANGED', data: { amount: Number.NaN } } as const
      await rejects(accounts.append('acc_1', opened('b@x'), unkept), 'INVALID_ARGUMENT')
      equal(await found(), first, 'what is kept after refusals')
    },
  },
  {
    law: 'a reader that sees one part of an append sees all of it',
    needs: 'atomicReads',
    prove: async (open, { writers, rounds }) => {
      const { store, reopen } = await open()
      const accounts = accountsOn(await reopen())
      const work = async (): Promise<void> => {
        for (const n of numbers(0, writers + rounds)) await accounts.append('acc_1', changed(n))
      }
      const versions = async (): Promise<number> => {
        const newest = await read(store, [{ aggregate: account }], { backwards: true, limit: 1 })
        return newest[0]?.aggregate?.version ?? 0
      }
      const messages = async (): Promise<number> => (await published(store)).length
      const parts = [versions, () => sequenceOf(store), messages, versions, messages]
      await meanwhile(work(), async () => {
        const seen: number[] = []
        for (const part of [...parts, () => sequenceOf(store), versions]) seen.push(await part())
        equal(
          seen,
          seen.toSorted((a, b) => a - b),
          'parts that were seen one after the other',
        )
        return false
      })
      equal(await versions(), writers + rounds, 'the version in the end')
    },
  },
  {
    law: 'a snapshot that is missing or out of date is not used: `get` is what a replay makes',
    prove: async (open) => {
      const { store } = await open()
      const accounts = accountsOn(store)
      equal(await accounts.get('acc_1'), null, 'an account without events')
      const elsewhere = (amount: number): Promise<unknown> =>
        store.commit({ events: [{ ...changed(amount), aggregate: account }] })
      await elsewhere(1)
      equal((await isAsReplayed(accounts, 'acc_1')).state.digest, digestOf([1]), 'without one')
      await elsewhere(2)
      equal((await accounts.get('acc_1'))?.state.digest, digestOf([1, 2]), 'with an old one')
      const { sequence, state } = await accounts.append('acc_1', changed(3))
      equal([sequence, state.digest], [3, digestOf([1, 2, 3])], 'appended to an old one')
      const type = await snapshotType(account)
      await store.commit({ documents: [{ type, id: 'acc_1', delete: true }] })
      equal((await accounts.get('acc_1'))?.state.digest, digestOf([1, 2, 3]), 'a deleted one')
      for (const data of [
        null,
        5,
        [],
        { rules: 1, keys: null },
        { rules: 1, state: 5, keys: {} },
      ]) {
        await store.commit({ documents: [{ type, id: 'acc_1', data }] })
        equal((await accounts.get('acc_1'))?.sequence, 3, 'one that is none')
      }
      await accounts.append('acc_1', changed(4))
      equal(
        (await isAsReplayed(accounts, 'acc_1')).state.digest,
        digestOf([1, 2, 3, 4]),
        'in the end',
      )
    },
  },
  {
    law: 'a snapshot of other rules is not used',
    prove: async (open) => {
      const { store } = await open()
      const old = accountsOn(store)
      await old.append('acc_1', opened('a@x'), changed(1), changed(2))
      const now = accountsOn(store, { version: 2, gift: 100 })
      equal((await now.get('acc_1'))?.state.balance, 103, 'read by the new rules')
      equal((await now.append('acc_1', changed(3))).state.balance, 106, 'appended by the new rules')
      await isAsReplayed(now, 'acc_1')
      equal((await old.get('acc_1'))?.state.balance, 6, 'read by the old rules')
      equal((await old.append('acc_1', changed(4))).state.balance, 10, 'appended by the old rules')
      equal((await now.append('acc_1', changed(5))).state.balance, 115, 'by the new ones again')
      equal((await isAsReplayed(old, 'acc_1')).state.balance, 15, 'replayed by the old rules')
    },
  },
  {
    law: 'a snapshot of another log, ahead of this one or beside it, is not used',
    prove: async (open) => {
      const [here, there] = [(await open()).store, (await open()).store]
      const [accounts, others] = [accountsOn(here), accountsOn(there)]
      await others.append('acc_1', changed(70), changed(80), changed(90))
      await accounts.append('acc_1', changed(1))
      await carry(there, here)
      equal((await accounts.get('acc_1'))?.state.balance, 1, 'behind a snapshot')
      await accountsOn(here).append('acc_1', changed(2))
      equal((await isAsReplayed(accounts, 'acc_1')).state.balance, 3, 'appended behind a snapshot')
      await accounts.append('acc_1', changed(3))
      await carry(there, here)
      equal((await accounts.get('acc_1'))?.state.balance, 6, 'beside a snapshot')
      await accountsOn(here).append('acc_1', changed(4))
      equal((await isAsReplayed(accounts, 'acc_1')).state.balance, 10, 'appended beside a snapshot')
    },
  },
  {
    law: 'a log that is put back under a process that goes on is noticed by its aggregates',
    prove: async (open) => {
      const [before, after] = [(await open()).store, (await open()).store]
      let current = before
      const accounts = accountsOn(through(() => current))
      for (const n of [1, 2, 3]) {
        await accountsOn(after).append('acc_1', changed(n))
        await accounts.append('acc_1', changed(n * 100))
      }
      current = after
      equal((await accounts.get('acc_1'))?.state.balance, 6, 'read')
      equal((await accounts.append('acc_1', changed(4))).state.balance, 10, 'appended')
      await isAsReplayed(accounts, 'acc_1')
    },
  },
  {
    law: 'an aggregate of thousands of events is rebuilt whole, with and without history',
    prove: async (open) => {
      const { store } = await open()
      for (const first of [0, 500, 1000, 1500, 2000]) {
        const events = numbers(first, 500).map((n) => ({ ...changed(n), aggregate: account }))
        await appendAll(store, events, 1)
      }
      const digest = digestOf(numbers(0, 2501))
      const accounts = accountsOn(store, { attempts: 2 })
      const appended = await accounts.append('acc_1', changed(2500))
      equal([appended.sequence, appended.state.digest], [2501, digest], 'appended')
      equal((await isAsReplayed(accounts, 'acc_1')).state.digest, digest, 'replayed')
      const found = await accountsOn(store, { version: 2, history: true }).get('acc_1')
      equal([found?.sequence, found?.state.digest], [2501, digest], 'with history')
      equal(found?.state.before, (2500 * 2501) / 2, 'what the rules have seen')
    },
  },
]
