import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { startBus } from '../../src/aws/bus.fixture.ts'
import { startQueues } from '../../src/aws/queues.fixture.ts'
import { freshTable, testClient } from '../../src/stores/dynamodb/engine.fixture.ts'
import {
  createRandom,
  randomFaults,
  withClientFaults,
} from '../../src/stores/dynamodb/faults.fixture.ts'
import { createJournal, openApplication } from './application.fixture.ts'
import { isWanted } from '../run-example.fixture.ts'
import { deploy } from './deployment.fixture.ts'
import { foldOf, PRODUCTS, WALLETS, write } from './workload.fixture.ts'

const keyNames = { pk: 'pk', sk: 'sk' }
const WITHIN = 60_000

test.runIf(isWanted).each([1, 2, 3, 4])(
  'whatever fails on the way, every event reaches its view, once and in order (seed %i)',
  async (seed) => {
    const random = createRandom(seed)
    await using table = await freshTable({ keyNames })
    await using queues = await startQueues()
    await using bus = await startBus()
    const { tableName } = table
    const chances = { conflict: 0.1, throttled: 0.05, lost: 0.05 }
    const faulty = withClientFaults(testClient(), randomFaults(seed, chances))
    const application = openApplication(faulty.client, tableName)
    let failure: Error | undefined
    const fail = (error: Error): void => {
      failure ??= error
    }
    const journal = createJournal(fail)
    await using deployment = await deploy({
      application,
      tableName,
      queues,
      bus,
      journal,
      random,
      reportBatchItemFailures: seed % 2 === 0,
    })
    deployment.running.catch(fail)

    // Everything runs while it is written to.
    const written = await write(application, random)
    await faulty.settled()
    const fold = await foldOf(application)
    const deadline = performance.now() + WITHIN
    const isDone = async (): Promise<boolean> =>
      journal.ids.size >= fold.ids.length && (await deployment.isQuiet())
    while (!failure && performance.now() < deadline && !(await isDone())) await delay(50)
    if (failure) throw failure

    expect([...journal.ids].toSorted()).toEqual(fold.ids.toSorted())
    expect([...journal.numbers.keys()].toSorted()).toEqual([...WALLETS, ...PRODUCTS].toSorted())
    for (const numbers of journal.numbers.values()) {
      expect(numbers).toEqual(numbers.map((_, index) => index + 1))
    }
    for (const id of WALLETS) {
      expect(fold.balances.get(id)).toMatchObject({ amount: written.balances.get(id) })
      expect(await application.balanceOf(id)).toEqual(fold.balances.get(id))
    }
    for (const id of PRODUCTS) {
      expect(fold.latest.get(id)).toEqual({ changes: 10, price: written.latest.get(id) })
      expect(await application.priceOf(id)).toEqual(fold.latest.get(id))
    }
    expect(deployment.sentTo('events')).toEqual(new Set(fold.ids))
    const outbox = await application.store.outbox.read()
    expect(outbox).toHaveLength(10)
    expect(deployment.sentTo('messages')).toEqual(new Set(outbox.map(({ id }) => id)))
    expect(await deployment.waiting()).toBe(0)

    // All of it was met.
    expect(deployment.faultsLeft()).toEqual([])
    expect(journal.repeated()).toBeGreaterThan(0)
    expect([...faulty.met.keys()].toSorted()).toEqual(['conflict', 'lost', 'throttled'])
  },
  2 * WITHIN,
)
