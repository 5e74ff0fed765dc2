import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { sameAnswers } from '../../conformance/index.ts'
import { workloads } from '../../conformance/workloads.fixture.ts'
import type { EventStore } from '../../store/store.ts'
import { MemoryEventStore } from '../memory/index.ts'
import { drivers, hurried, openTuned, temporaryFolder } from './stores.fixture.ts'

const RUNS = { numRuns: 60 }

const tunings = {
  'files late': {},
  'files every few events': { filing: hurried },
  'searches for conditions outside the lock': { filing: hurried, lockedAllowance: 1 },
}

const files = Object.entries(drivers).flatMap(([name, driver]) =>
  Object.entries(tunings).map(([how, tuning]) => [name, how, { driver, ...tuning }] as const),
)

test.each(files)('any workload has the answers of memory: %s, %s', async (_name, _pace, tuning) => {
  const same = fc.asyncProperty(workloads, async (workload) => {
    using folder = temporaryFolder()
    await using store = openTuned(folder.file('log.db'), tuning)
    await sameAnswers(workload, new MemoryEventStore(), store)
  })
  await expect(fc.assert(same, RUNS)).resolves.toBeUndefined()
})

test('a workload on two stores of one file, call by call, has the answers of memory', async () => {
  const same = fc.asyncProperty(workloads, async (workload) => {
    using folder = temporaryFolder()
    await using first = openTuned(folder.file('log.db'), { filing: hurried })
    await using second = openTuned(folder.file('log.db'), { filing: hurried })
    // Commits that are sent at once to two stores have no order.
    const steps = workload.map((step) =>
      step.do === 'commit' ? { ...step, commits: step.commits.slice(0, 1) } : step,
    )
    await sameAnswers(steps, new MemoryEventStore(), inTurns(first, second))
  })
  await expect(fc.assert(same, RUNS)).resolves.toBeUndefined()
})

function inTurns(first: EventStore, second: EventStore): EventStore {
  let calls = 0
  const next = (): EventStore => {
    calls += 1
    return calls % 2 === 0 ? first : second
  }
  return {
    ...first,
    commit: (commit, options) => next().commit(commit, options),
    load: (streams, options) => next().load(streams, options),
    read: (streams, options) => next().read(streams, options),
    documents: {
      get: (type, id) => next().documents.get(type, id),
      query: (query) => next().documents.query(query),
    },
    outbox: {
      read: (options) => next().outbox.read(options),
      remove: (ids) => next().outbox.remove(ids),
    },
  }
}
