import { createBell } from './bell.ts'
import { MOST_FAILING, pauseAfter } from './pause.ts'
import type { OutboxReader } from './reader.ts'
import { Sender, type Placed, type ReaderOptions } from './sender.ts'

/**
 * Milliseconds after which the records of a commit are visible when those of a later one are. DynamoDB
 * shows a transaction item by item, usually within a few milliseconds, and promises nothing about it.
 */
const SETTLING = 100
/** How many full batches are looked at before they are sent. */
const BATCHES = 10
/** Milliseconds without a look because much is held back. */
const LONGEST_REST = 30_000

export interface RoundReaderOptions extends ReaderOptions {
  readonly pollInterval: number
  /** Failed messages are tried again. */
  readonly isForever: boolean
}

/**
 * The reader of a store without a total order. There a record may find its place anywhere in the outbox,
 * only not before one of its order key. Whoever reads on behind his place can see a later record of a key
 * and not the earlier one; so every round begins at the beginning, and goes through the outbox twice: it
 * looks what is there, lets it settle, and then sends what it has seen. A record that was not there the
 * first time holds back those of its key until the next round.
 */
export class RoundReader implements OutboxReader {
  readonly #options: RoundReaderOptions
  readonly #sender: Sender
  readonly #failing = new Map<string, { attempts: number; retryAt: number }>()
  /** Cursors of what is sent in this round; absent before the look. */
  #seen: Set<string> | undefined
  /** Keys of which something was left out in this round. */
  readonly #leftOut = new Set<string>()
  #place: string | undefined
  /** What has to be tried again until then is tried in this round. */
  #dueAt = -Infinity
  #restUntil = -Infinity

  constructor(options: RoundReaderOptions) {
    this.#options = options
    this.#sender = new Sender(options, {
      holds: ({ key }) => this.#leftOut.has(key),
      fail: (placed, now, jitter) => this.#fail(placed, now, jitter),
      pass: (key) => this.#failing.delete(key),
    })
  }

  get retryAt(): number {
    let at = Infinity
    for (const failure of this.#failing.values()) at = Math.min(at, failure.retryAt)
    return Math.max(at, this.#restUntil)
  }

  async next(): Promise<boolean> {
    await this.#sender.remove()
    if (this.#seen) {
      await this.#page(this.#seen)
      return true
    }
    const { isForever, bell, end, lease } = this.#options
    const now = performance.now()
    if (now < this.#restUntil) return false
    if (isForever) this.#dueAt = now
    bell.clear()
    const found = await this.#look()
    if (found.size === 0) return false
    if (Array.from(found.values()).some(isOrdered))
      await createBell().wait(SETTLING, end, lease.lost)
    this.#seen = new Set(found.keys())
    this.#leftOut.clear()
    this.#place = undefined
    return true
  }

  /** It is a matter of rounds. */
  async retry(): Promise<boolean> {
    return false
  }

  /** What may be sent, with its keys, from the beginning of the outbox on. */
  async #look(): Promise<Map<string, string>> {
    const { batchSize, pollInterval, end, lease } = this.#options
    const found = new Map<string, string>()
    const isHopeless = !this.#hasRoom && this.retryAt > this.#dueAt
    let heldBack = 0
    let place: string | undefined
    while (!isHopeless && !end.aborted && !lease.lost.aborted) {
      const page = await this.#sender.read(place)
      for (const { key, record } of page) {
        if (this.#mayBeSent(key)) found.set(record.cursor, key)
        else heldBack += 1
      }
      if (page.length < batchSize) {
        this.#forgetAllBut(new Set(found.values()))
        const pages = Math.max(0, Math.floor((heldBack - found.size) / batchSize))
        this.#restUntil = performance.now() + Math.min(LONGEST_REST, pages * pollInterval)
        break
      }
      if (found.size >= BATCHES * batchSize || (found.size > 0 && !this.#hasRoom)) break
      place = page.at(-1)?.record.cursor
    }
    return found
  }

  async #page(seen: Set<string>): Promise<void> {
    const { batchSize } = this.#options
    try {
      const page = await this.#sender.read(this.#place)
      await this.#sender.send(page.filter((placed) => this.#admits(placed, seen)))
      for (const { record } of page) seen.delete(record.cursor)
      this.#place = page.at(-1)?.record.cursor
      if (page.length < batchSize || seen.size === 0) this.#seen = undefined
    } catch (error) {
      this.#seen = undefined
      throw error
    }
  }

  #admits({ key, record }: Placed, seen: ReadonlySet<string>): boolean {
    if (seen.has(record.cursor)) return !this.#leftOut.has(key)
    if (isOrdered(key)) this.#leftOut.add(key)
    return false
  }

  #mayBeSent(key: string): boolean {
    const failure = this.#failing.get(key)
    return failure ? failure.retryAt <= this.#dueAt : this.#hasRoom
  }

  get #hasRoom(): boolean {
    return this.#failing.size < MOST_FAILING
  }

  #fail({ key }: Placed, now: number, jitter: number): void {
    const attempts = (this.#failing.get(key)?.attempts ?? 0) + 1
    this.#failing.set(key, { attempts, retryAt: now + pauseAfter(attempts, jitter) })
    this.#leftOut.add(key)
  }

  /** What should have been tried again and is not there was taken out by somebody. */
  #forgetAllBut(there: ReadonlySet<string>): void {
    for (const [key, { retryAt }] of this.#failing) {
      if (retryAt <= this.#dueAt && !there.has(key)) this.#failing.delete(key)
    }
  }
}

function isOrdered(key: string): boolean {
  return key.startsWith('key ')
}
