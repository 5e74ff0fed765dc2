import { AbortedError, type StoreError } from '../../../store/errors.ts'
import type { MemoryLog } from '../../../store/memory-log.ts'
import { asStoreError, busy, BUSY, untold } from './errors.ts'
import { HeadLocks, type LocksLike } from './head-locks.ts'
import type { StorageLog } from './storage-log.ts'
import type { Turns } from './turns.ts'

/** The most that is done in one turn, and how much may wait for one. */
const BATCH = 256
const QUEUE = 10_000

interface Waiting {
  /** Does the work and returns what answers the caller: as it was done, or that this is not known. */
  readonly work: () => (unknown?: StoreError) => void
  readonly reject: (error: unknown) => void
  readonly forget: () => void
}

/**
 * In turn with the other tabs. A lock of its own does not make a storage the same everywhere at once:
 * a tab that gets the lock may not see yet what the one before wrote. So who has written holds a lock
 * that is named after its last record, and who looks or writes waits until it sees that record.
 */
export class TabTurns implements Turns {
  readonly #log: StorageLog
  readonly #namespace: string
  readonly #locks: LocksLike
  readonly #heads: HeadLocks
  #queue: Waiting[] = []
  #isRunning = false
  #looking: Promise<void> | undefined

  /** `announce` makes all tabs look at the log. */
  constructor(log: StorageLog, namespace: string, locks: LocksLike, announce: () => void) {
    this.#log = log
    this.#namespace = namespace
    this.#locks = locks
    this.#heads = new HeadLocks({ log, namespace, locks, announce })
  }

  async look<Seen>(see: (log: MemoryLog) => Seen): Promise<Seen> {
    // Those who come before the question is asked share its answer.
    this.#looking ??= Promise.resolve().then(() => {
      this.#looking = undefined
      return this.#heads.seen()
    })
    await this.#looking
    this.#log.catchUp()
    return see(this.#log.memory)
  }

  write<Done>(work: () => Done, signal?: AbortSignal): Promise<Done> {
    if (this.#queue.length >= QUEUE) {
      throw busy(this.#namespace, `${QUEUE} commits wait already: await some before sending more`)
    }
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.#queue = this.#queue.filter((each) => each !== waiting)
        reject(new AbortedError('the commit', signal as AbortSignal))
      }
      const waiting: Waiting = {
        work: () => {
          const done = work()
          return (unknown) => (unknown ? reject(unknown) : resolve(done))
        },
        reject,
        forget: () => signal?.removeEventListener('abort', abort),
      }
      signal?.addEventListener('abort', abort)
      this.#queue.push(waiting)
      void this.#run()
    })
  }

  wake(): void {
    this.#heads.wake()
  }

  letGo(): void {
    this.#heads.release()
  }

  async #run(): Promise<void> {
    if (this.#isRunning) return
    this.#isRunning = true
    while (this.#queue.length > 0) {
      try {
        const signal = AbortSignal.timeout(BUSY)
        await this.#locks.request(logLock(this.#namespace), { signal }, () => this.#turn())
      } catch (error) {
        this.#refuse(this.#queue.splice(0), error)
      }
    }
    this.#isRunning = false
  }

  async #turn(): Promise<void> {
    await this.#heads.seen()
    this.#log.catchUp()
    const before = this.#log.count
    const batch = this.#queue.splice(0, BATCH)
    const answers = batch.map(({ work, reject, forget }) => {
      forget()
      try {
        return work()
      } catch (error) {
        return () => reject(error)
      }
    })
    const unknown = this.#log.count > before ? await this.#tell() : undefined
    for (const answer of answers) answer(unknown)
  }

  /** Tells the other tabs how far the log goes now. */
  async #tell(): Promise<StoreError | undefined> {
    try {
      await this.#heads.hold(this.#log.count)
      return undefined
    } catch (cause) {
      return untold(this.#namespace, cause)
    }
  }

  #refuse(all: readonly Waiting[], cause: unknown): void {
    const isLate = (cause as { name?: unknown } | null)?.name === 'TimeoutError'
    const error = isLate
      ? busy(this.#namespace, `other tabs have had their turn for ${BUSY} ms`, cause)
      : asStoreError(cause, this.#namespace)
    for (const { forget, reject } of all) {
      forget()
      reject(error)
    }
  }
}

function logLock(namespace: string): string {
  return `eventfold/log/${namespace}`
}
