import { AbortedError, StoreError } from '../../store/errors.ts'
import type { Result } from './answer.ts'
import type { Encoded } from './encode.ts'
import { isOfOneCommit } from './errors.ts'
import { Independent } from './independent.ts'

/** Sends a batch; rejects where a statement failed, and nothing of the batch is written. */
export type Send = (batch: readonly Encoded[]) => Promise<readonly Result[]>

/** The largest batch: all who are in it wait for its end. */
const BATCH_COMMITS = 256
const BATCH_CHARACTERS = 4 * 1024 * 1024
/** So many commits that depend on others are passed over to fill a batch. */
const PASSED_OVER = 16

interface Waiting {
  readonly encoded: Encoded
  readonly send: Send
  readonly isIdentifier: (key: string) => boolean
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
  settled: boolean
  /** Whether it is on its way to the server. */
  sent: boolean
}

/**
 * Combines the commits that wait into one call, because each call is a transaction that waits for the
 * disk: one at a time on a pool, nothing pinned, no timer. A commit that depends on another one goes
 * into the call after it.
 */
export class Combiner {
  #queue: Waiting[] = []
  #unsettled = 0
  #running = false
  /** Whether the last batch was one of several commits. */
  #crowded = false

  /** Settles when the commit is durable, or refused. */
  async add(
    encoded: Encoded,
    options: {
      readonly send: Send
      readonly isIdentifier: (key: string) => boolean
      readonly queueLimit: number
      readonly signal: AbortSignal | undefined
    },
  ): Promise<Result> {
    const { send, isIdentifier, queueLimit, signal } = options
    if (this.#unsettled >= queueLimit) throw full(queueLimit)
    let abort: (() => void) | undefined
    try {
      return await new Promise<Result>((resolve, reject) => {
        const waiting: Waiting = {
          encoded,
          send,
          isIdentifier,
          resolve,
          reject,
          settled: false,
          sent: false,
        }
        abort = () => {
          const outcome = waiting.sent ? 'unknown' : 'none'
          this.#settle(waiting, () =>
            reject(new AbortedError('the commit', signal as AbortSignal, outcome)),
          )
        }
        // Fails where it is no signal: then nothing waits.
        signal?.addEventListener('abort', abort)
        this.#unsettled += 1
        this.#queue.push(waiting)
        this.#start()
      })
    } finally {
      if (abort) signal?.removeEventListener('abort', abort)
    }
  }

  #start(): void {
    if (this.#running) return
    this.#running = true
    // Where several commit at once, all who do so in this turn of the event loop are in the batch.
    const soon = this.#crowded ? setImmediate : queueMicrotask
    soon(() => void this.#flush())
  }

  async #flush(): Promise<void> {
    const batch = this.#take()
    this.#crowded = batch.length > 1
    if (batch.length > 0) await this.#run(batch)
    this.#running = false
    if (this.#queue.length > 0) this.#start()
  }

  #take(): Waiting[] {
    const batch: Waiting[] = []
    const passed: Waiting[] = []
    let independent: Independent | undefined
    let behind: Independent | undefined
    let characters = 0
    let count = 0
    // Then there is nothing that it could depend on.
    const isAlone = this.#queue.length === 1
    for (const waiting of this.#queue) {
      if (batch.length === BATCH_COMMITS || passed.length === PASSED_OVER) break
      count += 1
      if (waiting.settled) continue
      const { encoded, isIdentifier } = waiting
      if (batch.length > 0 && characters + encoded.characters > BATCH_CHARACTERS) {
        count -= 1
        break
      }
      independent ??= new Independent(isIdentifier)
      const isNext =
        waiting.send === (batch[0] ?? waiting).send && !behind?.concerns(encoded.commit)
      if (isNext && (isAlone || independent.take(encoded.commit))) {
        characters += encoded.characters
        batch.push(waiting)
      } else {
        behind ??= new Independent(isIdentifier)
        behind.add(encoded.commit)
        passed.push(waiting)
      }
    }
    this.#queue = [...passed, ...this.#queue.slice(count)]
    return batch
  }

  async #run(batch: readonly Waiting[]): Promise<void> {
    const [first] = batch
    if (first === undefined) return
    for (const waiting of batch) waiting.sent = true
    try {
      const results = await first.send(batch.map(({ encoded }) => encoded))
      batch.forEach((waiting, index) =>
        this.#settle(waiting, () => waiting.resolve(results[index] as Result)),
      )
    } catch (error) {
      if (batch.length === 1 || !isOfOneCommit(error)) {
        for (const waiting of batch) this.#settle(waiting, () => waiting.reject(error))
        return
      }
      // One of them is at fault, and the others must not suffer.
      const half = batch.length >> 1
      await this.#run(batch.slice(0, half))
      await this.#run(batch.slice(half))
    }
  }

  #settle(waiting: Waiting, settle: () => void): void {
    if (waiting.settled) return
    waiting.settled = true
    this.#unsettled -= 1
    settle()
  }
}

function full(queueLimit: number): StoreError {
  return new StoreError(
    'busy',
    `Cannot commit: ${queueLimit} commits wait already. Await some before sending more, or raise queueLimit.`,
    { retryable: true },
  )
}
