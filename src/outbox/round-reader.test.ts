import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { OutboxMessage } from './publisher.ts'
import { createOutboxRelay, type OutboxRelay, type OutboxRelayOptions } from './relay.ts'
import { unorderedLog, type UnorderedLog } from './unordered.fixture.ts'

const relays: OutboxRelay[] = []
beforeEach(() => vi.useFakeTimers())
afterEach(async () => {
  const closed = relays.splice(0).map((relay) => relay.close())
  await Promise.all([...closed, seconds(60)])
  vi.useRealTimers()
})

const seconds = (count: number): Promise<unknown> => vi.advanceTimersByTimeAsync(count * 1000)

async function append(log: UnorderedLog, data: string | number, orderKey?: string): Promise<void> {
  await log.commit({ outbox: [{ id: `msg_${data}`, type: 'message', data, orderKey }] })
}

function relayOn(
  { store }: UnorderedLog,
  fails: (message: OutboxMessage) => boolean,
  { keepsOrder, ...more }: Partial<OutboxRelayOptions> & { keepsOrder?: boolean } = {},
): { readonly relay: OutboxRelay; readonly sent: unknown[] } {
  const sent: unknown[] = []
  const publisher = {
    keepsOrder,
    publish: async (messages: readonly OutboxMessage[]) => {
      const failed = new Set<unknown>()
      return messages.map((message) => {
        if (failed.has(message.orderKey) || fails(message)) {
          if (message.orderKey !== undefined) failed.add(message.orderKey)
          return { status: 'rejected' as const, reason: 'no' }
        }
        sent.push(message.data)
        return { status: 'fulfilled' as const }
      })
    },
  }
  const relay = createOutboxRelay({ store, publisher, name: 'mail', onError: () => {}, ...more })
  relays.push(relay)
  return { relay, sent }
}

const never = (): boolean => false

describe('on a store without a total order', () => {
  test('what finds its place behind the relay is published soon', async () => {
    const log = unorderedLog()
    log.hide(1)
    for (const n of [0, 1, 2]) await append(log, n, `key_${n}`)
    const { relay, sent } = relayOn(log, never)
    void relay.run()
    await seconds(10)
    expect(sent).toEqual([0, 2])
    log.show(1)
    await seconds(2)
    expect(sent).toEqual([0, 2, 1])
  })

  test('also while another key is held back for hours', async () => {
    const log = unorderedLog()
    log.hide('late')
    await append(log, 0, 'broken')
    await append(log, 'late', 'b')
    for (let n = 1; n < 250; n += 1) await append(log, n, 'broken')
    const { relay, sent } = relayOn(log, ({ orderKey }) => orderKey === 'broken')
    void relay.run()
    await seconds(3600)
    log.show('late')
    await seconds(60)
    expect(sent).toEqual(['late'])
    expect((await log.store.outbox.read({ limit: 999 })).length).toBe(250)
  })

  test('a message is not published before one of its key that found its place behind the relay', async () => {
    for (const keepsOrder of [false, true]) {
      const log = unorderedLog()
      log.hide('first')
      await append(log, 'first', 'a')
      for (const n of [1, 2]) await append(log, n, 'b')
      let reads = 0
      log.beforeRead = async (after) => {
        if (after === undefined || (reads += 1) > 1) return
        log.show('first')
        await append(log, 'second', 'a')
      }
      const { relay, sent } = relayOn(log, never, { batchSize: 2, keepsOrder })
      void relay.run()
      await seconds(20)
      expect(new Set(sent)).toEqual(new Set([1, 2, 'first', 'second']))
      expect(sent).toHaveLength(4)
      expect(sent.indexOf('first')).toBeLessThan(sent.indexOf('second'))
    }
  })

  test('nor before one that becomes visible a moment later', async () => {
    const log = unorderedLog()
    log.hide('first')
    for (const data of ['first', 'second']) await append(log, data, 'a')
    const { relay, sent } = relayOn(log, never)
    void relay.run()
    await seconds(0.05)
    log.show('first')
    await seconds(10)
    expect(sent).toEqual(['first', 'second'])
  })

  test('a late message before one that failed does not let later ones of its key pass', async () => {
    const log = unorderedLog()
    log.hide('late')
    await append(log, 'late', 'b')
    for (const n of [1, 2, 3]) await append(log, n, 'a')
    let isBroken = true
    const { relay, sent } = relayOn(log, ({ data }) => isBroken && data === 1)
    void relay.run()
    await seconds(5)
    log.show('late')
    await seconds(60)
    expect(sent).toEqual(['late'])
    isBroken = false
    await seconds(60)
    expect(sent).toEqual(['late', 1, 2, 3])
  })

  test('a message that somebody took out frees its key', async () => {
    const log = unorderedLog()
    for (const n of [1, 2, 3]) await append(log, n, 'a')
    const { relay, sent } = relayOn(log, ({ data }) => data === 1)
    void relay.run()
    await seconds(5)
    await log.store.outbox.remove(['msg_1'])
    await seconds(60)
    expect(sent).toEqual([2, 3])
  })

  test('drain tries each message once', async () => {
    const log = unorderedLog()
    for (let n = 0; n < 50; n += 1) await append(log, n, n % 2 === 0 ? `key_${n % 3}` : undefined)
    let tries = 0
    const { relay, sent } = relayOn(
      log,
      ({ data }) => {
        if (data === 7) tries += 1
        return data === 7
      },
      { batchSize: 3 },
    )
    const [drained] = await Promise.all([relay.drain(), seconds(60)])
    expect(drained).toEqual({ published: 49, failed: 1 })
    expect([tries, sent.length]).toEqual([1, 49])
  })

  test('a store that rests is asked once for each look', async () => {
    const log = unorderedLog()
    const { relay } = relayOn(log, never)
    void relay.run()
    await seconds(1)
    log.counts.calls = 0
    await seconds(100)
    expect(log.counts.calls).toBe(100)
  })

  test('the more is held back, the more seldom it is read again', async () => {
    const log = unorderedLog()
    for (let n = 0; n < 3000; n += 1) await append(log, n, 'a')
    let isBroken = true
    const { relay, sent } = relayOn(log, ({ orderKey }) => isBroken && orderKey === 'a')
    void relay.run()
    await seconds(100)
    log.counts.calls = 0
    await seconds(3000)
    // Pages for each second: one where nothing is held back.
    expect(log.counts.calls).toBeLessThan(3000 * 3)
    await append(log, 'b', 'b')
    await seconds(60)
    expect(sent).toEqual(['b'])
    isBroken = false
    await seconds(120)
    expect(sent.slice(1)).toEqual(Array.from({ length: 3000 }, (_, n) => n))
  })

  test('after ten thousand failures at once no more are tried, and it goes on when they pass', async () => {
    const log = unorderedLog()
    const outbox = Array.from({ length: 12_500 }, (_, data) => ({ type: 'message', data }))
    await log.commit({ outbox })
    let isBroken = true
    const tried = new Set<unknown>()
    const { relay, sent } = relayOn(
      log,
      ({ data }) => {
        tried.add(data)
        return isBroken
      },
      { batchSize: 1000 },
    )
    void relay.run()
    await seconds(300)
    expect(tried.size).toBeGreaterThanOrEqual(10_000)
    expect(tried.size).toBeLessThan(12_500)
    isBroken = false
    await seconds(300)
    expect(new Set(sent).size).toBe(12_500)
    expect(sent.length).toBe(12_500)
  })

  test('everything is published once and in order per key while messages find places anywhere', async () => {
    for (const keepsOrder of [false, true]) {
      const log = unorderedLog()
      const keys = ['a', 'b', 'c', 'd', 'e']
      // All have their places; each key shows its own in order, some keys hours before others.
      for (let n = 0; n < 300; n += 1) {
        log.hide(n)
        await append(log, n, keys[n % 5])
      }
      const next = keys.map((_, index) => index)
      const { relay, sent } = relayOn(log, () => Math.random() < 0.1, { batchSize: 7, keepsOrder })
      log.beforeRead = () => {
        for (let shown = 0; shown < 3; shown += 1) {
          const key = Math.floor(Math.random() * 5)
          const n = next[key] ?? 0
          if (n >= 300) continue
          log.show(n)
          next[key] = n + 5
        }
      }
      void relay.run()
      for (let waits = 0; sent.length < 300 && waits < 1000; waits += 1) await seconds(10)
      expect(sent).toHaveLength(300)
      for (const [index] of keys.entries()) {
        const due = Array.from({ length: 60 }, (_, n) => n * 5 + index)
        expect(sent.filter((n) => Number(n) % 5 === index)).toEqual(due)
      }
    }
  })
})
