import type { NewEvent, StoredEvent } from '../../event/event.ts'
import { equal, rejects } from '../expect.ts'
import type { Law } from '../law.ts'
import { accepted, atOnce, field, handles, numbers, read } from '../samples.ts'

const wallet = { type: 'wallet', id: 'wal_1' }

function paid(n: number, aggregate = wallet): NewEvent {
  return { type: 'PAID', data: { n }, aggregate }
}

const versions = (events: readonly StoredEvent[]): unknown[] =>
  events.map(({ aggregate }) => aggregate?.version)

/** What is promised of aggregates. */
export const versionLaws: readonly Law[] = [
  {
    law: 'versions are dense from 1, for each aggregate of its own',
    prove: async (open) => {
      const { store } = await open()
      const others = [
        { type: 'wallet', id: 'wal_2' },
        { type: 'account', id: 'wal_1' },
      ]
      const first = await store.commit({
        events: [paid(0), paid(1, others[0]), paid(2), paid(3, others[1]), { type: 'A', data: {} }],
      })
      equal(versions(first.events), [1, 1, 2, 1, undefined], 'answered')
      const second = await store.commit({ events: [paid(4, others[0]), paid(5), paid(6)] })
      equal(versions(second.events), [2, 3, 4], 'answered')
      const { events } = await store.load([{ aggregate: wallet }])
      equal(field(events, 'n'), [0, 2, 5, 6], 'events')
      equal(
        events.map(({ aggregate }) => aggregate),
        [1, 2, 3, 4].map((version) => ({ ...wallet, version })),
        'aggregates',
      )
      equal(await read(store, [{ aggregate: wallet }]), [...events], 'read')
      const both = await read(store, [{ aggregate: wallet }, { aggregate: others[0] }])
      equal(field(both, 'n'), [0, 1, 2, 4, 5, 6], 'two aggregates')
      const typed = [{ aggregate: wallet, types: ['PAID'], filter: { n: { gt: 1 } } }]
      equal(field(await read(store, typed), 'n'), [2, 5, 6], 'with types and a filter')
    },
  },
  {
    law: 'an expected version that is the actual one is accepted, another is refused, naming both',
    prove: async (open) => {
      const { store } = await open()
      const expecting = (version: number, n: number): Promise<unknown> =>
        store.commit({ events: [paid(n)], expect: [{ aggregate: wallet, version }] })
      await rejects(expecting(1, 0), 'CONFLICT')
      await expecting(0, 1)
      await expecting(1, 2)
      for (const version of [0, 1, 3, 99]) {
        const { conflict, retryable, message } = await rejects(expecting(version, 3), 'CONFLICT')
        const { reason, index, aggregate, expected, actual } = conflict
        equal([reason, index, expected, actual], ['version', 0, version, 2], 'the conflict')
        equal(aggregate, wallet, 'the aggregate')
        equal(retryable, true, 'retryable')
        equal(message.slice(0, 32), 'Concurrent modification detected', 'the message')
      }
      equal(field(await read(store, [{ aggregate: wallet }]), 'n'), [1, 2], 'events')
    },
  },
  {
    law: 'an expected version may guard what the commit does not touch, and several at once',
    prove: async (open) => {
      const { store } = await open()
      const account = { type: 'account', id: 'acc_1' }
      const both = (version: number) => [
        { aggregate: wallet, version },
        { aggregate: account, version: 0 },
      ]
      await store.commit({ events: [paid(0)], expect: both(0) })
      await store.commit({ documents: [{ type: 'a', id: 'b', data: 1 }], expect: both(1) })
      const { conflict } = await rejects(
        store.commit({
          events: [paid(1), paid(2, account)],
          expect: both(1)
            .toReversed()
            .concat([{ aggregate: { type: 'wallet', id: 'wal_9' }, version: 1 }]),
        }),
        'CONFLICT',
      )
      equal([conflict.index, conflict.actual], [2, 0], 'the expectation that failed')
      equal((await store.load([{ aggregate: account }])).events.length, 0, 'events')
      const twice = [...both(1), { aggregate: wallet, version: 1 }]
      await rejects(store.commit({ events: [paid(1)], expect: twice }), 'INVALID_ARGUMENT')
    },
  },
  {
    law: 'a load takes versions from and to, both inclusive',
    prove: async (open) => {
      const { store } = await open()
      await store.commit({ events: numbers(1, 10).map((n) => paid(n)) })
      const streams = [{ aggregate: wallet }]
      const cases = [
        [{ fromVersion: 4 }, numbers(4, 7)],
        [{ toVersion: 3 }, [1, 2, 3]],
        [{ fromVersion: 3, toVersion: 5 }, [3, 4, 5]],
        [{ fromVersion: 0, toVersion: 1 }, [1]],
        [{ fromVersion: 10, toVersion: 10 }, [10]],
        [{ fromVersion: 5, toVersion: 4 }, []],
        [{ fromVersion: 11 }, []],
        [{ toVersion: 0 }, []],
      ] as const
      const { cursor } = await store.load(streams)
      for (const [options, expected] of cases) {
        const loaded = await store.load(streams, options)
        equal(field(loaded.events, 'n'), [...expected], JSON.stringify(options))
        equal(loaded.cursor, cursor, 'the cursor, which has seen all the same')
      }
      for (const wrong of [{ fromVersion: -1 }, { toVersion: 0.5 }, { fromVersion: NaN }]) {
        await rejects(store.load(streams, wrong), 'INVALID_ARGUMENT', JSON.stringify(wrong))
      }
      for (const mixed of [
        [{ types: ['PAID'] }],
        [...streams, { types: ['PAID'] }],
        'all' as const,
      ]) {
        await rejects(store.load(mixed, { fromVersion: 1 }), 'INVALID_ARGUMENT')
      }
    },
  },
  {
    law: 'an expected version admits exactly one of N racers, and versions stay dense from 1',
    prove: async (open, { writers, rounds }) => {
      const log = await open()
      const stores = await handles(log, writers)
      for (const version of numbers(0, rounds)) {
        const won = await atOnce(writers, async (writer) => {
          const expect = [{ aggregate: wallet, version }]
          const store = stores[writer] ?? log.store
          return accepted(store.commit({ events: [paid(writer)], expect }))
        })
        equal(won.filter(Boolean).length, 1, `winners at version ${version}`)
      }
      const { events } = await log.store.load([{ aggregate: wallet }])
      equal(versions(events), numbers(1, rounds), 'versions')
    },
  },
  {
    law: 'versions are dense from 1, also when many append to one aggregate without a condition',
    prove: async (open, { writers, rounds }) => {
      const log = await open()
      const stores = await handles(log, writers)
      await atOnce(writers * rounds, async (n) => {
        const events = n % 3 === 0 ? [paid(n), paid(n)] : [paid(n)]
        await stores[n % writers]?.commit({ events })
      })
      const { events } = await log.store.load([{ aggregate: wallet }])
      const count = writers * rounds + Math.ceil((writers * rounds) / 3)
      equal(versions(events), numbers(1, count), 'versions')
    },
  },
]
