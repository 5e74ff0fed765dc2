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
export function endOf(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.addEventListener('complete', () => resolve())
    transaction.addEventListener('abort', () => reject(transaction.error ?? new Error('aborted')))
  })
}

/** Some of the values in a range of an index, in its order or backwards. */
export async function valuesIn<Value>(
  index: IDBIndex,
  range: IDBKeyRange,
  limit: number,
  backwards: boolean | undefined,
): Promise<Value[]> {
  if (!backwards) return await answerOf(index.getAll(range, limit) as IDBRequest<Value[]>)
  return await new Promise((resolve, reject) => {
    const values: Value[] = []
    const request = index.openCursor(range, 'prev')
    request.addEventListener('error', () => reject(request.error))
    request.addEventListener('success', () => {
      const cursor = request.result
      if (cursor) values.push(cursor.value as Value)
      if (cursor && values.length < limit) cursor.continue()
      else resolve(values)
    })
  })
}
