import type { OutboxMessage, Publisher, PublishOutcome } from '../../outbox/publisher.ts'
import { createOutboxRelay, type OutboxRelay, type OutboxRelayOptions } from '../../outbox/relay.ts'
import type { EventStore } from '../../store/store.ts'
import { equal, ok } from '../expect.ts'
import type { Law } from '../law.ts'
import { added, atOnce, handles, numbers } from '../samples.ts'

/** Nobody takes over from a relay that is alive with a lease as long as this, and soon with a short one. */
const LONG = 600_000
const SHORT = 150

/** A relay that says nothing and looks often. */
function relayOn(
  store: EventStore,
  publisher: Publisher,
  more: Partial<OutboxRelayOptions> = {},
): OutboxRelay {
  const options = { name: 'relay', leaseDuration: LONG, pollInterval: 10, onError: () => undefined }
  return createOutboxRelay({ store, publisher, ...options, ...more })
}

interface Noting extends Publisher {
  /** What was published, in order. */
  readonly sent: OutboxMessage[]
}

/** Publishes what `accepts` allows, in its turn. */
function noting(accepts: (message: OutboxMessage) => boolean = () => true): Noting {
  const sent: OutboxMessage[] = []
  return {
    sent,
    publish: (messages) =>
      Promise.allSettled(
        messages.map(async (message) => {
          if (!accepts(message)) throw new Error('not now')
          sent.push(message)
        }),
      ),
  }
}

/** Appends messages whose data are numbers, one commit for each. */
async function append(
  store: EventStore,
  all: readonly number[],
  keys: readonly string[],
): Promise<void> {
  for (const n of all) {
    const orderKey = keys[n % keys.length]
    await store.commit({ outbox: [{ type: 'message', data: n, orderKey }] })
  }
}

/** Lets so many messages wait in an empty outbox. */
async function fill(store: EventStore, count: number, keys: readonly string[]): Promise<void> {
  await append(store, numbers(0, count), keys)
  equal((await store.outbox.read({ limit: 9999 })).length, count, 'waiting messages')
}

function data(messages: readonly OutboxMessage[], orderKey?: string): unknown[] {
  return messages
    .filter((message) => orderKey === undefined || message.orderKey === orderKey)
    .map((message) => message.data)
}

/** The first of equal ones. */
function firsts(values: readonly unknown[]): unknown[] {
  return [...new Set(values)]
}

async function until(done: () => boolean, what: string): Promise<void> {
  for (let waits = 0; !done(); waits += 1) {
    ok(waits < 2000, what)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** A handle of a process that can be stopped: then no call of its gets through until it goes on. */
function stoppable(store: EventStore): {
  readonly store: EventStore
  readonly stop: () => void
  readonly goOn: () => void
  /** It goes on at the end of a block, or whoever uses it could not be closed. */
  readonly [Symbol.dispose]: () => void
} {
  let going = Promise.resolve()
  let goOn = (): void => undefined
  const { documents, outbox, capabilities, load, read, close } = store
  return {
    store: {
      capabilities,
      load,
      read,
      close,
      commit: (commit, options) => going.then(() => store.commit(commit, options)),
      documents: { ...documents, get: (type, id) => going.then(() => documents.get(type, id)) },
      outbox: {
        read: (options) => going.then(() => outbox.read(options)),
        remove: (ids) => going.then(() => outbox.remove(ids)),
      },
    },
    stop: () => {
      const stopped = Promise.withResolvers<void>()
      going = stopped.promise
      goOn = stopped.resolve
    },
    goOn: () => goOn(),
    [Symbol.dispose]: () => goOn(),
  }
}

/** What is promised of relays, which need leases, the order of the outbox and its removals. */
export const relayLaws: readonly Law[] = [
  {
    law: 'a relay publishes every message once, in commit order, with its event, and takes it out of the outbox',
    prove: async (open, { writers, rounds }) => {
      const log = await open()
      const stores = await handles(log, writers)
      const committed = await atOnce(writers, async (writer) => {
        const positions: number[] = []
        for (const n of numbers(0, rounds)) {
          const outbox = [{ type: 'message', data: n }]
          const commit = { events: [added(`cart_${writer}`)], outbox }
          const { events } = await (stores[writer] ?? log.store).commit(commit)
          positions.push(events[0]?.position ?? 0)
        }
        return positions
      })
      const waiting = await log.store.outbox.read({ limit: 9999 })
      equal(waiting.length, writers * rounds, 'waiting messages')
      const publisher = { ...noting(), keepsOrder: true }
      await using relay = relayOn(log.store, publisher, { batchSize: 7 })
      const drained = await relay.drain()
      equal({ ...drained }, { published: writers * rounds, failed: 0 }, 'drained')
      equal(
        publisher.sent,
        waiting.map(({ cursor: _cursor, ...message }) => message),
        'published',
      )
      equal(
        publisher.sent.map(({ event }) => event?.position),
        committed.flat().sort((a, b) => a - b),
        'positions',
      )
      equal(await log.store.outbox.read(), [], 'the outbox')
      equal({ ...(await relay.drain()) }, { published: 0, failed: 0 }, 'drained again')
    },
  },
  {
    law: 'a relay publishes messages that are committed while it runs, those of one order key one after the other',
    prove: async (open) => {
      const { store, reopen } = await open()
      const publisher = noting()
      let mostOfOneKey = 0
      const { publish } = publisher
      const watched: Publisher = {
        publish: (messages) => {
          for (const key of ['a', 'b', 'c']) {
            mostOfOneKey = Math.max(mostOfOneKey, data(messages, key).length)
          }
          return publish(messages)
        },
      }
      await using relay = relayOn(await reopen(), watched, { batchSize: 10 })
      await fill(store, 1, ['a'])
      const running = relay.run()
      await append(store, numbers(1, 29), ['a', 'b', 'c'])
      await until(() => publisher.sent.length >= 30, 'all messages are published')
      await relay.close()
      await running
      equal(mostOfOneKey, 1, 'messages of one order key in one call')
      for (const [rest, key] of ['a', 'b', 'c'].entries()) {
        equal(
          data(publisher.sent, key),
          numbers(0, 30).filter((n) => n % 3 === rest),
          key,
        )
      }
      equal(await store.outbox.read(), [], 'the outbox')
    },
  },
  {
    law: 'a relay publishes once, and in order per key, what several commit at the same time, while another key is held back',
    prove: async (open, { writers, rounds }) => {
      const log = await open()
      const stores = await handles(log, writers)
      for (const keepsOrder of [false, true]) {
        let isBroken = true
        const publisher = noting(({ orderKey }) => !isBroken || orderKey !== 'held')
        await using relay = relayOn(
          await log.reopen(),
          keepsOrder ? keepingOrderOf(publisher) : publisher,
          { batchSize: 3 },
        )
        await append(log.store, numbers(0, 7), ['held'])
        ok((await log.store.outbox.read()).length > 0, 'something waits')
        const running = relay.run()
        await atOnce(writers, async (writer) => {
          for (const n of numbers(0, rounds)) {
            const outbox = [{ type: 'message', data: n }]
            const events = [added(`cart_${(writer + n) % 3}`)]
            await (stores[writer] ?? log.store).commit({ events, outbox })
          }
        })
        const { sent } = publisher
        await until(() => sent.length >= writers * rounds, 'the others are published')
        isBroken = false
        await until(() => sent.length >= writers * rounds + 7, 'what was held back is published')
        await relay.close()
        await running
        equal(data(sent, 'held'), numbers(0, 7), 'of the key that was held back')
        const keys = new Set(sent.map(({ orderKey }) => orderKey))
        equal(keys.size, 4, 'order keys')
        for (const key of keys) {
          const positions = sent
            .filter(({ orderKey, event }) => event && orderKey === key)
            .map(({ event }) => event?.position ?? 0)
          equal(
            positions,
            [...new Set(positions)].toSorted((a, b) => a - b),
            'positions of a key',
          )
        }
        equal(sent.length, writers * rounds + 7, 'messages')
        equal(await log.store.outbox.read(), [], 'the outbox')
      }
    },
  },
  {
    law: 'a failed message holds back only later messages of its order key, and is published later',
    prove: async (open) => {
      const { store } = await open()
      for (const keepsOrder of [false, true]) {
        await fill(store, 40, ['a', 'b', 'c'])
        let isBroken = true
        const fails = ({ orderKey, data: n }: OutboxMessage): boolean =>
          isBroken && orderKey === 'b' && Number(n) >= 7
        const publisher = keepingOrder(fails)
        await using relay = relayOn(store, { ...publisher, keepsOrder }, { batchSize: 10 })
        const running = relay.run()
        const of = (rest: number): number[] => numbers(0, 40).filter((n) => n % 3 === rest)
        await until(() => publisher.sent.length >= 29, 'the others are published')
        equal(data(publisher.sent, 'a'), of(0), 'of a key that works')
        equal(data(publisher.sent, 'b'), [1, 4], 'of the key that fails')
        equal(data(publisher.sent, 'c'), of(2), 'of another key that works')
        isBroken = false
        await until(() => publisher.sent.length >= 40, 'what was held back is published')
        await relay.close()
        await running
        equal(data(publisher.sent, 'b'), of(1), 'of the key that had failed')
        equal(await store.outbox.read(), [], 'the outbox')
      }
    },
  },
  {
    law: 'a failed message without an order key holds nobody back',
    prove: async (open) => {
      const { store } = await open()
      for (const n of numbers(0, 9)) await store.commit({ outbox: [{ type: 'message', data: n }] })
      const publisher = noting((message) => message.data !== 2)
      await using relay = relayOn(store, publisher, { batchSize: 4 })
      equal({ ...(await relay.drain()) }, { published: 8, failed: 1 }, 'drained')
      equal(data(publisher.sent), [0, 1, 3, 4, 5, 6, 7, 8], 'published')
      const left = await store.outbox.read()
      equal(data(left), [2], 'the outbox')
    },
  },
  {
    law: 'of two relays of a name only one publishes; the other goes on when the first is closed',
    prove: async (open) => {
      const { store, reopen } = await open()
      await fill(store, 6, ['a', 'b'])
      const [first, second] = [noting(), noting()]
      await using relay = relayOn(store, first)
      await using other = relayOn(await reopen(), second)
      const running = relay.run()
      await until(() => first.sent.length === 6, 'the first publishes')
      const waiting = other.run()
      await append(store, numbers(6, 6), ['a', 'b'])
      await until(() => first.sent.length === 12, 'the first goes on')
      equal(second.sent, [], 'what the second has published')
      await relay.close()
      await running
      await append(store, numbers(12, 6), ['a', 'b'])
      await until(() => second.sent.length === 6, 'the second goes on')
      await other.close()
      await waiting
      equal(first.sent.length, 12, 'what the first has published')
      equal(await store.outbox.read(), [], 'the outbox')
    },
  },
  {
    law: 'after a crash between publishing and removing another relay publishes again, in order per key',
    prove: async (open) => {
      const { store, reopen } = await open()
      await fill(store, 12, ['a', 'b'])
      const process = stoppable(await reopen())
      const { sent, publish } = noting()
      const dying: Publisher = {
        publish: async (messages) => {
          const outcomes = await publish(messages)
          if (sent.length >= 4) process.stop()
          return outcomes
        },
      }
      await using relay = relayOn(process.store, dying, { leaseDuration: SHORT })
      using _ = process
      const running = relay.run()
      await until(() => sent.length >= 4, 'the first publishes')
      await using other = relayOn(store, { publish })
      equal({ ...(await other.drain()) }, { published: 10, failed: 0 }, 'what the other publishes')
      for (const [rest, key] of ['a', 'b'].entries()) {
        equal(
          firsts(data(sent, key)),
          numbers(0, 12).filter((n) => n % 2 === rest),
          'first deliveries',
        )
      }
      equal(await store.outbox.read(), [], 'the outbox')
      process.goOn()
      await relay.close()
      await running
    },
  },
  {
    law: 'a relay whose lease was taken while it was paused publishes nothing more',
    prove: async (open) => {
      const { store, reopen } = await open()
      await fill(store, 12, ['a', 'b'])
      const process = stoppable(await reopen())
      const [first, second] = [noting(), noting()]
      const pausing: Publisher = {
        publish: (messages) => {
          process.stop()
          return first.publish(messages)
        },
      }
      await using relay = relayOn(process.store, pausing, { leaseDuration: SHORT })
      using _ = process
      const running = relay.run()
      await until(() => first.sent.length > 0, 'the first publishes')
      await using other = relayOn(store, second)
      const taking = other.run()
      await until(() => second.sent.length === 12, 'the other takes over')
      process.goOn()
      await store.commit({ outbox: [{ type: 'message', data: 12, orderKey: 'a' }] })
      await until(() => second.sent.length === 13, 'the other goes on')
      // Time for the first to notice.
      await new Promise((resolve) => setTimeout(resolve, 30))
      equal(data(first.sent), [0, 1], 'what the first has published')
      await Promise.all([relay.close(), other.close()])
      await Promise.all([running, taking])
      equal(data(second.sent, 'a'), [0, 2, 4, 6, 8, 10, 12], 'what the other has published')
      equal(await store.outbox.read(), [], 'the outbox')
    },
  },
]

/** Publishes one message after the other, and after a failure nothing of its order key. */
function keepingOrderOf({ sent, publish }: Noting): Noting {
  return {
    sent,
    keepsOrder: true,
    publish: async (messages) => {
      const failed = new Map<string | undefined, PublishOutcome>()
      const outcomes: PublishOutcome[] = []
      for (const message of messages) {
        const [outcome] = failed.has(message.orderKey)
          ? [failed.get(message.orderKey)]
          : await publish([message])
        if (outcome?.status === 'rejected') failed.set(message.orderKey, outcome)
        outcomes.push(outcome ?? { status: 'rejected', reason: 'no answer' })
      }
      return outcomes
    },
  }
}

/** Publishes what does not fail, and after a failure nothing of its order key. */
function keepingOrder(fails: (message: OutboxMessage) => boolean): Noting {
  const sent: OutboxMessage[] = []
  return {
    sent,
    publish: async (messages) => {
      const failed = new Set<string | undefined>()
      return messages.map((message) => {
        if (failed.has(message.orderKey) || fails(message)) {
          failed.add(message.orderKey)
          return { status: 'rejected', reason: new Error('not now') }
        }
        sent.push(message)
        return { status: 'fulfilled' }
      })
    },
  }
}
