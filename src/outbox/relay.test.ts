import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { EventStore } from '../store/store.ts'
import { MemoryEventStore } from '../stores/memory/index.ts'
import { randomFaults, withFaults } from '../testing/faults.ts'
import type { OutboxMessage, Publisher } from './publisher.ts'
import { createOutboxRelay, type OutboxRelay, type OutboxRelayOptions } from './relay.ts'
import type { RelayProblem } from './work.ts'

const problems: RelayProblem[] = []
const relays: OutboxRelay[] = []
beforeEach(() => vi.useFakeTimers())
afterEach(async () => {
  const closed = relays.splice(0).map((relay) => relay.close())
  // What they wait for comes by the clock.
  await Promise.all([...closed, seconds(60)])
  problems.length = 0
  vi.useRealTimers()
})

function relayOn(
  store: EventStore,
  publish: (message: OutboxMessage) => unknown,
  more: Partial<OutboxRelayOptions> & { keepsOrder?: boolean } = {},
): OutboxRelay {
  const { keepsOrder, ...options } = more
  const publisher: Publisher = {
    keepsOrder,
    publish: (messages) => Promise.allSettled(messages.map(async (message) => publish(message))),
  }
  const onError = (problem: RelayProblem): number => problems.push(problem)
  const relay = createOutboxRelay({ store, publisher, name: 'mail', onError, ...options })
  relays.push(relay)
  return relay
}

async function append(store: EventStore, data: number, orderKey?: string): Promise<void> {
  await store.commit({ outbox: [{ id: `msg_${data}`, type: 'message', data, orderKey }] })
}

async function left(store: EventStore): Promise<unknown[]> {
  return (await store.outbox.read({ limit: 99_999 })).map(({ data }) => data)
}

const seconds = (count: number): Promise<unknown> => vi.advanceTimersByTimeAsync(count * 1000)

describe('the lease', () => {
  test('is kept while a message takes longer than it lasts', async () => {
    const store = new MemoryEventStore()
    await append(store, 1)
    const slow = relayOn(store, () => new Promise((resolve) => setTimeout(resolve, 35_000)))
    const second = vi.fn<(value?: unknown) => void>()
    const running = slow.run()
    await seconds(1)
    void relayOn(store, second).run()
    await seconds(36)
    expect(second).not.toHaveBeenCalled()
    expect(await left(store)).toEqual([])
    await slow.close()
    await running
  })

  test('is dead after the time that its holder has said, whatever its successor thinks', async () => {
    const store = new MemoryEventStore()
    const data = { holder: 'somebody', duration: 30_000 }
    await store.commit({ documents: [{ type: '$relay', id: 'mail', data }] })
    await append(store, 1)
    const published = vi.fn<(value?: unknown) => void>()
    void relayOn(store, published, { leaseDuration: 100 }).run()
    await seconds(29)
    expect(published).not.toHaveBeenCalled()
    await seconds(2)
    expect(published).toHaveBeenCalledTimes(1)
  })

  test('drain waits to learn whether the holder is dead, and not when it is alive', async () => {
    const store = new MemoryEventStore()
    await append(store, 1)
    const lease = { type: '$relay', id: 'mail', data: { holder: 'somebody', duration: 5000 } }
    await store.commit({ documents: [lease] })
    const published = vi.fn<(value?: unknown) => void>()
    const alive = relayOn(store, published).drain()
    await seconds(2)
    await store.commit({ documents: [lease] })
    await seconds(1)
    await expect(alive).resolves.toEqual({ published: 0, failed: 0 })
    const dead = relayOn(store, published).drain()
    await seconds(6)
    await expect(dead).resolves.toEqual({ published: 1, failed: 0 })
    expect(await store.documents.get('$relay', 'mail')).toBeUndefined()
  })

  test('a renewal whose answer was lost does not lose it', async () => {
    const beneath = new MemoryEventStore()
    const store = withFaults(beneath, ({ method, call }) =>
      method === 'commit' && call % 3 === 2 ? 'lost' : undefined,
    )
    for (const n of [1, 2, 3]) await append(beneath, n, 'a')
    const published = vi.fn<(value?: unknown) => void>()
    void relayOn(store, ({ data }) => published(data)).run()
    await seconds(20)
    expect(published.mock.calls).toEqual([[1], [2], [3]])
    expect(problems.length).toBeGreaterThan(2)
  })

  test('nothing is published on a renewal that took half its time', async () => {
    const beneath = new MemoryEventStore()
    const store = withFaults(beneath, ({ method, call }) =>
      method === 'commit' && call > 1 && call < 4 ? { delay: 5000 } : undefined,
    )
    await append(beneath, 1)
    const published = vi.fn<(value?: unknown) => void>()
    void relayOn(store, published).run()
    await seconds(4.9)
    expect(published).not.toHaveBeenCalled()
    await seconds(10)
    expect(published).toHaveBeenCalledTimes(1)
    expect(String(problems[0]?.error)).toContain(
      'Renewing the lease of the relay "mail" took 5000 ms, which is too long for its 10000 ms',
    )
  })
})

describe('a message that fails', () => {
  test('is tried again after pauses that grow to half a minute', async () => {
    const store = new MemoryEventStore()
    await append(store, 1)
    const tries: number[] = []
    void relayOn(store, () => {
      tries.push(performance.now())
      throw new Error('no')
    }).run()
    await seconds(300)
    const pauses = tries.slice(1).map((time, index) => time - (tries[index] ?? 0))
    expect(pauses[0]).toBeGreaterThanOrEqual(50)
    expect(pauses[0]).toBeLessThanOrEqual(105)
    expect(Math.max(...pauses)).toBeGreaterThan(15_000)
    expect(Math.max(...pauses)).toBeLessThanOrEqual(30_005)
    expect(problems[0]).toMatchObject({ error: new Error('no'), message: { id: 'msg_1', data: 1 } })
  })

  test('frees its key when somebody takes it out of the outbox', async () => {
    const store = new MemoryEventStore()
    for (const n of [1, 2, 3]) await append(store, n, 'a')
    const published = vi.fn<(value?: unknown) => void>()
    void relayOn(store, ({ data }) => {
      if (data === 1) throw new Error('poison')
      published(data)
    }).run()
    await seconds(5)
    expect(published).not.toHaveBeenCalled()
    await store.outbox.remove(['msg_1'])
    await seconds(60)
    expect(published.mock.calls).toEqual([[2], [3]])
  })

  const ways = Array.from({ length: 10 }, (_, seed) => [seed, seed % 2 === 0] as const)

  test.each(ways)(
    'keeps the order of its key, seed %i, keepsOrder %s',
    async (seed, keepsOrder) => {
      const beneath = new MemoryEventStore()
      const faults = randomFaults({ seed, cut: 0.2, lost: 0.1, delayed: 0.2, maxDelay: 100 })
      const store = withFaults(beneath, faults)
      const keys = ['a', 'b', 'c', 'd', undefined]
      let appended = 0
      const published = new Map<string | undefined, number[]>()
      const failed = new Set<string>()
      const publisher: Publisher = {
        keepsOrder,
        publish: async (messages) => {
          failed.clear()
          return messages.map(({ data, orderKey }) => {
            const isHeld = orderKey !== undefined && failed.has(orderKey)
            if (isHeld || Math.random() < 0.4) {
              failed.add(orderKey ?? '')
              return { status: 'rejected', reason: 'no' }
            }
            published.set(orderKey, [...(published.get(orderKey) ?? []), Number(data)])
            return { status: 'fulfilled' }
          })
        },
      }
      const onError = (problem: RelayProblem): number => problems.push(problem)
      const relay = createOutboxRelay({ store, publisher, name: 'mail', batchSize: 9, onError })
      relays.push(relay)
      void relay.run()
      for (; appended < 200; appended += 1) {
        await append(beneath, appended, keys[appended % keys.length])
        if (appended % 10 === 0) await seconds(0.1)
      }
      for (let waits = 0; (await left(beneath)).length > 0 && waits < 5000; waits += 1)
        await seconds(10)
      for (const [index, key] of keys.entries()) {
        const due = Array.from({ length: 40 }, (_, n) => n * 5 + index)
        const found = [...new Set(published.get(key))]
        expect(key === undefined ? found.toSorted((a, b) => a - b) : found).toEqual(due)
      }
    },
  )

  test('and is published while a page cannot be finished lets nothing of the page be left out', async () => {
    const beneath = new MemoryEventStore()
    let isDown = false
    let failed = false
    const store = withFaults(beneath, ({ method }) =>
      isDown && method === 'commit' ? 'cut' : undefined,
    )
    for (const [n, key] of ['a', 'b', 'b', 'a'].entries()) await append(beneath, n, key)
    const published: unknown[] = []
    void relayOn(store, ({ data }) => {
      if (data === 0 && !failed) {
        failed = true
        isDown = true
        setTimeout(() => {
          isDown = false
        }, 5000)
        throw new Error('no')
      }
      published.push(data)
    }).run()
    await seconds(4)
    expect(published).toEqual([1])
    await seconds(60)
    expect(new Set(published)).toEqual(new Set([0, 1, 2, 3]))
    expect(published.indexOf(0)).toBeLessThan(published.indexOf(3))
    expect(await left(beneath)).toEqual([])
  })

  test('costs later batches nothing, however many wait behind it', async () => {
    const beneath = new MemoryEventStore()
    for (let n = 0; n < 3000; n += 1) await append(beneath, n, 'a')
    let read = 0
    const outbox: EventStore['outbox'] = {
      remove: beneath.outbox.remove,
      read: async (options) => {
        const records = await beneath.outbox.read(options)
        read += records.length
        return records
      },
    }
    const { capabilities, commit, load, read: events, documents, close, watch } = beneath
    const store = { capabilities, commit, load, read: events, documents, close, watch, outbox }
    let isBroken = true
    const published: unknown[] = []
    void relayOn(store, ({ data, orderKey }) => {
      if (isBroken && orderKey === 'a') throw new Error('no')
      published.push(data)
    }).run()
    await seconds(100)
    read = 0
    for (let n = 3000; n < 3500; n += 1) {
      await append(beneath, n, 'b')
      await seconds(0)
    }
    expect(published).toHaveLength(500)
    // One page for each further attempt, of which there are few.
    expect(read).toBeLessThan(500 + 3 * 100)
    isBroken = false
    await seconds(60)
    expect(published.slice(500)).toEqual(Array.from({ length: 3000 }, (_, n) => n))
    expect(await left(beneath)).toEqual([])
  })
})

describe('what goes wrong', () => {
  test('a publisher that throws, or answers something else, has failed all', async () => {
    const store = new MemoryEventStore()
    await append(store, 1)
    await append(store, 2)
    const answers = [
      [() => Promise.reject(new Error('down')), 'Error: down'],
      [async () => [], 'expected a list of 2, one for each message, found []'],
      [async () => undefined, 'expected a list of 2, one for each message, found undefined'],
      [async () => [{ status: 'fulfilled' }, true], `the answer of publish.1: expected { status:`],
    ] as const
    for (const [publish, message] of answers) {
      const publisher = { publish } as unknown as Publisher
      const onError = (problem: RelayProblem): number => problems.push(problem)
      const relay = createOutboxRelay({ store, publisher, name: 'mail', onError })
      await expect(relay.drain()).resolves.toEqual({ published: 0, failed: 2 })
      expect(problems.splice(0).map(({ error }) => String(error))).toEqual([
        expect.stringContaining(message),
        expect.stringContaining(message),
      ])
    }
  })

  test('an onError that throws, or rejects, does not end the relay', async () => {
    const store = new MemoryEventStore()
    await append(store, 1)
    for (const onError of [
      () => {
        throw new Error('onError')
      },
      () => Promise.reject(new Error('onError')),
    ]) {
      const fails = (): never => {
        throw new Error('no')
      }
      await expect(relayOn(store, fails, { onError }).drain()).resolves.toMatchObject({ failed: 1 })
    }
  })

  test('without onError, the console is told', async () => {
    const told = vi.spyOn(console, 'error').mockImplementation(() => {})
    const store = new MemoryEventStore()
    await append(store, 1)
    const publisher = { publish: () => Promise.reject(new Error('down')) }
    await createOutboxRelay({ store, publisher, name: 'mail' }).drain()
    expect(told).toHaveBeenCalledWith(
      'outbox relay: cannot publish message msg_1:',
      new Error('down'),
    )
    told.mockRestore()
  })

  test.each(['outbox.read', 'outbox.remove', 'commit', 'documents.get'] as const)(
    'failures of %s that may pass are waited out',
    async (method) => {
      const beneath = new MemoryEventStore()
      const store = withFaults(beneath, (call) =>
        call.method === method && call.call <= 8 ? 'cut' : undefined,
      )
      await append(beneath, 1)
      const published = vi.fn<(value?: unknown) => void>()
      void relayOn(store, published).run()
      await seconds(60)
      expect(published).toHaveBeenCalledTimes(1)
      expect(await left(beneath)).toEqual([])
      expect(problems.length).toBeGreaterThanOrEqual(8)
    },
  )

  test('drain gives up after a few failures in a row', async () => {
    const store = withFaults(new MemoryEventStore(), () => 'cut')
    const drained = relayOn(store, () => {}).drain()
    const failure = { code: 'STORE' }
    await Promise.all([expect(drained).rejects.toMatchObject(failure), seconds(10)])
  })

  test('a closed store ends it', async () => {
    const store = new MemoryEventStore()
    const relay = relayOn(store, vi.fn<(value?: unknown) => void>())
    const end = seconds(1).then(async () => {
      await store.close()
      await seconds(2)
    })
    await Promise.all([expect(relay.run()).rejects.toMatchObject({ code: 'CLOSED' }), end])
    await expect(relay.drain()).rejects.toMatchObject({ code: 'CLOSED' })
    expect(problems).toEqual([])
  })
})

describe('its end', () => {
  test('a signal ends it after the batch under way, and gives the lease back', async () => {
    const store = new MemoryEventStore()
    for (const n of [1, 2, 3]) await append(store, n, 'a')
    const published: unknown[] = []
    for (const where of ['options', 'call'] as const) {
      const stop = new AbortController()
      const publish = async ({ data }: OutboxMessage): Promise<void> => {
        stop.abort()
        await new Promise((resolve) => setTimeout(resolve, 1000))
        published.push(data)
      }
      const { signal } = stop
      const relay = relayOn(store, publish, where === 'options' ? { signal } : {})
      const running = relay.run(where === 'call' ? { signal } : {})
      await seconds(2)
      await expect(running).resolves.toBeUndefined()
      expect(await store.documents.get('$relay', 'mail')).toBeUndefined()
      await relay.run({ signal })
    }
    expect(published).toEqual([1, 2])
    expect(await left(store)).toEqual([3])
    expect(vi.getTimerCount()).toBe(0)
  })

  test('one relay does one thing at a time, and nothing after its end', async () => {
    const relay = relayOn(new MemoryEventStore(), vi.fn<(value?: unknown) => void>())
    const running = relay.run()
    await expect(relay.drain()).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: 'Cannot drain: the relay "mail" is at work. Wait for its end, or make another one.',
    })
    await relay.close()
    await running
    await relay.close()
    await expect(relay.run()).rejects.toMatchObject({
      code: 'CLOSED',
      message: 'Cannot run: the relay "mail" is closed. Make another one.',
    })
  })
})
