/** What of a `Storage` is used: that of browsers fits, and any object of the same shape. */
export interface StorageLike {
  readonly getItem: (key: string) => string | null
  readonly setItem: (key: string, value: string) => void
  /** With `key`, shows on opening whether records are missing. Default is not to look. */
  readonly length?: number
  readonly key?: (index: number) => string | null
}

/** Whether this is the `localStorage` that other tabs have too. */
export function isLocalStorage(storage: StorageLike): boolean {
  // Outside of browsers the mere question may print a warning.
  if (typeof Storage === 'undefined' || !(storage instanceof Storage)) return false
  try {
    return storage === globalThis.localStorage
  } catch {
    return false
  }
}

/** The key of a record. No namespace reaches the keys of another: what follows the last `/` is a number. */
export function keyOf(namespace: string, record: number): string {
  return `${namespace}/${record}`
}

/** The greatest number of a record that is there; `0` where the storage does not list its keys. */
export function furthest(storage: StorageLike, namespace: string): number {
  let greatest = 0
  for (let at = 0; at < (storage.length ?? 0); at += 1) {
    const key = storage.key?.(at) ?? ''
    const record = Number(key.slice(namespace.length + 1))
    if (record > greatest && keyOf(namespace, record) === key) greatest = record
  }
  return greatest
}
