import { identifierTest, keysOf, type Identifiers } from '../../../event/identifiers.ts'
import { throwIfAborted } from '../../../store/check-read.ts'
import { anything, filled, list, object, optional, whole } from '../../../store/check-value.ts'
import { dateCodec, type JsonCodec } from '../../../store/json.ts'
import { sharedOptions } from '../check-options.ts'
import { createDatabase } from './database.ts'
import { gap } from './errors.ts'
import { answerOf } from './requests.ts'
import { termsOf } from './rows.ts'
import { identifiersText, LOG, type EventRow, type LogRow } from './schema.ts'

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

const checkOptions = object(
  { name: filled, identifiers: list(filled) },
  { codec: sharedOptions.codec, busyTimeout: optional(whole), signal: anything },
)

/** Rows that one transaction files. */
const BATCH = 1_000

/**
 * Indexes a log anew by other identifiers. While it runs, stores refuse every call; where it was stopped
 * half-way they go on to do so until the same call has come to its end.
 *
 * ```ts
 * await store.commit({ events: [{ type: 'ITEM_ADDED', data: { cartId: 'cart_123', sku: 'A-1' } }] })
 * await store.close()
 * const identifiers = ['*Id', 'sku']
 * await reindexIndexedDB({ name: 'shop', identifiers })
 * const reopened = new IndexedDBEventStore({ name: 'shop', identifiers })
 * ```
 */
export async function reindexIndexedDB(options: ReindexOptions): Promise<void> {
  checkOptions(options, ['reindexIndexedDB'])
  const { name, identifiers, codec = dateCodec, busyTimeout = 10_000, signal } = options
  const to = identifiersText(identifiers)
  const isIdentifier = identifierTest(identifiers)
  const database = createDatabase(
    { name, identifiers: to, durability: 'strict', busyTimeout },
    false,
  )
  const keys = (data: string): readonly string[] => keysOf(codec.decode(data), isIdentifier)
  const step = (): Promise<boolean> =>
    database.change(async (tables) => {
      const head = (await answerOf(tables('log').get(LOG))) as LogRow | undefined
      if (!head || (head.identifiers === to && !head.reindexing)) return true
      const done = head.reindexing?.to === to ? head.reindexing.done : 0
      const range = IDBKeyRange.lowerBound(done, true)
      const rows = (await answerOf(tables('events').getAll(range, BATCH))) as EventRow[]
      let end = done
      for (const row of rows) {
        if (row.position !== end + 1) throw gap(end + 1)
        end += row.ids.length
        tables('events').put({ ...row, terms: termsOf(row, row.data.map(keys)) })
      }
      if (rows.length < BATCH && end < head.position) throw gap(end + 1)
      const { reindexing: _, ...rest } = head
      const isDone = end >= head.position
      tables('log').put(
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
