import { ArgumentError, EventfoldError } from '../store/errors.ts'
import { show } from '../store/show.ts'
import type { EventStore } from '../store/store.ts'
import { checkCall, checkOptions } from './check-options.ts'
import type { Publisher } from './publisher.ts'
import { work, type Drained, type RelayProblem } from './work.ts'

export interface OutboxRelayOptions {
  readonly store: EventStore
  readonly publisher: Publisher
  /**
   * Of relays with one name on one log, in whatever process, one publishes at a time. A log has one outbox:
   * relays of two names would take each other's messages. At most 255 bytes.
   */
  readonly name: string
  /** Messages in one call of the publisher, at most 1000. Default is 100. */
  readonly batchSize?: number | undefined
  /** Milliseconds after which it looks for messages, also where nothing woke it. Default is 1000. */
  readonly pollInterval?: number | undefined
  /**
   * Milliseconds without a sign of life after which another relay takes over. The shorter, the sooner a
   * pause of this process lets messages be published twice. Default is 10,000.
   */
  readonly leaseDuration?: number | undefined
  /** Told of everything that failed and will be tried again. Default writes it to `console.error`. */
  readonly onError?: ((problem: RelayProblem) => unknown) | undefined
  /** Ends `run` and `drain` after the batch under way. */
  readonly signal?: AbortSignal | undefined
}

/** Publishes what waits in an outbox, see {@link createOutboxRelay}. It does one thing at a time. */
export interface OutboxRelay extends AsyncDisposable {
  /**
   * Publishes what comes, until a signal ends or `close` is called; then it resolves. While another relay
   * of its name is alive it waits. Errors of the store that may pass are waited out; others, such as
   * `CLOSED`, end it.
   */
  readonly run: (options?: { readonly signal?: AbortSignal | undefined }) => Promise<void>
  /**
   * Publishes what can be published now, each message tried once: for scripts, scheduled functions and
   * tests. Where another relay of its name is alive nothing is left to do; to learn that, it waits for at
   * most the duration of the other's lease.
   */
  readonly drain: (options?: { readonly signal?: AbortSignal | undefined }) => Promise<Drained>
  /** Waits for the batch under way and gives the lease back, so that the next relay need not wait. */
  readonly close: () => Promise<void>
}

/**
 * Makes a relay, which takes messages out of the outbox and hands them to a publisher, in commit order.
 *
 * Every message is published **at least once**: again where the relay, or its connection, died before it
 * could take the message out. Messages of one order key are published one after the other, and first
 * deliveries come in commit order. A message that fails is tried again after a growing pause, and holds
 * back only later ones of its own order key.
 *
 * On a store without a total order (DynamoDB) commit order is that of each order key. There a relay looks
 * twice, 0.1 s apart, before it sends messages that have an order key, and what is held back is read again
 * with every look; the more that is, the seldomer it looks, after 30 s at the latest.
 *
 * Throws `INVALID_ARGUMENT`.
 *
 * ```ts
 * import { createOutboxRelay, MemoryEventStore } from 'eventfold'
 *
 * const store = new MemoryEventStore()
 * await store.commit({
 *   events: [{ type: 'ORDER_PLACED', data: { orderId: 'order_1' } }],
 *   outbox: [{ type: 'confirm', data: { orderId: 'order_1' } }],
 * })
 * await using relay = createOutboxRelay({
 *   store,
 *   name: 'mail',
 *   publisher: {
 *     publish: (messages) =>
 *       Promise.allSettled(messages.map(async ({ type, data }) => console.log(type, data))),
 *   },
 * })
 * console.log(await relay.drain()) // { published: 1, failed: 0 }
 * ```
 */
export function createOutboxRelay(options: OutboxRelayOptions): OutboxRelay {
  checkOptions(options, ['options'])
  const { store, publisher, name, batchSize = 100, pollInterval = 1000 } = options
  const { leaseDuration: duration = 10_000, onError = writeToConsole } = options
  const closing = new AbortController()
  let working: Promise<unknown> | undefined

  const report = (problem: RelayProblem): void => {
    // Its failures are its own: they must not end the relay.
    void (async () => onError(problem))().catch(() => {})
  }

  const alone = async (
    what: string,
    call: { readonly signal?: AbortSignal | undefined },
    isForever: boolean,
  ): Promise<Drained> => {
    checkCall(call, ['options'])
    if (closing.signal.aborted) {
      const message = `Cannot ${what}: the relay ${show(name)} is closed. Make another one.`
      throw new EventfoldError('CLOSED', message)
    }
    if (working) {
      const advice = 'Wait for its end, or make another one.'
      throw new ArgumentError(`Cannot ${what}: the relay ${show(name)} is at work. ${advice}`)
    }
    const given = [options.signal, call.signal].filter((signal) => signal !== undefined)
    const end = AbortSignal.any([closing.signal, ...given])
    const settings = { store, publisher, name, batchSize, pollInterval, duration, report }
    const running = work({ ...settings, end, isForever })
    working = running.catch(() => {})
    try {
      return await running
    } finally {
      working = undefined
    }
  }

  const close = async (): Promise<void> => {
    closing.abort()
    await working
  }

  return {
    run: async (call = {}) => {
      await alone('run', call, true)
    },
    drain: (call = {}) => alone('drain', call, false),
    close,
    [Symbol.asyncDispose]: close,
  }
}

function writeToConsole({ error, message }: RelayProblem): void {
  const what = message ? `cannot publish ${message.type} ${message.id}` : 'the store failed'
  console.error(`outbox relay: ${what}:`, error)
}
