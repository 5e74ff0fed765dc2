import { identifierTest, DEFAULT_IDENTIFIERS, type Identifiers } from '../../event/identifiers.ts'
import type { Capabilities } from '../../store/capabilities.ts'
import { refuse } from '../../store/check-value.ts'
import { ClosedError } from '../../store/errors.ts'
import { jsonCodec, type JsonCodec } from '../../store/json.ts'
import { judge } from '../../store/judge.ts'
import { logStore } from '../../store/log-store.ts'
import { memoryLog } from '../../store/memory-log.ts'
import type { EventStore } from '../../store/store.ts'

export interface MemoryOptions {
  /** Which keys of `data` are identifiers. Default is every key that ends in `Id` or `_id`. */
  readonly identifiers?: Identifiers
  /** How data becomes text. Default is plain JSON, which refuses a `Date`; `dateCodec` brings dates back. */
  readonly codec?: JsonCodec
}

const capabilities: Capabilities = {
  totalOrder: true,
  atomicReads: true,
  anyBoundary: true,
  transactions: false,
  watch: true,
  limits: { eventBytes: 2 ** 24, commitEvents: 100_000 },
}

/**
 * A log in memory: for tests, for trying things out, and the executable specification of all stores.
 * It keeps every law, and nothing after the process ends. A read looks at every event.
 *
 * ```ts
 * const store = new MemoryEventStore()
 * await store.commit({ events: [{ type: 'CART_CREATED', data: { cartId: 'cart_123' } }] })
 * ```
 */
export class MemoryEventStore implements EventStore {
  readonly capabilities: Capabilities = capabilities
  declare readonly commit: EventStore['commit']
  declare readonly load: EventStore['load']
  declare readonly read: EventStore['read']
  declare readonly documents: EventStore['documents']
  declare readonly outbox: EventStore['outbox']
  declare readonly watch: NonNullable<EventStore['watch']>
  declare readonly close: EventStore['close']

  constructor({ identifiers = DEFAULT_IDENTIFIERS, codec = jsonCodec }: MemoryOptions = {}) {
    const rules = { isIdentifier: identifierTest(identifiers), codec, limits: capabilities.limits }
    const log = memoryLog(codec)
    const listeners = new Set<() => void>()
    let closed = false
    const assertOpen = (what: string): void => {
      if (closed) throw new ClosedError(what)
    }
    const store = logStore(
      rules,
      assertOpen,
      (see) => see(log),
      (commit) => {
        const verdict = judge(commit, log)
        if (verdict.replayed) return verdict.replayed
        for (const listener of listeners) queueMicrotask(listener)
        return log.write(commit, verdict)
      },
      log.remove,
    )
    const rest: Pick<EventStore, 'watch' | 'close'> = {
      watch: (listener) => {
        assertOpen('watch')
        if (typeof listener !== 'function') refuse(['watch'], 'a function', listener)
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
      close: async () => {
        closed = true
        listeners.clear()
      },
    }
    Object.assign(this, rest, store)
  }
}
