import { createEventId } from '../src/event/id.ts'
import type { SampleEvent } from './sample.ts'

/** What one would write by hand: one object store of events, and no conditions. */
export interface RawLog {
  /** One transaction, answered when it is complete. */
  readonly put: (
    events: readonly SampleEvent[],
    durability: IDBTransactionDurability,
  ) => Promise<void>
  /** The rows of one cart, through the index. */
  readonly getAll: (cartId: string) => Promise<readonly unknown[]>
  readonly close: () => void
}

/** `indexed` files each event under its identifiers, in one index that takes several entries of a row. */
export async function openRawLog(name: string, indexed: boolean): Promise<RawLog> {
  const opening = indexedDB.open(name, 1)
  opening.addEventListener('upgradeneeded', () => {
    const events = opening.result.createObjectStore('events', { keyPath: 'position' })
    if (indexed) events.createIndex('keys', 'keys', { multiEntry: true })
  })
  const database = await resultOf(opening)
  let position: number | undefined
  return {
    put: async (events, durability) => {
      position ??= await newest(database)
      const transaction = database.transaction('events', 'readwrite', { durability })
      const end = endOf(transaction)
      const store = transaction.objectStore('events')
      for (const { type, data } of events) {
        position += 1
        store.put({
          position,
          id: createEventId(),
          type,
          data,
          metadata: {},
          timestamp: new Date().toISOString(),
          ...(indexed && { keys: [`cartId=${data.cartId}`, `userId=${data['userId']}`] }),
        })
      }
      transaction.commit()
      await end
    },
    getAll: (cartId) =>
      resultOf(
        database
          .transaction('events')
          .objectStore('events')
          .index('keys')
          .getAll(`cartId=${cartId}`),
      ),
    close: () => database.close(),
  }
}

async function newest(database: IDBDatabase): Promise<number> {
  const events = database.transaction('events').objectStore('events')
  return Number((await resultOf(events.openKeyCursor(null, 'prev')))?.key ?? 0)
}

function endOf(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.addEventListener('complete', () => resolve())
    transaction.addEventListener('abort', () => reject(transaction.error))
  })
}

function resultOf<Result>(request: IDBRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result))
    request.addEventListener('error', () => reject(request.error))
  })
}
