import type { StoredEvent } from '../event/event.ts'
import { StoreError, type Outcome } from '../store/errors.ts'
import type { EventStore } from '../store/store.ts'

/** A call to a store that can go wrong, numbered from 1 among its kind. */
export interface FaultyCall {
  readonly method:
    | 'commit'
    | 'load'
    | 'read'
    | 'documents.get'
    | 'documents.query'
    | 'outbox.read'
    | 'outbox.remove'
  readonly call: number
}

/**
 * What happens to a call.
 *
 * | fault | a write | a read |
 * | --- | --- | --- |
 * | `'cut'` | the connection is lost before it arrives: nothing is written | fails at once |
 * | `'lost'` | it is written, the answer is lost on the way | fails after the first event |
 * | `{ delay }` | the answer comes so many milliseconds late | it begins late |
 *
 * The caller cannot tell `'cut'` from `'lost'`: for a write both throw a `StoreError` that is
 * retryable and has the outcome `'unknown'`.
 */
export type Fault = 'cut' | 'lost' | { readonly delay: number }

/** Decides what happens to each call; `undefined` lets it pass. */
export type FaultPlan = (call: FaultyCall) => Fault | undefined

/**
 * A store like the one given, whose calls go wrong as planned: to test that your code survives a bad
 * connection.
 *
 * ```ts
 * const store = withFaults(new MemoryEventStore(), ({ method, call }) =>
 *   method === 'commit' && call === 1 ? 'lost' : undefined,
 * )
 * const commit = { events: [{ id: 'evt_1', type: 'CART_CREATED', data: {} }] }
 * await store.commit(commit).catch((error) => console.assert(error.outcome === 'unknown'))
 * console.assert((await store.commit(commit)).replayed)
 * ```
 */
export function withFaults(store: EventStore, plan: FaultPlan = () => undefined): EventStore {
  const calls = new Map<FaultyCall['method'], number>()
  return wrap(store, (method) => {
    const call = (calls.get(method) ?? 0) + 1
    calls.set(method, call)
    return plan({ method, call })
  })
}

function wrap(
  store: EventStore,
  faultOf: (method: FaultyCall['method']) => Fault | undefined,
): EventStore {
  const underWay = new Set<Promise<unknown>>()

  function pass<Answer>(
    method: FaultyCall['method'],
    send: () => Promise<Answer>,
  ): Promise<Answer> {
    const call = meet(faultOf(method), method, send)
    underWay.add(call)
    const done = (): boolean => underWay.delete(call)
    call.then(done, done)
    return call
  }

  const { within, watch } = store
  return {
    capabilities: store.capabilities,
    commit: (commit, options) => pass('commit', () => store.commit(commit, options)),
    load: (streams, options) => pass('load', () => store.load(streams, options)),
    read: (streams, options) =>
      reading(
        () => faultOf('read'),
        () => store.read(streams, options),
      ),
    documents: {
      get: (type, id) => pass('documents.get', () => store.documents.get(type, id)),
      query: (query) => pass('documents.query', () => store.documents.query(query)),
    },
    outbox: {
      read: (options) => pass('outbox.read', () => store.outbox.read(options)),
      remove: (ids) => pass('outbox.remove', () => store.outbox.remove(ids)),
    },
    ...(within && { within: (transaction) => wrap(within(transaction), faultOf) }),
    ...(watch && { watch }),
    close: async () => {
      await Promise.allSettled(underWay)
      await store.close()
    },
  }
}

async function meet<Answer>(
  fault: Fault | undefined,
  method: FaultyCall['method'],
  send: () => Promise<Answer>,
): Promise<Answer> {
  const outcome = method === 'commit' || method === 'outbox.remove' ? 'unknown' : 'none'
  if (fault === 'cut') throw lostConnection(method, outcome)
  const answer = await send()
  if (fault === 'lost') throw lostConnection(method, outcome)
  if (fault !== undefined) await wait(fault.delay)
  return answer
}

async function* reading(
  faultOfRead: () => Fault | undefined,
  send: () => AsyncIterable<StoredEvent>,
): AsyncGenerator<StoredEvent, void, undefined> {
  const fault = faultOfRead()
  if (fault === 'cut') throw lostConnection('read', 'none')
  if (typeof fault === 'object') await wait(fault.delay)
  for await (const event of send()) {
    yield event
    if (fault === 'lost') break
  }
  if (fault === 'lost') throw lostConnection('read', 'none')
}

/**
 * A plan that lets each fault happen with a probability, from 0 to 1. The same seed gives the same
 * faults to the same calls.
 */
export function randomFaults(options: {
  readonly seed: number
  /** Default is 0. */
  readonly cut?: number
  /** Default is 0. */
  readonly lost?: number
  /** Default is 0. */
  readonly delayed?: number
  /** The longest delay in milliseconds. Default is 5. */
  readonly maxDelay?: number
}): FaultPlan {
  const { seed, cut = 0, lost = 0, delayed = 0, maxDelay = 5 } = options
  const random = randomFrom(seed)
  return () => {
    const draw = random()
    const delay = random() * maxDelay
    if (draw < cut) return 'cut'
    if (draw < cut + lost) return 'lost'
    return draw < cut + lost + delayed ? { delay } : undefined
  }
}

function lostConnection(method: string, outcome: Outcome): StoreError {
  return new StoreError('driver', `the connection was lost during ${method}, as planned`, {
    retryable: true,
    outcome,
  })
}

async function wait(milliseconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds))
}

/** Numbers from 0 to 1 that look random and are the same for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
