import type { OutboxRecord } from '../store/outbox.ts'
import type { EventStore } from '../store/store.ts'
import type { Bell } from './bell.ts'
import { HeldBack, type Placed } from './held-back.ts'
import type { Lease } from './lease.ts'
import { messageOf, publishAll, type OutboxMessage, type Publisher } from './publisher.ts'

export interface ReaderOptions {
  readonly store: EventStore
  readonly publisher: Publisher
  readonly batchSize: number
  readonly lease: Lease
  readonly bell: Bell
  /** Ends it before the next batch. */
  readonly end: AbortSignal
  readonly counts: { published: number; failed: number }
  readonly report: (error: unknown, message: OutboxMessage) => void
}

/** Reads the outbox from its beginning and publishes, for as long as one lease lasts. */
export class OutboxReader {
  readonly #options: ReaderOptions
  readonly #held = new HeldBack()
  /** Published, and perhaps not yet removed. */
  #published: string[] = []
  /** Everything up to here was dealt with. */
  #place: string | undefined

  constructor(options: ReaderOptions) {
    this.#options = options
  }

  /** When a failed message is to be tried again; `Infinity` where there is none. */
  get retryAt(): number {
    return this.#held.retryAt
  }

  /** Publishes the next page. `false` where it was the last one for now. */
  async next(): Promise<boolean> {
    await this.#remove()
    const back = this.#held.back()
    if (back) this.#place = back.before
    if (!this.#held.hasRoom) return false
    const { batchSize, bell } = this.#options
    bell.clear()
    const page = await this.#read(this.#place)
    await this.#publish(this.#held.admit(page))
    this.#place = page.at(-1)?.record.cursor ?? this.#place
    const isEnd = page.length < batchSize
    this.#held.advance(page.length, isEnd)
    return !isEnd || this.#held.hasPassable
  }

  /** Tries failed messages again whose time has come. */
  async retry(): Promise<boolean> {
    const now = performance.now()
    const due = this.#held.due(now)
    if (!due) return false
    await this.#remove()
    const page = await this.#read(due.before)
    // Somebody may have taken it out.
    if (page[0]?.record.cursor !== due.cursor) this.#held.pass(due.key)
    await this.#publish(page.filter((placed) => this.#held.isDue(placed, now)))
    return true
  }

  async #read(after: string | undefined): Promise<Placed[]> {
    const { store, batchSize } = this.#options
    const records = await store.outbox.read({ after, limit: batchSize })
    return records.map((record, index) => {
      return { record, key: keyOf(record), before: records[index - 1]?.cursor ?? after }
    })
  }

  async #publish(batch: readonly Placed[]): Promise<void> {
    const { publisher, lease, end } = this.#options
    let rest = batch
    while (rest.length > 0 && !end.aborted) {
      const [call, later] = publisher.keepsOrder ? [rest, []] : firstOfEachKey(rest)
      // Whoever was paused must not go on where somebody else has begun. And what was read is on the
      // disk when this commit is.
      await lease.renew()
      await this.#send(call)
      rest = later.filter((placed) => !this.#held.holds(placed))
    }
  }

  async #send(call: readonly Placed[]): Promise<void> {
    const { publisher, counts, report } = this.#options
    const outcomes = await publishAll(
      publisher,
      call.map(({ record }) => record),
    )
    const now = performance.now()
    const jitter = Math.random()
    const failed = new Set<string>()
    call.forEach((placed, index) => {
      const { key, record } = placed
      const outcome = outcomes[index]
      if (outcome?.status === 'fulfilled') {
        this.#published.push(record.id)
        if (!failed.has(key)) this.#held.pass(key)
      } else if (failed.has(key)) this.#held.holds(placed)
      else {
        failed.add(key)
        counts.failed += 1
        this.#held.fail(placed, now, jitter)
        report(outcome?.reason, messageOf(record))
      }
    })
    counts.published += this.#published.length
    await this.#remove()
  }

  async #remove(): Promise<void> {
    if (this.#published.length === 0) return
    await this.#options.store.outbox.remove(this.#published)
    this.#published = []
  }
}

function keyOf({ orderKey, cursor }: OutboxRecord): string {
  return orderKey === undefined ? `record ${cursor}` : `key ${orderKey}`
}

function firstOfEachKey(batch: readonly Placed[]): [call: Placed[], later: Placed[]] {
  const keys = new Set<string>()
  const later: Placed[] = []
  const call = batch.filter((placed) => {
    const isFirst = !keys.has(placed.key)
    keys.add(placed.key)
    if (!isFirst) later.push(placed)
    return isFirst
  })
  return [call, later]
}
