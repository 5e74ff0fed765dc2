import type { StoredEvent } from '../../event/event.ts'
import type { Committed } from '../../store/commit.ts'
import { ConcurrencyError, isEventfoldError } from '../../store/errors.ts'
import { later, committing, answering, type Broken, type Change } from './change.fixture.ts'

/** Checks with a read, then writes without: two steps where it must be one. */
const checksFirst: Change = (store) => ({
  commit: async ({ conditions = [], ...rest }, options) => {
    for (const [index, { streams, after }] of conditions.entries()) {
      const { events } = await store.load(streams, { after })
      const [event] = events
      if (event) throw new ConcurrencyError({ reason: 'condition', index, streams, event })
    }
    if (conditions.length > 0) await later()
    return store.commit(rest, options)
  },
})

const doubled = (event: StoredEvent): StoredEvent => ({ ...event, position: event.position * 2 })

/** Stores that write what they should not, or not what they should. */
export const brokenWriters: readonly Broken[] = [
  {
    name: 'ignores conditions',
    breaks: 'nothing matching since the cursor: accepted',
    change: committing((commit) => ({ ...commit, conditions: undefined })),
  },
  {
    name: 'ignores all conditions but the first',
    breaks: 'several conditions must all hold',
    change: committing(({ conditions = [], ...commit }) => ({
      ...commit,
      conditions: conditions.slice(0, 1),
    })),
  },
  {
    name: 'checks a condition in a step before the write',
    breaks: '"must not exist" (no cursor) admits exactly one of N racers',
    change: checksFirst,
  },
  {
    name: 'checks a condition in a step before the write',
    breaks: 'racing decisions on one boundary equal some serial order',
    change: checksFirst,
  },
  {
    name: 'gives a cursor that has seen more than the events',
    breaks: 'racing decisions on one boundary equal some serial order',
    change: (store) => ({
      load: async (streams, options) => {
        const loaded = await store.load(streams, options)
        await later()
        return { ...loaded, cursor: (await store.load(streams)).cursor }
      },
    }),
  },
  {
    name: 'gives a cursor that has seen more than the events',
    breaks: 'an event in flight during the read is never missed by the condition',
    change: (store) => ({
      commit: async (commit, options) => {
        await later()
        return store.commit(commit, options)
      },
      load: async (streams, options) => {
        const loaded = await store.load(streams, options)
        await later()
        return { ...loaded, cursor: (await store.load(streams)).cursor }
      },
    }),
  },
  {
    name: 'refuses every fiftieth commit for nothing',
    breaks: 'decisions on disjoint boundaries never conflict',
    change: (store) => {
      let count = 0
      return {
        commit: async (commit, options) => {
          count += 1
          if (count % 50 === 0) throw new ConcurrencyError({ reason: 'condition' })
          return store.commit(commit, options)
        },
      }
    },
  },
  {
    name: 'ignores expected versions',
    breaks: 'an expected version that is the actual one is accepted, another is refused',
    change: committing((commit) => ({ ...commit, expect: undefined })),
  },
  {
    name: 'stores what it refuses',
    breaks: 'a refused commit leaves nothing behind',
    change: (store) => ({
      commit: async (commit, options) => {
        try {
          return await store.commit(commit, options)
        } catch (error) {
          if (isEventfoldError(error, 'CONFLICT')) await store.commit({ events: commit.events })
          throw error
        }
      },
    }),
  },
  {
    name: 'remembers the key of what it refuses',
    breaks: 'a refused commit records nothing, not even its key',
    change: (store) => ({
      commit: async (commit, options) => {
        try {
          return await store.commit(commit, options)
        } catch (error) {
          if (isEventfoldError(error, 'CONFLICT') && commit.idempotency) {
            const outbox = [{ id: 'gone', type: 'gone', data: 1 }]
            await store.commit({ outbox, idempotency: commit.idempotency })
            await store.outbox.remove(['gone'])
          }
          throw error
        }
      },
    }),
  },
  {
    name: 'stores events one by one',
    breaks: 'events of one commit are stored together or not at all',
    change: (store) => ({
      commit: async (commit, options) => {
        const all: StoredEvent[] = []
        for (const event of commit.events ?? []) {
          all.push(...(await store.commit({ events: [event] }, options)).events)
        }
        return { events: all, documents: [], replayed: false }
      },
    }),
  },
  {
    name: 'stores events in another order',
    breaks: 'events of one commit are stored together, contiguous and in array order',
    change: (store) => ({
      commit: async (commit, options) => {
        const events = commit.events?.toReversed()
        const answer = await store.commit({ ...commit, events }, options)
        return { ...answer, events: answer.events.toReversed() }
      },
    }),
  },
  {
    name: 'answers a commit with other positions than a read',
    breaks: 'events of one commit are stored together, contiguous',
    change: answering((answer) => ({ ...answer, events: answer.events.map(doubled) })),
  },
  {
    name: 'accepts a known id as a new event',
    breaks: "an event's id is unique in the log",
    change: committing((commit) => ({
      ...commit,
      events: commit.events?.map((event) => ({ ...event, id: undefined })),
    })),
  },
  {
    name: 'mends data instead of refusing it',
    breaks: 'what is stored comes back equal, or is refused before anything is written: data',
    change: committing((commit) => ({
      ...commit,
      events: commit.events?.map((event) => ({
        ...event,
        data: JSON.parse(JSON.stringify(event.data ?? null)) as unknown,
      })),
    })),
  },
  {
    name: 'takes up data late',
    breaks: 'what is stored never changes',
    change: (store) => ({
      commit: async (commit, options) => {
        await later()
        return store.commit(commit, options)
      },
    }),
  },
  {
    name: 'accepts a cursor of another log',
    breaks: 'a rewound or foreign cursor is refused',
    change: (store) => ({
      commit: async (commit, options) => {
        try {
          return await store.commit(commit, options)
        } catch (error) {
          if (!isEventfoldError(error, 'CONFLICT') || error.conflict.reason !== 'rewound')
            throw error
          return store.commit({ ...commit, conditions: undefined }, options)
        }
      },
    }),
  },
  {
    name: 'forgets idempotency keys',
    breaks: 'give the first result again: the key, also from another process',
    change: committing((commit) => ({ ...commit, idempotency: undefined })),
  },
  {
    name: 'does not compare what a key stands for',
    breaks: 'give the first result again: the key with other content is refused',
    change: committing((commit) => ({
      ...commit,
      idempotency: commit.idempotency && { ...commit.idempotency, fingerprint: 'always the same' },
    })),
  },
  {
    name: 'answers a repeated commit with what is now',
    breaks: 'give the first result again: the key, also from another process',
    change: answering((answer) =>
      answer.replayed ? { ...answer, events: answer.events.slice(1) } : answer,
    ),
  },
  {
    name: 'mixes the answers of commits that were sent at once',
    breaks: 'commits sent at once from one place',
    change: (store) => {
      let before: Committed | undefined
      return answering((answer) => {
        const other = before ?? answer
        before = answer
        return other
      })(store)
    },
  },
  {
    name: 'lets a bad commit fail the one after it',
    breaks: 'two conflicting commits sent at once in one process',
    change: (store) => {
      let failed: unknown
      return {
        commit: async (commit, options) => {
          const before = failed
          failed = undefined
          if (before !== undefined) throw before
          try {
            return await store.commit(commit, options)
          } catch (error) {
            if (isEventfoldError(error, 'CONFLICT')) failed = error
            throw error
          }
        },
      }
    },
  },
]
