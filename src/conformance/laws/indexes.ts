import type { Snapshot } from '../../aggregate/snapshot.ts'
import {
  accountsOn,
  changed,
  entriesUnder,
  idsUnder,
  opened,
  through,
  type Account,
  type Accounts,
} from '../accounts.ts'
import { equal, rejects } from '../expect.ts'
import type { Law } from '../law.ts'
import { atOnce, handles, numbers } from '../samples.ts'

/** What is promised of the indexes of aggregates. */
export const indexLaws: readonly Law[] = [
  {
    law: 'an index has several aggregates under one key, and each entry leads back to its aggregate',
    prove: async (open) => {
      const { store } = await open()
      const accounts = accountsOn(store)
      for (const id of ['acc_3', 'acc_1', 'acc_2']) await accounts.append(id, opened('a@x'))
      await accounts.append('acc_4', opened('b@x'))
      await accounts.append('acc_5', opened())
      await accountsOn(store, { type: 'other' }).append('acc_6', opened('a@x'))
      await accounts.append('acc_2', changed(7))
      const found = await accounts.query('byEmail', 'a@x')
      const expected = await Promise.all(['acc_1', 'acc_2', 'acc_3'].map((id) => accounts.get(id)))
      equal(found, expected as Snapshot<Account>[], 'under one key')
      equal(await idsUnder(accounts, 'b@x'), ['acc_4'], 'under another key')
      equal(await idsUnder(accounts, 'A@x'), [], 'under a key that nobody has')
      await rejects(accounts.query('byMail', 'a@x'), 'INVALID_ARGUMENT', 'an unknown index')
    },
  },
  {
    law: 'a key that is changed or cleared leaves no entry behind',
    prove: async (open) => {
      const { store } = await open()
      const accounts = accountsOn(store)
      const entries = async (): Promise<string[][]> =>
        Promise.all(['a@x', 'b@x', 'c@x'].map((key) => entriesUnder(store, key)))
      await accounts.append('acc_1', opened('a@x'))
      await accounts.append('acc_2', opened('a@x'))
      equal(await entries(), [['acc_1', 'acc_2'], [], []], 'at first')
      await accounts.append('acc_1', opened('b@x'))
      equal(await entries(), [['acc_2'], ['acc_1'], []], 'with a changed key')
      const { state, sequence } = await accounts.append('acc_1', opened())
      equal(await entries(), [['acc_2'], [], []], 'with a cleared key')
      await accounts.appendTo('acc_1', state, sequence, opened('c@x'), opened('b@x'))
      equal(await entries(), [['acc_2'], ['acc_1'], []], 'with a key again')

      const aggregate = { type: 'account', id: 'acc_1' }
      await store.commit({ events: [{ ...opened('c@x'), aggregate }] })
      equal(await idsUnder(accounts, 'b@x'), [], 'under a key that an event from elsewhere took')
      const found = await accounts.get('acc_1')
      await accounts.appendTo('acc_1', found?.state ?? null, found?.sequence ?? 0, opened('a@x'))
      equal(await entries(), [['acc_1', 'acc_2'], [], []], 'after an event from elsewhere')

      const moved = accountsOn(store, { version: 2, indexes: { byEmail: () => 'c@x' } })
      await moved.recalculate('acc_1')
      equal(await entries(), [['acc_2'], [], ['acc_1']], 'with other rules')
      await accountsOn(store, { version: 3, indexes: {} }).append('acc_1', changed(1))
      equal(await entries(), [['acc_2'], [], []], 'without the index')
    },
  },
  {
    law: 'entries and aggregates agree after appends that raced',
    prove: async (open, { writers, rounds }) => {
      const log = await open()
      const stores = await handles(log, writers)
      const everybody = stores.map((store) =>
        accountsOn(
          through(() => store),
          { attempts: 1000 },
        ),
      )
      const each = Math.ceil(rounds / 3)
      await atOnce(writers, async (writer) => {
        const accounts = everybody[writer] as Accounts
        for (const n of numbers(0, each)) {
          const id = `acc_${(writer + n) % 2}`
          await accounts.append(id, opened(n % 4 === 3 ? null : `${writer}.${n}@x`))
          if (writer % 3 === 0) await accounts.recalculate(id)
        }
      })
      const [accounts] = everybody
      const found = await Promise.all([accounts?.get('acc_0'), accounts?.get('acc_1')])
      equal(
        found.map((snapshot) => snapshot?.ref.id),
        ['acc_0', 'acc_1'],
        'accounts',
      )
      for (const n of numbers(0, writers * each)) {
        const email = `${n % writers}.${Math.floor(n / writers)}@x`
        const having = found.filter((snapshot) => snapshot?.state.email === email)
        equal(
          await entriesUnder(log.store, email),
          having.map((snapshot) => snapshot?.ref.id ?? ''),
          `entries under ${email}`,
        )
      }
    },
  },
  {
    law: 'pages of an index hold each aggregate once',
    prove: async (open) => {
      const { store } = await open()
      const accounts = accountsOn(store)
      const ids = numbers(10, 23).map((n) => `acc_${n}`)
      await atOnce(ids.length, async (n) => accounts.append(ids[n] as string, opened('a@x')))
      for (const limit of [1, 5, 23, 100]) {
        const found: string[] = []
        let pages = 0
        let after: string | undefined
        do {
          const page = await accounts.queryPage('byEmail', 'a@x', { limit, after })
          found.push(...page.snapshots.map(({ ref }) => ref.id))
          after = page.cursor
          pages += 1
        } while (after !== undefined && pages <= ids.length)
        equal(found, ids, `pages of ${limit}`)
        equal(pages, Math.ceil(ids.length / limit), `number of pages of ${limit}`)
      }
    },
  },
]
