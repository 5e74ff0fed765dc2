import { assert, asyncProperty } from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { conformance, sameAnswers } from '../../conformance/index.ts'
import { workloads } from '../../conformance/workloads.fixture.ts'
import { MemoryEventStore } from './store.ts'

conformance(
  { describe, it },
  {
    name: 'memory',
    open: (options) => ({ store: new MemoryEventStore(options) }),
    can: ['totalOrder', 'atomicReads', 'anyBoundary', 'watch'],
  },
)

test('which keys are identifiers changes no answer', async () => {
  const property = asyncProperty(workloads, (workload) =>
    sameAnswers(workload, new MemoryEventStore(), new MemoryEventStore({ identifiers: [] })),
  )
  await expect(
    assert(property, { numRuns: 300, interruptAfterTimeLimit: 40_000 }),
  ).resolves.toBeUndefined()
})
