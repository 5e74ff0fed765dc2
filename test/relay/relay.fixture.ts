import { openSync, writeSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { createOutboxRelay, type EventStore, type Publisher } from 'eventfold'
import type { Line } from './journal.fixture.ts'
import { openLog } from './store.fixture.ts'

/*
 * One of several relays of one name, until SIGTERM. What it publishes goes to the end of a file that all of
 * them write, one line for each message; beside it what it knows of its lease.
 */
const [target = '', path = '', lease = '0', order = ''] = process.argv.slice(2)
const keepsOrder = order === 'keepsOrder'
const file = openSync(path, 'a')
const relay = process.pid

function say(line: Line): void {
  writeSync(file, `${JSON.stringify(line)}\n`)
}

/** Milliseconds of a clock that all processes share. */
function now(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

/** The revision of the lease, when its renewal began, and the longest time between renewals in this call. */
let revision = 0
let renewedAt = 0
let gap = 0

const log = await openLog(target)
const store: EventStore = {
  ...log,
  commit: async (commit, options) => {
    const start = now()
    const committed = await log.commit(commit, options)
    const before = revision
    revision = committed.documents[0]?.revision ?? 0
    gap = Math.max(gap, now() - renewedAt)
    renewedAt = start
    const guard = commit.documents?.[0]?.if
    const isOwn = typeof guard === 'object' && 'revision' in guard && guard.revision === before
    if (!isOwn) say({ relay, took: revision })
    return committed
  },
  outbox: {
    ...log.outbox,
    remove: async (ids) => {
      await log.outbox.remove(ids)
      say({ relay, removed: ids, gap: Math.max(gap, now() - renewedAt) })
    },
  },
}

const shuffled = <Item>(items: readonly Item[]): Item[] =>
  items
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)

const publisher: Publisher = {
  keepsOrder,
  publish: async (messages) => {
    const call = revision
    say({ relay, call, messages: messages.map(({ id }) => id) })
    gap = 0
    const failed = new Set<string>()
    const published = new Set<string>()
    for (const { id, orderKey } of keepsOrder ? messages : shuffled(messages)) {
      if (orderKey !== undefined && failed.has(orderKey)) continue
      if (Math.random() < 0.02) {
        failed.add(orderKey ?? '')
        continue
      }
      say({ relay, call, published: id })
      published.add(id)
      if (Math.random() < 0.1) await delay(Math.random() * 3)
    }
    // Sometimes for longer than the lease lasts where it is not renewed.
    await delay(Math.random() * (Math.random() < 0.03 ? 2 * Number(lease) : 8))
    return messages.map(({ id }) =>
      published.has(id) ? { status: 'fulfilled' } : { status: 'rejected', reason: 'not now' },
    )
  },
}

const running = createOutboxRelay({
  store,
  publisher,
  name: 'relay',
  batchSize: 20,
  leaseDuration: Number(lease),
  pollInterval: 50,
  onError: () => {},
})
process.on('SIGTERM', () => void running.close())
console.log('ready')
await running.run()
await log.close()
