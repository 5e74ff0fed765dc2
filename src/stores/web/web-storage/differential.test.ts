import { assert, asyncProperty } from 'fast-check'
import { expect, test } from 'vitest'
import { sameAnswers } from '../../../conformance/index.ts'
import { workloads } from '../../../conformance/workloads.fixture.ts'
import { jsonCodec } from '../../../store/json.ts'
import { MemoryEventStore } from '../../memory/index.ts'
import { inTurns, oneByOne } from './in-turns.fixture.ts'
import { openWebStorage, type WebStorageStore } from './index.ts'
import { MapStorage } from './map-storage.fixture.ts'

const open = (storage: MapStorage): WebStorageStore =>
  openWebStorage({ storage, namespace: 'log', codec: jsonCodec })

test('any workload has the answers of memory', async () => {
  const same = asyncProperty(workloads, (workload) =>
    sameAnswers(workload, new MemoryEventStore(), open(new MapStorage())),
  )
  await expect(assert(same, { numRuns: 200 })).resolves.toBeUndefined()
})

test('any workload on several stores of one storage, call by call, has the answers of memory', async () => {
  const same = asyncProperty(workloads, async (workload) => {
    const storage = new MapStorage()
    const store = inTurns([0, 1, 2].map(() => open(storage)))
    await sameAnswers(oneByOne(workload), new MemoryEventStore(), store)
  })
  await expect(assert(same, { numRuns: 200 })).resolves.toBeUndefined()
})

test('any workload on stores that are opened for each call has the answers of memory', async () => {
  const same = asyncProperty(workloads, async (workload) => {
    const storage = new MapStorage()
    await sameAnswers(
      oneByOne(workload),
      new MemoryEventStore(),
      anew(() => open(storage)),
    )
  })
  await expect(assert(same, { numRuns: 50 })).resolves.toBeUndefined()
})

function anew(openOne: () => WebStorageStore): WebStorageStore {
  return new Proxy(openOne(), { get: (_, name) => Reflect.get(openOne(), name) as unknown })
}
