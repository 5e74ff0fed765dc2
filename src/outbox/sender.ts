import type { OutboxRecord } from '../store/outbox.ts'
import type { EventStore } from '../store/store.ts'
import type { Bell } from './bell.ts'
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

/** A record, and the cursor after which it is the first one to be read. */
export interface Placed {
  readonly record: OutboxRecord
  /** What it holds back when it fails: its order key, or nothing but itself. */
  readonly key: string
  readonly before: string | undefined
}

/** Knows which order keys are held back. */
export interface Holding {
  /** Whether an older message of its key has failed: then this one waits. */
  readonly holds: (placed: Placed) => boolean
  /** `jitter`, from 0 to 1, is that of the call: what failed together is tried again together. */
  readonly fail: (placed: Placed, now: number, jitter: number) => void
  /** Nothing of the key is in the way any more. */
  readonly pass: (key: string) => void
}

/** Publishes records and takes them out of the outbox, for as long as one lease lasts. */
export class Sender {
  readonly #options: ReaderOptions
  readonly #held: Holding
  /** Published, and perhaps not yet removed. */
  #published: string[] = []

  constructor(options: ReaderOptions, held: Holding) {
    this.#options = options
    this.#held = held
  }

  async read(after: string | undefined): Promise<Placed[]> {
    const { store, batchSize } = this.#options
    const records = await store.outbox.read({ after, limit: batchSize })
    return records.map((record, index) => {
      return { record, key: keyOf(record), before: records[index - 1]?.cursor ?? after }
    })
  }

  /** Publishes a batch, and takes out what was published. */
  async send(batch: readonly Placed[]): Promise<void> {
    const { publisher, lease, end } = this.#options
    let rest = batch
    while (rest.length > 0 && !end.aborted) {
      const [call, later] = publisher.keepsOrder ? [rest, []] : firstOfEachKey(rest)
      // Whoever was paused must not go on where somebody else has begun. And what was read is on the
      // disk when this commit is.
      await lease.renew()
      await this.#call(call)
      rest = later.filter((placed) => !this.#held.holds(placed))
    }
  }

  /** Takes out what was published, where that has failed before. */
  async remove(): Promise<void> {
    if (this.#published.length === 0) return
    await this.#options.store.outbox.remove(this.#published)
    this.#published = []
  }

  async #call(call: readonly Placed[]): Promise<void> {
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
    await this.remove()
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
