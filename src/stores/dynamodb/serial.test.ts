import { assert, asyncProperty, boolean, nat } from 'fast-check'
import { expect, test } from 'vitest'
import { testClient } from './engine.fixture.ts'
import { randomFaults, withClientFaults } from './faults.fixture.ts'
import { batches, expectSerial } from './serial.fixture.ts'
import { faultsOf } from './table-check.fixture.ts'
import { openWriters } from './writers.fixture.ts'

const runs = Number(process.env['SERIAL_RUNS'] ?? 30)
const seed = process.env['SERIAL_SEED']
const settings = { numRuns: runs, ...(seed !== undefined && { seed: Number(seed) }) }

test('commits one after the other are answered as the memory store answers them', async () => {
  await assert(
    asyncProperty(batches(1), async (all) => {
      await using log = await openWriters()
      await expectSerial(all, [log.open()])
      expect(faultsOf(await log.items())).toEqual([])
    }),
    settings,
  )
}, 300_000)

test('commits at once are answered as in some order, sent by one process or by two', async () => {
  await assert(
    asyncProperty(batches(4), boolean(), async (all, isOne) => {
      await using log = await openWriters()
      await expectSerial(all, isOne ? [log.open()] : [log.open(), log.open()])
      expect(faultsOf(await log.items())).toEqual([])
    }),
    settings,
  )
}, 300_000)

test('commits at once are answered as in some order, also with faults on the way', async () => {
  await assert(
    asyncProperty(batches(3), nat(), async (all, number) => {
      await using log = await openWriters()
      const plan = randomFaults(number, {
        conflict: 0.1,
        lost: 0.1,
        'server-error': 0.05,
        late: 0.05,
      })
      const faulty = withClientFaults(testClient(), plan)
      await expectSerial(all, [log.open({ client: faulty.client }), log.open()])
      await faulty.settled()
      expect(faultsOf(await log.items())).toEqual([])
    }),
    settings,
  )
}, 300_000)
