import { HeldBack } from './held-back.ts'
import { Sender, type ReaderOptions } from './sender.ts'

/** Reads the outbox from its beginning and publishes, for as long as one lease lasts. */
export interface OutboxReader {
  /** When a failed message is to be tried again; `Infinity` where there is none. */
  readonly retryAt: number
  /** Publishes the next page. `false` where it was the last one for now. */
  readonly next: () => Promise<boolean>
  /** Tries failed messages again whose time has come. */
  readonly retry: () => Promise<boolean>
}

/** The reader of a store with a total order, where what is new comes at the end of the outbox. */
export class OrderedReader implements OutboxReader {
  readonly #options: ReaderOptions
  readonly #held = new HeldBack()
  readonly #sender: Sender
  /** Everything up to here was dealt with. */
  #place: string | undefined

  constructor(options: ReaderOptions) {
    this.#options = options
    this.#sender = new Sender(options, this.#held)
  }

  get retryAt(): number {
    return this.#held.retryAt
  }

  async next(): Promise<boolean> {
    await this.#sender.remove()
    const back = this.#held.back()
    if (back) this.#place = back.before
    if (!this.#held.hasRoom) return false
    const { batchSize, bell } = this.#options
    bell.clear()
    const page = await this.#sender.read(this.#place)
    await this.#sender.send(this.#held.admit(page))
    this.#place = page.at(-1)?.record.cursor ?? this.#place
    const isEnd = page.length < batchSize
    this.#held.advance(page.length, isEnd)
    return !isEnd || this.#held.hasPassable
  }

  async retry(): Promise<boolean> {
    const now = performance.now()
    const due = this.#held.due(now)
    if (!due) return false
    await this.#sender.remove()
    const page = await this.#sender.read(due.before)
    // Somebody may have taken it out.
    if (page[0]?.record.cursor !== due.cursor) this.#held.pass(due.key)
    await this.#sender.send(page.filter((placed) => this.#held.isDue(placed, now)))
    return true
  }
}
