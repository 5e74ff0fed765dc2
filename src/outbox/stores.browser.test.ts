import { expect, test } from 'vitest'
import { everyStore } from '../client/every-store.fixture.ts'
import type { OutboxMessage } from './publisher.ts'
import { createOutboxRelay, type OutboxRelay } from './relay.ts'

const MESSAGES = 90
const keys = ['a', 'b', 'c']

test.each(everyStore)(
  'on $name relays take over from one another, and every message goes out in the order of its key',
  async ({ open }) => {
    await using log = await open()
    const published: OutboxMessage[] = []
    const failed = new Set<string>()
    const begin = (): { relay: OutboxRelay; running: Promise<void> } => {
      const relay = createOutboxRelay({
        store: log.reopen(),
        name: 'mail',
        pollInterval: 50,
        onError: () => {},
        publisher: {
          publish: (messages) =>
            Promise.allSettled(
              messages.map(async (message) => {
                // One of each key fails once, and holds back what comes after it.
                if (Number(message.data) % MESSAGES < keys.length && !failed.has(message.id)) {
                  failed.add(message.id)
                  throw new Error('the line is busy')
                }
                published.push(message)
              }),
            ),
        },
      })
      return { relay, running: relay.run() }
    }
    const first = begin()
    const second = begin()
    const writing = Array.from({ length: MESSAGES }, async (_, number) => {
      const key = keys[number % keys.length] as string
      await log.store.commit({
        events: [{ type: 'NOTED', data: { keyId: key, number } }],
        outbox: [{ type: 'NOTED', data: number, orderKey: key }],
      })
    })
    await Promise.all(writing)
    await expect.poll(() => published.length).toBeGreaterThan(0)
    await Promise.all([first.relay.close(), first.running])
    await expect.poll(() => published.length).toBe(MESSAGES)
    await Promise.all([second.relay.close(), second.running])
    expect(failed.size).toBe(keys.length)
    for (const key of keys) {
      const numbers = published.filter(({ orderKey }) => orderKey === key).map(({ data }) => data)
      expect(numbers).toEqual(numbers.toSorted((a, b) => Number(a) - Number(b)))
      expect(new Set(numbers).size).toBe(MESSAGES / keys.length)
    }
    expect(await log.store.outbox.read()).toEqual([])
  },
)
