import { identifierTest, DEFAULT_IDENTIFIERS, type Identifiers } from '../../event/identifiers.ts'
import type { StoredEvent } from '../../event/event.ts'
import type { Capabilities } from '../../store/capabilities.ts'
import { prepareCommit } from '../../store/check-commit.ts'
import {
  checkDocumentName,
  checkIds,
  checkLoad,
  checkRead,
  throwIfAborted,
} from '../../store/check-read.ts'
import { refuse } from '../../store/check-value.ts'
import type { Commit, Committed } from '../../store/commit.ts'
import { formatCursor } from '../../store/cursor.ts'
import type { Documents } from '../../store/document.ts'
import { ClosedError } from '../../store/errors.ts'
import { jsonCodec, type JsonCodec } from '../../store/json.ts'
import { answered, judge, seenPosition } from '../../store/judge.ts'
import type { Outbox } from '../../store/outbox.ts'
import { checkLimit, queryDocuments } from '../../store/query-documents.ts'
import type { EventStore, Loaded, LoadOptions, ReadOptions } from '../../store/store.ts'
import type { Streams } from '../../store/stream.ts'
import { memoryLog, type MemoryLog } from '../../store/memory-log.ts'

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
  limits: { eventBytes: 16 * 1024 * 1024, commitEvents: 100_000 },
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
  readonly #rules
  readonly #written
  readonly #listeners = new Set<() => void>()
  #closed = false

  constructor({ identifiers = DEFAULT_IDENTIFIERS, codec = jsonCodec }: MemoryOptions = {}) {
    const { limits } = capabilities
    this.#rules = { isIdentifier: identifierTest(identifiers), codec, limits }
    this.#written = memoryLog(codec)
  }

  readonly commit = async (
    commit: Commit,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<Committed> => {
    const log = this.#log('commit')
    throwIfAborted(options.signal, 'the commit')
    const prepared = prepareCommit(commit, this.#rules)
    const verdict = judge(prepared, log)
    if (verdict.replayed) return copy(verdict.replayed)
    const committed = log.write(prepared, verdict)
    for (const listener of this.#listeners) queueMicrotask(listener)
    return copy(committed)
  }

  readonly load = async (streams: Streams, options: LoadOptions = {}): Promise<Loaded> => {
    const log = this.#log('load')
    checkLoad(streams, options)
    const { after, fromVersion = 0, toVersion = Infinity, idempotency } = options
    const replayed = answered(idempotency, log)
    const events = log
      .matching(streams, seenPosition(after, log))
      .filter(
        ({ aggregate }) =>
          !aggregate || (aggregate.version >= fromVersion && aggregate.version <= toVersion),
      )
    return copy({ events, cursor: formatCursor(log.head()), ...(replayed && { replayed }) })
  }

  readonly read = (streams: Streams, options: ReadOptions = {}): AsyncIterable<StoredEvent> =>
    this.#read(streams, options)

  async *#read(streams: Streams, options: ReadOptions): AsyncGenerator<StoredEvent> {
    const log = this.#log('read')
    checkRead(streams, options)
    const { after, limit, backwards, signal } = options
    const found = log.matching(streams, seenPosition(after, log))
    if (backwards) found.reverse()
    for (const event of found.slice(0, limit)) {
      this.#log('read')
      throwIfAborted(signal, 'the read')
      yield copy(event)
    }
  }

  readonly documents: Documents = {
    get: async (type, id) => {
      const log = this.#log('read')
      checkDocumentName(type, id)
      return copy(log.documentState(type, id)?.document)
    },
    query: async (query) => copy(queryDocuments(this.#log('read').documentsOf(query?.type), query)),
  }

  readonly outbox: Outbox = {
    read: async ({ after = '0', limit = 100 } = {}) => {
      const { outbox } = this.#log('read')
      checkLimit(limit)
      if (!/^\d+$/u.test(after)) refuse(['after'], 'a cursor of the outbox', after)
      const waiting = [...outbox].filter(({ cursor }) => Number(cursor) > Number(after))
      return copy(waiting.slice(0, limit))
    },
    remove: async (ids) => {
      const { outbox } = this.#log('remove')
      checkIds(ids)
      const sent = new Set(ids)
      for (const record of outbox) if (sent.has(record.id)) outbox.delete(record)
    },
  }

  readonly watch = (listener: () => void): (() => void) => {
    this.#log('watch')
    if (typeof listener !== 'function') refuse(['watch'], 'a function', listener)
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  readonly close = async (): Promise<void> => {
    this.#closed = true
    this.#listeners.clear()
  }

  /** The log, unless the store is closed. */
  #log(what: string): MemoryLog {
    if (this.#closed) throw new ClosedError(what)
    return this.#written
  }
}

/** What callers get is theirs to change. */
function copy<Value>(value: Value): Value {
  return structuredClone(value)
}
