import type { StoredEvent } from '../../../event/event.ts'
import type { Capabilities } from '../../../store/capabilities.ts'
import type { CommitRules } from '../../../store/check-commit.ts'
import { checkLoad, checkRead, throwIfAborted } from '../../../store/check-read.ts'
import { refuse } from '../../../store/check-value.ts'
import { formatCursor, parseCursor, START } from '../../../store/cursor.ts'
import { answered, seenPosition } from '../../../store/judge.ts'
import { logStore } from '../../../store/log-store.ts'
import type { MemoryLog } from '../../../store/memory-log.ts'
import type { Outbox } from '../../../store/outbox.ts'
import { checkDocumentQuery, checkLimit } from '../../../store/query-documents.ts'
import { Running } from '../../../store/running.ts'
import type { EventStore, Loaded, LoadOptions, ReadOptions } from '../../../store/store.ts'
import type { Streams } from '../../../store/stream.ts'
import type { Changes } from '../changes.ts'
import type { Combiner } from './combiner.ts'
import type { Database } from './database.ts'
import { answerOf } from './requests.ts'
import { metadataOf } from './rows.ts'
import { createScan, type Scan, type Source } from './scan.ts'
import type { OutboxRow, Tables } from './schema.ts'
import { createView } from './view.ts'

export const capabilities: Capabilities = {
  totalOrder: true,
  atomicReads: true,
  anyBoundary: true,
  transactions: false,
  watch: true,
  limits: { eventBytes: 16 * 1024 * 1024, commitEvents: 100_000 },
}

/** The most that a request may ask for. */
const MOST = 2 ** 32 - 1

/** What a store is made of. */
export interface Parts {
  readonly database: Database
  readonly combiner: Combiner
  readonly source: Source
  readonly changes: Changes
}

/** The contract, kept on a database. */
export function createStore(
  { database, combiner, source, changes }: Parts,
  rules: CommitRules,
): EventStore & AsyncDisposable {
  const { codec } = source
  const running = new Running()

  /** Takes the first page, and everything else that belongs to it, from one state of the log. */
  const begin = (
    streams: Streams,
    options: LoadOptions & ReadOptions,
  ): Promise<Loaded & { readonly scan: Scan; readonly events: StoredEvent[] }> => {
    const { after, idempotency, backwards, limit, fromVersion, toVersion } = options
    const view = createView(source)
    const ask = (): { readonly replayed: ReturnType<typeof answered>; readonly start: number } => ({
      replayed: answered(idempotency, view),
      start: seenPosition(after, view),
    })
    view.rehearse([ask])
    return database.read(async (tables, head) => {
      const to = head.then((row) => row?.position ?? 0)
      // Not every page gets so far as to wait for it.
      to.catch(() => undefined)
      const look = async (from: number): Promise<{ scan: Scan; events: StoredEvent[] }> => {
        const span = { after: from, to, backwards, first: limit, fromVersion, toVersion }
        const scan = createScan(streams, source, span)
        return { scan, events: limit === 0 ? [] : await scan.page(tables, limit) }
      }
      // Where a cursor says itself where it is, it is checked while the page is on its way.
      const isPlace = typeof after !== 'object'
      const [first, row] = await Promise.all([
        isPlace ? look(after === undefined ? 0 : parseCursor(after).position) : undefined,
        head,
        view.fetch(tables),
      ])
      const { replayed, start } = await view.settle(ask, tables)
      return {
        ...(first ?? (await look(start))),
        cursor: formatCursor(row ?? START),
        ...(replayed && { replayed }),
      }
    })
  }

  const further = (scan: Scan, limit?: number): Promise<StoredEvent[]> =>
    database.read((tables) => scan.page(tables, limit))

  const load = async (streams: Streams, options: LoadOptions): Promise<Loaded> => {
    const { scan, events, ...rest } = await begin(streams, options)
    while (!scan.done()) {
      throwIfAborted(options.signal, 'the read')
      for (const event of await further(scan)) events.push(event)
    }
    return { events, ...rest }
  }

  async function* read(streams: Streams, options: ReadOptions): AsyncGenerator<StoredEvent> {
    running.assertOpen('read')
    checkRead(streams, options)
    const { limit = Infinity, signal } = options
    let { scan, events } = await running.run('read', () => begin(streams, options))
    for (let left = limit; ;) {
      for (const event of events) {
        running.assertOpen('read')
        throwIfAborted(signal, 'the read')
        yield event
      }
      left -= events.length
      if (left <= 0 || scan.done()) return
      throwIfAborted(signal, 'the read')
      const wanted = left
      events = await running.run('read', () => further(scan, wanted))
    }
  }

  const look = <Seen>(see: (log: MemoryLog) => Seen): Promise<Seen> =>
    running.run('read', () => {
      const view = createView(source)
      // As far as documents go it has all that is looked at.
      const log = view as unknown as MemoryLog
      view.rehearse([() => see(log)])
      return database.read(async (tables) => {
        await view.fetch(tables)
        return await view.settle(() => see(log), tables)
      })
    })

  const readOutbox: Outbox['read'] = ({ after = '0', limit = 100 } = {}) =>
    running.run('read', async () => {
      checkLimit(limit)
      if (!/^\d{1,15}$/u.test(after)) refuse(['after'], 'a cursor of the outbox', after)
      if (limit === 0) return []
      const range = IDBKeyRange.lowerBound(Number(after), true)
      const count = Math.min(limit, MOST)
      const getAll = (tables: Tables) => answerOf(tables('outbox').getAll(range, count))
      const rows = (await database.read(getAll)) as OutboxRow[]
      return rows.map(({ place, data, event, ...row }) => ({
        ...row,
        data: codec.decode(data),
        ...(event && { event: { ...event, metadata: metadataOf(event.metadata, codec.decode) } }),
        cursor: String(place),
      }))
    })

  const remove = (ids: readonly string[]): Promise<void> =>
    running.run('remove', async () => {
      await database.write(async (tables) => {
        const index = tables('outbox').index('id')
        const found = await Promise.all(ids.map((id) => answerOf(index.getAllKeys(id))))
        for (const place of found.flat()) tables('outbox').delete(place)
      })
    })

  const close = async (): Promise<void> => {
    await running.end()
    await combiner.end()
    changes.stop()
    database.close()
  }

  const { commit, documents, outbox } = logStore(
    rules,
    (what) => running.assertOpen(what),
    look,
    (prepared, signal) => running.run('commit', () => combiner.send(prepared, signal)),
    remove,
  )
  return {
    capabilities,
    commit,
    load: (streams, options = {}) =>
      running.run('read', async () => {
        checkLoad(streams, options)
        return await load(streams, options)
      }),
    read: (streams, options = {}) => read(streams, options),
    documents: {
      ...documents,
      query: async (query) => {
        checkDocumentQuery(query)
        return await documents.query(query)
      },
    },
    outbox: { ...outbox, read: readOutbox },
    watch: (listener) => {
      running.assertOpen('watch')
      return changes.add(listener)
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}
