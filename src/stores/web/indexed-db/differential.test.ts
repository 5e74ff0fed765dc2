import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { sameAnswers } from '../../../conformance/index.ts'
import { workloads } from '../../../conformance/workloads.fixture.ts'
import { jsonCodec } from '../../../store/json.ts'
import type { EventStore } from '../../../store/store.ts'
import { MemoryEventStore } from '../../memory/index.ts'
import { newName, opened } from './databases.fixture.ts'

const RUNS = { numRuns: 60 }

test('any workload has the answers of memory', async () => {
  const same = fc.asyncProperty(workloads, async (workload) => {
    await using store = opened({ codec: jsonCodec })
    await sameAnswers(workload, new MemoryEventStore(), store)
  })
  await expect(fc.assert(same, RUNS)).resolves.toBeUndefined()
})

test('a workload on two stores of one database, call by call, has the answers of memory', async () => {
  const same = fc.asyncProperty(workloads, async (workload) => {
    const name = newName()
    await using first = opened({ name, codec: jsonCodec })
    await using second = opened({ name, codec: jsonCodec })
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
