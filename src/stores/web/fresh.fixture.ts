let names = 0

/** A name that nobody else has in this browser, also not another tab that runs tests. */
export function freshName(): string {
  names += 1
  return `test-${crypto.randomUUID()}-${names}`
}

/** Takes away all that a log has in a storage. */
export function removeLog(storage: Storage, namespace: string): void {
  for (const key of Object.keys(storage)) {
    if (key.startsWith(`${namespace}/`)) storage.removeItem(key)
  }
}

/** Deletes a database that nobody has open. */
export function deleteDatabase(name: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const request = indexedDB.deleteDatabase(name)
  request.addEventListener('success', () => resolve())
  request.addEventListener('error', () => reject(request.error ?? new Error(name)))
  request.addEventListener('blocked', () => reject(new Error(`${name} is still open`)))
  return promise
}
