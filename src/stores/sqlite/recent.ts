import { shortText } from '../../sql/short-text.ts'

interface RecentEvent {
  readonly type: string
  readonly keys: readonly string[]
}

const NONE: readonly number[] = []

/**
 * The events that are not filed yet, indexed in memory. Filing each event at once would rewrite a
 * page of 4 kB for each of its keys; filed by the thousand, neighbouring keys share their pages.
 */
export class Recent {
  #start = 0
  #events: RecentEvent[] = []
  #byKey = new Map<string, number[]>()
  #byType = new Map<string, number[]>()

  /** The position before the first of them. */
  get start(): number {
    return this.#start
  }

  /** The position of the last of them. */
  get end(): number {
    return this.#start + this.#events.length
  }

  /** The keys of these events, each with its positions in order. */
  get keys(): ReadonlyMap<string, readonly number[]> {
    return this.#byKey
  }

  get types(): ReadonlyMap<string, readonly number[]> {
    return this.#byType
  }

  positionsOfKey(key: string): readonly number[] {
    return this.#byKey.get(key) ?? NONE
  }

  positionsOfType(type: string): readonly number[] {
    return this.#byType.get(type) ?? NONE
  }

  typeAt(position: number): string {
    return (this.#events[position - this.#start - 1] as RecentEvent).type
  }

  /** Adds the event at the position after the last. */
  add(type: string, longKeys: readonly string[]): void {
    const keys = longKeys.map(shortText)
    this.#events.push({ type, keys })
    const position = this.end
    push(this.#byType, type, position)
    for (const key of keys) push(this.#byKey, key, position)
  }

  /** Takes out what came after a position: its transaction was undone. */
  truncate(end: number): void {
    while (this.end > end) {
      const { type, keys } = this.#events.pop() as RecentEvent
      pop(this.#byType, type)
      for (const key of keys) pop(this.#byKey, key)
    }
  }

  /** Takes out what is up to a position: it is filed now. */
  drop(start: number): void {
    if (start <= this.#start) return
    const kept = this.#events.slice(start - this.#start)
    this.reset(start)
    for (const { type, keys } of kept) this.add(type, keys)
  }

  /** Begins anew after a position. */
  reset(start: number): void {
    this.#start = start
    this.#events = []
    this.#byKey = new Map()
    this.#byType = new Map()
  }
}

function push(index: Map<string, number[]>, term: string, position: number): void {
  const positions = index.get(term)
  if (positions) positions.push(position)
  else index.set(term, [position])
}

function pop(index: Map<string, number[]>, term: string): void {
  const positions = index.get(term)
  if (positions === undefined) return
  positions.pop()
  if (positions.length === 0) index.delete(term)
}
