import { execFileSync } from 'node:child_process'
import { assert, asyncProperty } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isEventfoldError } from '../store/errors.ts'
import type { EventStore } from '../store/store.ts'
import { MemoryEventStore } from '../stores/memory/index.ts'
import { brokenAggregates } from './broken/aggregates.fixture.ts'
import { brokenBeside } from './broken/beside.fixture.ts'
import { changed } from './broken/change.fixture.ts'
import { brokenReaders } from './broken/reading.fixture.ts'
import { brokenWriters } from './broken/writing.fixture.ts'
import {
  conformance,
  laws,
  prove,
  sameAnswers,
  type Law,
  type OpenLog,
  type Runner,
} from './index.ts'
import { transactional } from './transactional.fixture.ts'
import { workloads } from './workloads.fixture.ts'

const brokenStores = [...brokenWriters, ...brokenReaders, ...brokenBeside, ...brokenAggregates]
const size = { writers: 8, rounds: 12 }
const can = ['totalOrder', 'atomicReads', 'anyBoundary', 'watch'] as const

/** Collects tests instead of running them. */
function collector(): {
  runner: Runner
  tests: Map<string, () => Promise<void>>
  skipped: string[]
} {
  const tests = new Map<string, () => Promise<void>>()
  const skipped: string[] = []
  const it = Object.assign((name: string, run: () => Promise<void>) => tests.set(name, run), {
    skip: (name: string) => skipped.push(name),
  })
  return { runner: { describe: (_name, define) => define(), it }, tests, skipped }
}

const has = (needs: Law['needs']): boolean => needs === undefined || can.includes(needs as never)

test('every law has a sentence of its own', () => {
  const sentences = laws.map(({ law }) => law)
  expect(sentences.filter((law, index) => sentences.indexOf(law) !== index)).toEqual([])
})

describe('a law is broken by a store that', () => {
  test.each(brokenStores)('$name: $breaks', async ({ breaks, change }) => {
    const broken = laws.filter(({ law, needs }) => law.includes(breaks) && has(needs))
    expect(broken.length).toBeGreaterThan(0)
    const open = (options: object): OpenLog => ({
      store: changed(new MemoryEventStore(options), change),
    })
    const proofs = await Promise.allSettled(broken.map((law) => prove(law, open, size)))
    const reasons = proofs.flatMap((proof) => (proof.status === 'rejected' ? [proof.reason] : []))
    expect(reasons).not.toEqual([])
    for (const reason of reasons) {
      expect(reason).toSatisfy((error) => isEventfoldError(error) || error.name === 'BrokenLaw')
    }
  })
})

test('no law is kept by doing nothing', async () => {
  const idle: Partial<EventStore> = {
    commit: async () => ({ events: [], documents: [], replayed: false }),
    load: async () => ({ events: [], cursor: '0' }),
    read: async function* () {},
    documents: { get: async () => undefined, query: async () => ({ documents: [] }) },
    outbox: { read: async () => [], remove: async () => undefined },
    watch: () => () => undefined,
    close: async () => undefined,
  }
  const kept: string[] = []
  for (const law of laws) {
    if (!has(law.needs)) continue
    const open = (): OpenLog => ({ store: changed(new MemoryEventStore(), () => idle) })
    await prove(law, open, size).then(
      () => kept.push(law.law),
      () => undefined,
    )
  }
  expect(kept).toEqual([])
})

describe('the laws of transactions', () => {
  const ofTransactions = laws.filter(({ needs }) => needs === 'transactions')

  test.each(ofTransactions)('are kept by a store that has them: $law', async (law) => {
    await expect(prove(law, () => transactional(), size)).resolves.toBeUndefined()
  })

  test.each([
    ['commits at once', 'rolled back with it'],
    ['forgets rollbacks', 'rolled back with it'],
    ['commits at once', 'what is appended on the caller’s transaction'],
    ['forgets rollbacks', 'what is appended on the caller’s transaction'],
    ['cursor of what is in flight', 'an event in flight during the read is never missed'],
    ['cursor of what is in flight', 'with a foreign transaction left open'],
  ] as const)('are broken where a store is wrong: %s, %s', async (fault, breaks) => {
    const law = ofTransactions.find((each) => each.law.includes(breaks)) as Law
    const proof = prove(law, () => transactional(fault), size)
    await expect(proof).rejects.toMatchObject({ name: 'BrokenLaw' })
  })
})

describe('two answers are found in a workload where one store', () => {
  const seen = [
    'ignores conditions',
    'ignores expected versions',
    'stores what it refuses',
    'gives the oldest for the newest',
    'ignores after',
    'forgets idempotency keys',
    'ignores the guards of documents',
    'reads the outbox backwards',
    'compares loosely',
  ]
  test.each(seen)('%s', async (name) => {
    const broken = brokenStores.find((store) => store.name === name)
    const property = asyncProperty(workloads, (workload) => {
      const store = new MemoryEventStore()
      const other = changed(store, broken?.change ?? (() => ({})))
      return sameAnswers(workload, new MemoryEventStore(), other)
    })
    const found = assert(property, { numRuns: 300, endOnFailure: true })
    await expect(found).rejects.toThrow('Property failed')
  })
})

test('a law for which the store lacks a capability is skipped, and says why', () => {
  const { runner, tests, skipped } = collector()
  const open = (): OpenLog => ({ store: new MemoryEventStore() })
  conformance(runner, { name: 'memory', open, can: ['totalOrder'] })
  const needing = laws.filter(({ needs }) => needs !== undefined && needs !== 'totalOrder')
  expect(skipped).toHaveLength(needing.length)
  expect(skipped.every((name) => /\[skipped: .+\]$/.test(name))).toBe(true)
  expect(tests.size + skipped.length).toBe(laws.length + 5)
})

test('a store that says something else of itself than the suite was told is found out', async () => {
  const { runner, tests } = collector()
  const open = (): OpenLog => ({ store: new MemoryEventStore() })
  conformance(runner, { name: 'memory', open })
  await expect(tests.get('the store says itself whether it has transactions')?.()).rejects.toThrow(
    "correct 'can'",
  )
  await tests.get('the store says itself whether it has totalOrder')?.()
})

test('whatever a law opens is closed and removed, also where it is broken', async () => {
  const happened: string[] = []
  const open = (): OpenLog => {
    const named = (name: string): EventStore =>
      changed(new MemoryEventStore(), () => ({
        close: async () => void happened.push(`close ${name}`),
      }))
    return {
      store: named('first'),
      reopen: () => named('second'),
      remove: () => void happened.push('remove'),
    }
  }
  const law = {
    law: 'it is broken',
    prove: async (opened: Parameters<(typeof laws)[number]['prove']>[0]) => {
      const { reopen } = await opened()
      await reopen()
      throw new Error('broken')
    },
  }
  await expect(prove(law, open, size)).rejects.toThrow('broken')
  expect(happened).toEqual(['close first', 'close second', 'remove'])
})

test('the laws run under node:test as well', () => {
  const file = new URL('./node-test.fixture.ts', import.meta.url).pathname
  const args = ['--test', '--test-reporter=tap', '--conditions=eventfold-source', file]
  // Within a test of its own, a runner would report to the one around it.
  const env = { ...process.env, NODE_TEST_CONTEXT: undefined }
  const output = execFileSync(process.execPath, args, { env, encoding: 'utf8' })
  const count = (name: string): number =>
    Number(new RegExp(`^# ${name} (\\d+)$`, 'm').exec(output)?.[1])
  const needing = laws.filter(({ needs }) => needs === 'transactions').length
  expect([count('fail'), count('skipped')]).toEqual([0, needing])
  expect(count('pass')).toBe(laws.length + can.length + 1 - needing)
})
