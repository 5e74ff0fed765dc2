/**
 * The answer of a request. What awaits it goes on within the transaction, as long as it waits for
 * nothing else.
 */
export function answerOf<Result>(request: IDBRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result))
    request.addEventListener('error', () => reject(request.error))
  })
}

/** Settles when everything is written, or nothing. */
export function ended(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.addEventListener('complete', () => resolve())
    transaction.addEventListener('abort', () => {
      reject(transaction.error ?? new DOMException('the connection was lost', 'AbortError'))
    })
  })
}

/** Some of the rows in a range, in its order or backwards. */
export function rowsOf<Row>(
  source: IDBObjectStore | IDBIndex,
  range: IDBKeyRange,
  limit: number,
  backwards: boolean,
): Promise<Row[]> {
  if (!backwards) return answerOf(source.getAll(range, limit) as IDBRequest<Row[]>)
  return new Promise((resolve, reject) => {
    const rows: Row[] = []
    const request = source.openCursor(range, 'prev')
    request.addEventListener('error', () => reject(request.error))
    request.addEventListener('success', () => {
      const cursor = request.result
      if (cursor) rows.push(cursor.value as Row)
      if (cursor && rows.length < limit) cursor.continue()
      else resolve(rows)
    })
  })
}
