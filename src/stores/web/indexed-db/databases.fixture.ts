// oxlint-disable-next-line import/no-unassigned-import -- It puts IndexedDB where a browser has it.
import 'fake-indexeddb/auto'
import { openIndexedDB, type IndexedDBOptions } from './index.ts'
import { answerOf } from './requests.ts'

let count = 0

/** A name that no other database has. */
export function newName(): string {
  count += 1
  return `log ${count}`
}

/** Opens a store on a database of its own, unless it is named. */
export function opened(options: Partial<IndexedDBOptions> = {}): ReturnType<typeof openIndexedDB> {
  return openIndexedDB({ name: newName(), ...options })
}

/** Works on a database as somebody else would. */
export async function beside<Result>(
  name: string,
  names: string | string[],
  work: (transaction: IDBTransaction) => IDBRequest<Result>,
): Promise<Result> {
  const database = await answerOf(indexedDB.open(name))
  try {
    return await answerOf(work(database.transaction(names, 'readwrite')))
  } finally {
    database.close()
  }
}
