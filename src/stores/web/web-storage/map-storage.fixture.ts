/** A storage in memory, with as much room as is given, in characters of keys and values. */
export class MapStorage implements Storage {
  readonly values: Map<string, string> = new Map()
  readonly room: number
  /** Counts what was written. */
  writes = 0

  constructor(room = Infinity) {
    this.room = room
  }

  get length(): number {
    return this.values.size
  }

  get used(): number {
    let used = 0
    for (const [key, value] of this.values) used += key.length + value.length
    return used
  }

  key(index: number): string | null {
    return [...this.values.keys()][index] ?? null
  }

  getItem(key: string): string | null {
    return this.values.get(key) ?? null
  }

  setItem(key: string, value: string): void {
    const before = this.values.get(key)
    const more = value.length + (before === undefined ? key.length : -before.length)
    if (this.room < Infinity && more > 0 && this.used + more > this.room) {
      throw new DOMException(`The value of ${key} exceeds the quota.`, 'QuotaExceededError')
    }
    this.writes += 1
    this.values.set(key, value)
  }

  removeItem(key: string): void {
    this.values.delete(key)
  }

  clear(): void {
    this.values.clear()
  }
}
