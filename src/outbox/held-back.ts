import { MOST_FAILING, pauseAfter } from './pause.ts'
import type { Holding, Placed } from './sender.ts'

/** Where the messages of a key begin that wait behind a failed one. */
interface Waiting {
  readonly cursor: string
  readonly before: string | undefined
  /** How many records had been read. */
  readonly read: number
}

interface Failure {
  readonly cursor: string
  readonly before: string | undefined
  attempts: number
  retryAt: number
  waiting?: Waiting
}

/**
 * Which order keys are held back, and from where on. Everything that is older than the reader's place
 * was published, except what is known here: of a failing key its failed record and all after it, of a
 * key whose failed record was published later all from the first one that had waited.
 *
 * Cursors cannot be compared. To find out what is behind the reader, records are counted: between two
 * places there are never more of them later on, because new ones come at the end.
 */
export class HeldBack implements Holding {
  readonly #failing = new Map<string, Failure>()
  readonly #passable = new Map<string, Waiting>()
  #read = 0
  /** Until so many were read, some places may be ahead of the reader. */
  #lap = 0

  /** Whether the reader may go on. */
  get hasRoom(): boolean {
    return this.#failing.size + this.#passable.size < MOST_FAILING || this.#read < this.#lap
  }

  /** Whether keys go on behind the reader. */
  get hasPassable(): boolean {
    return this.#passable.size > 0
  }

  /** When the next failed message is to be tried again; `Infinity` where there is none. */
  get retryAt(): number {
    let at = Infinity
    for (const failure of this.#failing.values()) at = Math.min(at, failure.retryAt)
    return at
  }

  /** Leaves out the records that have to wait, and remembers where their keys go on. */
  admit(page: readonly Placed[]): Placed[] {
    // Where the page cannot be finished, what fails in it is ahead of the reader.
    this.#lap = Math.max(this.#lap, this.#read + page.length)
    return page.filter((placed) => {
      const { key, record } = placed
      if (this.#passable.get(key)?.cursor === record.cursor) this.#passable.delete(key)
      if (this.#passable.has(key)) return false
      return !this.holds(placed)
    })
  }

  holds({ key, record, before }: Placed): boolean {
    const failure = this.#failing.get(key)
    if (!failure) return false
    if (failure.cursor !== record.cursor) {
      failure.waiting ??= { cursor: record.cursor, before, read: this.#read }
    }
    return true
  }

  fail({ key, record, before }: Placed, now: number, jitter: number): void {
    const { cursor } = record
    const failure = this.#failing.get(key) ?? { cursor, before, attempts: 0, retryAt: 0 }
    failure.attempts += 1
    failure.retryAt = now + pauseAfter(failure.attempts, jitter)
    this.#failing.set(key, failure)
  }

  /** A failure whose time has come. */
  due(now: number): (Omit<Waiting, 'read'> & { readonly key: string }) | undefined {
    for (const [key, failure] of this.#failing)
      if (failure.retryAt <= now) return { key, ...failure }
    return undefined
  }

  isDue({ key, record }: Placed, now: number): boolean {
    const failure = this.#failing.get(key)
    return failure?.cursor === record.cursor && failure.retryAt <= now
  }

  /** The failed message of a key is no longer in the way: it was published, or somebody took it out. */
  pass(key: string): void {
    const waiting = this.#failing.get(key)?.waiting
    this.#failing.delete(key)
    if (waiting) this.#passable.set(key, waiting)
  }

  /** The reader has done with so many records, perhaps with the newest one. */
  advance(count: number, isEnd: boolean): void {
    this.#read += count
    if (isEnd) this.#lap = this.#read
  }

  /** Where the reader is to go back to, for a key that goes on behind it. */
  back(): Pick<Placed, 'before'> | undefined {
    if (this.#read < this.#lap) return undefined
    for (const [key, { before, read }] of this.#passable) {
      this.#passable.delete(key)
      this.#lap = this.#read + (this.#read - read)
      return { before }
    }
    return undefined
  }
}
