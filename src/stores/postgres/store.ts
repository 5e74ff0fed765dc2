import type { StoredEvent } from '../../event/event.ts'
import type { Capabilities, Limits } from '../../store/capabilities.ts'
import { prepareCommit, type CommitRules } from '../../store/check-commit.ts'
import {
  checkDocumentName,
  checkIds,
  checkLoad,
  checkRead,
  throwIfAborted,
} from '../../store/check-read.ts'
import { refuse } from '../../store/check-value.ts'
import type { Commit, Committed } from '../../store/commit.ts'
import type { Documents } from '../../store/document.ts'
import type { Outbox } from '../../store/outbox.ts'
import { checkLimit } from '../../store/query-documents.ts'
import { Running } from '../../store/running.ts'
import type { EventStore, Loaded, ReadOptions } from '../../store/store.ts'
import type { Streams } from '../../store/stream.ts'
import { Watch } from '../../sql/watch.ts'
import { encode } from './encode.ts'
import type { PostgresEventStore } from './index.ts'
import { documentPageOf, documentsStatement, documentStatement } from './document-queries.ts'
import { newestStatement, readOutbox, removeFromOutbox } from './outbox.ts'
import { loadEvents, readEvents, type Reader } from './read.ts'
import { knownCommit, rememberedCommit } from './replay.ts'
import { documentOf, outboxRecordOf } from './rows.ts'
import { poolSession, transactionSession, type Access, type Session } from './session.ts'

export const limits: Limits = { eventBytes: 16 * 1024 * 1024, commitEvents: 100_000 }

const capabilities: Capabilities = {
  totalOrder: true,
  atomicReads: true,
  anyBoundary: true,
  transactions: true,
  watch: true,
  limits,
}

export interface StoreParts extends Omit<Access, 'isIdentifier'> {
  readonly rules: CommitRules
}

/** The contract, kept on connections of the pool. */
export function createStore(parts: StoreParts): PostgresEventStore {
  const access = { ...parts, isIdentifier: parts.rules.isIdentifier }
  const session = poolSession(access)
  const calls = new Running()
  const watch = new Watch(() => newestOf(parts, session))
  const close = async (): Promise<void> => {
    watch.stop()
    await calls.end()
  }
  const within = (transaction: unknown): EventStore => {
    calls.assertOpen('use a transaction')
    const inside = transactionSession(access, transaction)
    return {
      ...contractOf(parts, inside, calls, () => {}),
      within,
      watch: addListener,
      // The transaction ends by itself, and the store is closed by whoever opened it.
      close: async () => {},
    }
  }
  const addListener = (listener: () => void): (() => void) => {
    calls.assertOpen('watch')
    return watch.add(listener)
  }
  return {
    ...contractOf(parts, session, calls, () => watch.notify()),
    within,
    watch: addListener,
    close,
    [Symbol.asyncDispose]: close,
  }
}

type Contract = Pick<
  EventStore,
  'capabilities' | 'commit' | 'load' | 'read' | 'documents' | 'outbox'
>

function contractOf(
  { rules, names }: StoreParts,
  session: Session,
  calls: Running,
  onWritten: () => void,
): Contract {
  const { codec, isIdentifier } = rules
  const encoding = { isIdentifier, codec }
  const readerOf = (what: string): Reader => ({
    names,
    codec,
    isIdentifier,
    run: (statement) => session.run(statement, what),
  })

  const commit = async (given: Commit, signal: AbortSignal | undefined): Promise<Committed> => {
    const encoded = encode(prepareCommit(given, rules), encoding)
    const result = await session.commit(encoded, signal)
    if ('error' in result) throw result.error
    if (!('committed' in result)) await session.flush()
    if ('remembered' in result) return await rememberedCommit(result.remembered, readerOf('commit'))
    if ('known' in result) return await knownCommit(encoded.commit, readerOf('commit'))
    onWritten()
    return result.committed
  }

  async function* read(streams: Streams, options: ReadOptions): AsyncGenerator<StoredEvent> {
    calls.assertOpen('read')
    checkRead(streams, options)
    yield* readEvents(streams, options, readerOf('read'), () => calls.assertOpen('read'))
  }

  const documents: Documents = {
    get: (type, id) =>
      calls.run('read documents', async () => {
        checkDocumentName(type, id)
        const statement = documentStatement(type, id, names)
        const [row] = await session.run(statement, 'read documents')
        return row && documentOf(row, codec)
      }),
    query: (query) =>
      calls.run('query documents', async () => {
        const statement = documentsStatement(query, { names, codec })
        return documentPageOf(await session.run(statement, 'query documents'), query, codec)
      }),
  }

  const outbox: Outbox = {
    read: ({ after = '0', limit = 100 } = {}) =>
      calls.run('read the outbox', async () => {
        checkLimit(limit)
        if (!/^\d{1,15}$/u.test(after)) refuse(['after'], 'a cursor of the outbox', after)
        const rows = await session.run(readOutbox(names, after, limit), 'read the outbox')
        return rows.map((row) => outboxRecordOf(row, codec))
      }),
    remove: (ids) =>
      calls.run('remove from the outbox', async () => {
        checkIds(ids)
        await session.run(removeFromOutbox(names, ids), 'remove from the outbox')
      }),
  }

  return {
    capabilities,
    commit: (given, { signal } = {}) =>
      calls.run('commit', async () => {
        throwIfAborted(signal, 'the commit')
        return await commit(given, signal)
      }),
    load: (streams, options = {}) =>
      calls.run('load', async (): Promise<Loaded> => {
        checkLoad(streams, options)
        return await loadEvents(streams, options, readerOf('load'))
      }),
    read: (streams, options = {}) => read(streams, options),
    documents,
    outbox,
  }
}

async function newestOf({ names }: StoreParts, session: Session): Promise<string | undefined> {
  try {
    const [row] = await session.run(newestStatement(names), 'watch')
    return row?.['newest'] ?? undefined
  } catch {
    // The next look may succeed; calls say themselves what is wrong.
    return undefined
  }
}
