import { setTimeout as delay } from 'node:timers/promises'
import type { NewEvent } from '../../../event/event.ts'
import { createEventId } from '../../../event/id.ts'
import type { Commit } from '../../../store/commit.ts'
import { isEventfoldError } from '../../../store/errors.ts'
import type { EventStore } from '../../../store/store.ts'
import type { Streams } from '../../../store/stream.ts'

/** What a decision wrote down about itself, to be checked when everything is over. */
export interface Decided {
  readonly allId: 'a'
  readonly cartId: string
  /** The number of its boundary, and how many events it saw there. */
  readonly boundary: number
  readonly seen: number
}

/** What was sent, and what became of it, as the sender knows it. */
export interface Journal {
  /** Event ids and the positions that were answered. */
  readonly acknowledged: Map<string, number>
  /** Ids of events that are certainly not stored. */
  readonly refused: Set<string>
  /** What the database said where it failed. */
  readonly failures: string[]
  /** Commits whose answer was lost. */
  readonly unknown: Commit[]
}

export function emptyJournal(): Journal {
  return { acknowledged: new Map(), refused: new Set(), failures: [], unknown: [] }
}

const cart = (cartId: string): Streams[number] & object => ({ filter: { cartId } })

/** Overlapping boundaries, with and without identifiers. */
export const boundaries: readonly Streams[] = [
  [cart('cart_0')],
  [cart('cart_1'), cart('cart_2')],
  [{ filter: { cartId: ['cart_0', 'cart_2'] } }],
  [{ types: ['EVEN'], filter: { cartId: 'cart_1' } }, cart('cart_0')],
  [{ filter: { allId: 'a', cartId: 'cart_2', seen: { gte: 1 } } }],
  [{ types: ['NAMED', 'ODD'] }],
]

/** How many names there are to be taken, by whoever comes first. */
const NAMES = 40

/**
 * Writes into the log, round after round: decisions, names that must be free, aggregates, several events
 * at once; with documents, messages and idempotency keys. It goes on whatever the server does.
 */
export async function write(
  store: EventStore,
  { seed, rounds, goesOn }: { seed: number; rounds: number; goesOn: () => boolean },
  journal: Journal,
): Promise<void> {
  for (let round = 0; round < rounds && goesOn(); round += 1) {
    const number = seed * 7919 + round
    for (let isDone = false; !isDone && goesOn();) {
      const commit = await decided(store, number, goesOn)
      isDone = commit === undefined || (await send(store, commit, journal))
    }
  }
}

/** Sends a commit and writes down what became of it. `false` where somebody was faster. */
export async function send(store: EventStore, commit: Commit, journal: Journal): Promise<boolean> {
  try {
    const { events } = await store.commit(commit)
    for (const { id, position } of events) journal.acknowledged.set(id, position)
    return true
  } catch (error) {
    if (!isEventfoldError(error)) throw error
    if (error.code !== 'CONFLICT' && error.code !== 'STORE') throw error
    if (error.outcome === 'unknown') journal.unknown.push(commit)
    else for (const { id } of commit.events ?? []) journal.refused.add(id ?? '')
    if (error.code === 'STORE') {
      journal.failures.push(error.message)
      await delay(5)
    }
    return false
  }
}

/** Sends again what has lost its answer, until there is one. */
export async function sendAgain(store: EventStore, journal: Journal): Promise<void> {
  for (let commit = journal.unknown.shift(); commit; commit = journal.unknown.shift()) {
    await send(store, commit, journal)
  }
}

async function decided(
  store: EventStore,
  number: number,
  goesOn: () => boolean,
): Promise<Commit | undefined> {
  try {
    return await kinds[number % kinds.length]?.(store, number)
  } catch (error) {
    if (!isEventfoldError(error, 'STORE')) throw error
    await delay(5)
    return goesOn() ? await decided(store, number, goesOn) : undefined
  }
}

type Kind = (store: EventStore, number: number) => Promise<Commit | undefined>

const decision: Kind = async (store, number) => {
  const boundary = number % boundaries.length
  const streams = boundaries[boundary] as Streams
  const { events, cursor } = await store.load(streams)
  const cartId = `cart_${number % 3}`
  const data: Decided = { allId: 'a', cartId, boundary, seen: events.length }
  const id = createEventId()
  const withMore = number % 4 < 2
  return {
    events: [{ id, type: number % 2 === 0 ? 'EVEN' : 'ODD', data: { ...data, withMore } }],
    conditions: [{ streams, after: cursor }],
    idempotency: { key: `key of ${id}` },
    ...(withMore && {
      documents: [
        { type: 'cart', id: cartId, data: { id }, cursor, if: 'newer', otherwise: 'skip' },
        { type: 'event', id, data: { cartId }, cursor, if: 'absent' },
      ],
      outbox: [{ id: `message of ${id}`, type: 'decided', data: { id } }],
    }),
  }
}

const name: Kind = async (store, number) => {
  const nameId = `name_${number % NAMES}`
  const streams = [{ types: ['NAMED'], filter: { nameId } }]
  if (number % 3 > 0 && (await store.load(streams)).events.length > 0) return undefined
  const event = { id: createEventId(), type: 'NAMED', data: { nameId } }
  // Whether it may be sent again until it is stored: not where the name is taken.
  const taken = (await store.load(streams)).events.length > 0
  return taken ? undefined : { events: [event], conditions: [{ streams }] }
}

const version: Kind = async (store, number) => {
  const aggregate = { type: 'wallet', id: `wallet_${number % 2}` }
  const { events } = await store.load([{ aggregate }])
  const at = events.at(-1)?.aggregate?.version ?? 0
  const event = { id: createEventId(), type: 'PAID', data: { version: at + 1 }, aggregate }
  return { events: [event], expect: [{ aggregate, version: at }] }
}

const several: Kind = async (_, number) => {
  const batch = createEventId()
  const event = (index: number): NewEvent => ({
    id: createEventId(),
    type: 'NOTED',
    data: { cartId: `cart_${number % 3}`, batch, index },
  })
  return { events: [event(0), event(1), event(2)] }
}

const kinds: readonly Kind[] = [decision, several, decision, version, decision, name, decision]
