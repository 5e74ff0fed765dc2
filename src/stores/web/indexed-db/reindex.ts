import { identifierTest, keysOf, type Identifiers } from '../../../event/identifiers.ts'
import { throwIfAborted } from '../../../store/check-read.ts'
import { dateCodec, type JsonCodec } from '../../../store/json.ts'
import { Database } from './database.ts'
import { gap } from './errors.ts'
import { answerOf } from './requests.ts'
import { LOG, termsOf, type EventRow, type LogRow } from './schema.ts'

export interface ReindexOptions {
  /** The name of the database. */
  readonly name: string
  /** The identifiers to go on with. */
  readonly identifiers: Identifiers
  /** How data becomes text, as the log is opened. Default is `dateCodec`. */
  readonly codec?: JsonCodec | undefined
  /** How long to wait for the database to open, in milliseconds. Default is 10,000. */
  readonly busyTimeout?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** Events that one transaction files. */
const BATCH = 1_000

/** A set of identifiers, as it is recorded. */
export function identifiersText(identifiers: Identifiers): string {
  return JSON.stringify([...new Set(identifiers)].sort())
}

/**
 * Indexes a log anew by other identifiers. While it runs, stores refuse every call; where it was stopped
 * half-way they go on to do so until the same call has come to its end.
 *
 * ```ts
 * const identifiers = ['*Id', 'sku']
 * await reindexIndexedDb({ name: 'shop', identifiers })
 * const store = openIndexedDb({ name: 'shop', identifiers })
 * ```
 */
export async function reindexIndexedDb(options: ReindexOptions): Promise<void> {
  const { name, identifiers, codec = dateCodec, busyTimeout = 10_000, signal } = options
  const to = identifiersText(identifiers)
  const isIdentifier = identifierTest(identifiers)
  const database = new Database({
    name,
    identifiers: to,
    durability: 'strict',
    busyTimeout,
    create: false,
  })
  const step = (): Promise<boolean> =>
    database.transact('readwrite', async ({ events, log }) => {
      const row = (await answerOf(log.get(LOG))) as LogRow | undefined
      if (!row || (row.identifiers === to && !row.reindexing)) return true
      const done = row.reindexing?.to === to ? row.reindexing.done : 0
      const end = Math.min(done + BATCH, row.position)
      const range = IDBKeyRange.bound(done + 1, Math.max(end, done + 1))
      const rows = (await answerOf(events.getAll(range))) as EventRow[]
      rows.forEach((event, index) => {
        if (event.position !== done + 1 + index) throw gap(done + 1 + index)
        const terms = termsOf(event, keysOf(codec.decode(event.data), isIdentifier))
        events.put({ ...event, terms })
      })
      if (done + rows.length < end) throw gap(done + rows.length + 1)
      const { reindexing: _, ...rest } = row
      const isDone = end === row.position
      log.put(
        isDone ? { ...rest, identifiers: to } : { ...rest, reindexing: { to, done: end } },
        LOG,
      )
      return isDone
    })
  try {
    do throwIfAborted(signal, 'the reindexing')
    while (!(await step()))
  } finally {
    database.close()
  }
}
