import { describe, expect, it, test } from 'vitest'
import { conformance } from '../conformance/index.ts'
import { isEventfoldError } from '../store/errors.ts'
import type { EventStore } from '../store/store.ts'
import { MemoryEventStore } from '../stores/memory/index.ts'
import { randomFaults, withFaults, type Fault } from './faults.ts'

const can = ['totalOrder', 'atomicReads', 'anyBoundary', 'watch'] as const
const all = [{ types: ['A'] }]

conformance(
  { describe, it },
  {
    name: 'a store without faults',
    open: (options) => ({ store: withFaults(new MemoryEventStore(options)) }),
    can,
  },
)

conformance(
  { describe, it },
  {
    name: 'a slow store',
    open: (options) => ({
      store: withFaults(
        new MemoryEventStore(options),
        randomFaults({ seed: 7, delayed: 0.02, maxDelay: 2 }),
      ),
    }),
    can,
  },
)

/** The store and what is beneath, which goes wrong at the first call of the method. */
function failing(method: string, fault: Fault): { store: EventStore; beneath: EventStore } {
  const beneath = new MemoryEventStore()
  const store = withFaults(beneath, (call) =>
    call.method === method && call.call === 1 ? fault : undefined,
  )
  return { store, beneath }
}

const event = { id: 'evt_1', type: 'A', data: {} }
const unknown = { code: 'STORE', retryable: true, outcome: 'unknown' }

test('a lost answer: the commit is stored, and sent again it is answered', async () => {
  const { store, beneath } = failing('commit', 'lost')
  await expect(store.commit({ events: [event] })).rejects.toMatchObject(unknown)
  expect((await beneath.load(all)).events).toHaveLength(1)
  expect(await store.commit({ events: [event] })).toMatchObject({ replayed: true })
})

test('a cut: nothing is stored, and the error is the same', async () => {
  const { store, beneath } = failing('commit', 'cut')
  await expect(store.commit({ events: [event] })).rejects.toMatchObject(unknown)
  expect((await beneath.load(all)).events).toEqual([])
  expect(await store.commit({ events: [event] })).toMatchObject({ replayed: false })
})

test('a refusal reaches the caller unless its answer is lost', async () => {
  const { store } = failing('commit', { delay: 1 })
  const commit = store.commit({ events: [event], conditions: [{ streams: [] }] })
  await expect(commit).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
})

test('a read breaks off after its first event, a cut one before', async () => {
  for (const [fault, count] of [
    ['lost', 1],
    ['cut', 0],
  ] as const) {
    const { store } = failing('read', fault)
    await store.commit({ events: [event, { ...event, id: 'evt_2' }] })
    const found: string[] = []
    const reading = (async () => {
      for await (const { id } of store.read(all)) found.push(id)
    })()
    await expect(reading).rejects.toMatchObject({ code: 'STORE', outcome: 'none' })
    expect(found).toHaveLength(count)
    expect(await Array.fromAsync(store.read(all))).toHaveLength(2)
  }
})

test.each(['load', 'documents.get', 'documents.query', 'outbox.read', 'outbox.remove'] as const)(
  '%s fails as planned, and then works',
  async (method) => {
    const { store } = failing(method, 'cut')
    const calls = {
      load: () => store.load(all),
      'documents.get': () => store.documents.get('view', 'a'),
      'documents.query': () => store.documents.query({ type: 'view' }),
      'outbox.read': () => store.outbox.read(),
      'outbox.remove': () => store.outbox.remove(['a']),
    }
    await expect(calls[method]()).rejects.toMatchObject({ code: 'STORE', retryable: true })
    await calls[method]()
  },
)

test('close waits for what is delayed', async () => {
  const { store, beneath } = failing('commit', { delay: 20 })
  const commit = store.commit({ events: [event] })
  await store.close()
  await expect(commit).resolves.toMatchObject({ replayed: false })
  await expect(beneath.load(all)).rejects.toMatchObject({ code: 'CLOSED' })
})

test('the same seed gives the same faults, with about the probabilities asked for', () => {
  const draw = (seed: number): (Fault | undefined)[] => {
    const plan = randomFaults({ seed, cut: 0.2, lost: 0.1, delayed: 0.3, maxDelay: 9 })
    return Array.from({ length: 2000 }, (_, call) => plan({ method: 'commit', call }))
  }
  const faults = draw(1)
  expect(draw(1)).toEqual(faults)
  expect(draw(2)).not.toEqual(faults)
  const count = (matches: (fault: Fault | undefined) => boolean): number =>
    faults.filter(matches).length
  expect(count((fault) => fault === 'cut')).toBeGreaterThan(300)
  expect(count((fault) => fault === 'lost')).toBeGreaterThan(100)
  const delays = faults.filter((fault) => typeof fault === 'object')
  expect(delays.length).toBeGreaterThan(450)
  expect(delays.every(({ delay }) => delay >= 0 && delay <= 9)).toBe(true)
})

test('commits that are sent until they are answered are stored once, however bad the connection', async () => {
  const beneath = new MemoryEventStore()
  const store = withFaults(beneath, randomFaults({ seed: 3, cut: 0.3, lost: 0.3, delayed: 0.2 }))
  const send = async (n: number): Promise<void> => {
    const commit = {
      events: [{ type: 'A', data: { n } }],
      idempotency: { key: `command_${n}` },
    }
    for (;;) {
      try {
        await store.commit(commit)
        return
      } catch (error) {
        if (!isEventfoldError(error) || error.outcome !== 'unknown') throw error
      }
    }
  }
  await Promise.all(Array.from({ length: 50 }, (_, n) => send(n)))
  const { events } = await beneath.load(all)
  expect(events.map(({ data }) => (data as { n: number }).n).sort((a, b) => a - b)).toEqual(
    Array.from({ length: 50 }, (_, n) => n),
  )
})
