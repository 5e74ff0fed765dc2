import type { StoredEvent } from '../../event/event.ts'
import type { Capabilities } from '../../store/capabilities.ts'
import { prepareCommit, type CommitRules, type PreparedCommit } from '../../store/check-commit.ts'
import {
  checkDocumentName,
  checkIds,
  checkLoad,
  checkRead,
  throwIfAborted,
} from '../../store/check-read.ts'
import { formatCursor } from '../../store/cursor.ts'
import type { Documents } from '../../store/document.ts'
import { ArgumentError, ClosedError } from '../../store/errors.ts'
import { answered, seenPosition } from '../../store/judge.ts'
import type { Outbox } from '../../store/outbox.ts'
import { checkDocumentQuery, checkLimit } from '../../store/query-documents.ts'
import type { EventStore, Loaded, LoadOptions, ReadOptions } from '../../store/store.ts'
import type { Streams } from '../../store/stream.ts'
import { shortText } from '../../sql/short-text.ts'
import { nextTurn } from './busy.ts'
import { pageOfDocuments } from './documents.ts'
import type { LogFile } from './log-file.ts'
import { documentOf, outboxRecordOf } from './rows.ts'
import type { Watch } from '../../sql/watch.ts'

export const capabilities: Capabilities = {
  totalOrder: true,
  atomicReads: true,
  anyBoundary: true,
  transactions: false,
  watch: true,
  limits: { eventBytes: 16 * 1024 * 1024, commitEvents: 100_000 },
}

/** The contract, kept on an open file. */
export function createStore(
  file: LogFile,
  rules: CommitRules,
  watch: Watch,
): EventStore & AsyncDisposable {
  const open = (what: string): void => {
    if (file.closing) throw new ClosedError(what)
  }

  const load = async (streams: Streams, options: LoadOptions): Promise<Loaded> => {
    const { after, fromVersion, toVersion, signal } = options
    const idempotency = options.idempotency && shortened(options.idempotency)
    const { scan, events, ...rest } = await file.read((log) => {
      const replayed = answered(idempotency, log)
      const { position: to } = log.head()
      const start = seenPosition(after, log)
      const found = log.scan(streams, { after: start, to, fromVersion, toVersion })
      return {
        scan: found,
        events: found.page(),
        cursor: formatCursor(log.head()),
        ...(replayed && { replayed }),
      }
    }, signal)
    while (!scan.done) {
      await nextTurn()
      throwIfAborted(signal, 'the read')
      for (const event of await file.read(() => scan.page(), signal)) events.push(event)
    }
    return { events, ...rest }
  }

  async function* read(streams: Streams, options: ReadOptions): AsyncGenerator<StoredEvent> {
    open('read')
    checkRead(streams, options)
    const { after, limit = Infinity, backwards, signal } = options
    let { scan, events } = await file.read((log) => {
      const { position: to } = log.head()
      const start = seenPosition(after, log)
      const found = log.scan(streams, { after: start, to, backwards, first: limit })
      return { scan: found, events: found.page(limit) }
    }, signal)
    for (let left = limit; ;) {
      for (const event of events) {
        open('read')
        throwIfAborted(signal, 'the read')
        yield event
      }
      left -= events.length
      if (left <= 0 || scan.done) return
      await nextTurn()
      open('read')
      throwIfAborted(signal, 'the read')
      const wanted = left
      events = await file.read(() => scan.page(wanted), signal)
    }
  }

  const documents: Documents = {
    get: async (type, id) => {
      open('read documents')
      checkDocumentName(type, id)
      return await file.read(({ statements, codec }) => {
        const row = statements.document.get(type, id)
        return row && documentOf(row, codec)
      })
    },
    query: async (query) => {
      open('query documents')
      checkDocumentQuery(query)
      return await file.read(({ statements, codec }) => pageOfDocuments(query, statements, codec))
    },
  }

  const outbox: Outbox = {
    read: async ({ after = '0', limit = 100 } = {}) => {
      open('read the outbox')
      checkLimit(limit)
      if (!/^\d{1,15}$/u.test(after)) {
        throw new ArgumentError(`${JSON.stringify(after)} is not a cursor of the outbox`)
      }
      return await file.read(({ statements, codec }) =>
        statements.outbox.all(Number(after), limit).map((row) => outboxRecordOf(row, codec)),
      )
    },
    remove: async (ids) => {
      open('remove from the outbox')
      checkIds(ids)
      await file.write(({ statements }) => statements.removeOutbox.run(JSON.stringify(ids)))
    },
  }

  const close = async (): Promise<void> => {
    watch.stop()
    await file.close()
  }

  return {
    capabilities,
    commit: async (commit, { signal } = {}) => {
      open('commit')
      throwIfAborted(signal, 'the commit')
      return await file.commit(withShortTexts(prepareCommit(commit, rules)), signal)
    },
    load: async (streams, options = {}) => {
      open('load')
      checkLoad(streams, options)
      return await file.work(() => load(streams, options))
    },
    read: (streams, options = {}) => read(streams, options),
    documents,
    outbox,
    watch: (listener) => {
      open('watch')
      return watch.add(listener)
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** A default fingerprint is as long as the events: its hash is kept in its place. */
function withShortTexts(commit: PreparedCommit): PreparedCommit {
  const { idempotency } = commit
  return idempotency ? { ...commit, idempotency: shortened(idempotency) } : commit
}

function shortened<Given extends { readonly fingerprint?: string | undefined }>(
  given: Given,
): Given {
  return given.fingerprint === undefined
    ? given
    : { ...given, fingerprint: shortText(given.fingerprint) }
}
