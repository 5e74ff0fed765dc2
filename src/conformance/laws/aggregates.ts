import { defineAggregate } from '../../aggregate/define-aggregate.ts'
import { createEventClient } from '../../client/create-client.ts'
import { defineDecision } from '../../decide/decision.ts'
import { defineEvents } from '../../event/definition.ts'
import { defineProjection } from '../../project/define-projection.ts'
import { accountsOn, changed, idsUnder, isAsReplayed, opened } from '../accounts.ts'
import { equal, rejects } from '../expect.ts'
import type { Law } from '../law.ts'
import { atOnce, field, read } from '../samples.ts'

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
  '["$snapshot","account","a"]',
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

/** What is promised of aggregates, whatever they are called and whoever else reads them. */
export const aggregateLaws: readonly Law[] = [
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
      const { events: found } = await client.load({ streams: streamsOf('acc_1') })
      const guarded = [streamsOf('acc_1'), stream]
      const loaded = await Promise.all(guarded.map((streams) => store.load(streams)))
      equal(
        found.map(({ aggregate }) => aggregate),
        [{ ...account, version: 1 }],
        'read by a stream',
      )
      equal((await balances.load(client, 'acc_1')).state, 5, 'folded by a projection')
      await append(6)
      for (const [index, streams] of guarded.entries()) {
        const conditions = [{ streams, after: loaded[index]?.cursor }]
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
    law: 'a command that is repeated with its key is answered before it is decided, by another process, too',
    prove: async (open) => {
      const { store, reopen } = await open()
      let decided = 0
      const savings = defineAggregate(definitions, {
        type: 'account',
        initialState: 0,
        evolve: { BALANCE_CHANGED: (balance, { data }) => balance + data.amount },
        decide: (amount: number) => {
          decided += 1
          return { type: 'BALANCE_CHANGED', data: { accountId: 'acc_1', amount } }
        },
      })
      const here = createEventClient({ store, events: definitions })
      const there = createEventClient({ store: await reopen(), events: definitions })
      const key = { idempotencyKey: 'key_1' }
      const first = await savings.execute(here, 'acc_1', 5, key)
      equal([first.replayed, first.sequence, first.state, decided], [false, 1, 5, 1], 'first')
      await savings.execute(there, 'acc_1', 2)
      for (const client of [here, there]) {
        const again = await savings.execute(client, 'acc_1', 5, key)
        equal([again.replayed, again.sequence, again.state, decided], [true, 2, 7, 2], 'again')
        equal(again.events, first.events, 'the events')
        const mismatch = 'IDEMPOTENCY_MISMATCH'
        await rejects(savings.execute(client, 'acc_1', 6, key), mismatch, 'another command')
        await rejects(savings.execute(client, 'acc_2', 5, key), mismatch, 'another aggregate')
      }
      const twins = [here, there].map(async (client) =>
        savings.execute(client, 'acc_1', 1, { idempotencyKey: 'key_2' }),
      )
      const answers = await Promise.all(twins)
      equal(answers.filter(({ replayed }) => replayed).length, 1, 'answered again, of two at once')
      equal(
        answers.map(({ state }) => state),
        [8, 8],
        'states of two at once',
      )
      equal(field(await read(store, stream), 'amount'), [5, 2, 1], 'amounts')
    },
  },
]
