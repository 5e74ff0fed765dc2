import { AbortedError, type StoreError } from '../../../store/errors.ts'
import type { MemoryLog } from '../../../store/memory-log.ts'
import { asStoreError, busy, BUSY, untold } from './errors.ts'
import { HeadLocks, type LocksLike } from './head-locks.ts'
import type { StorageLog } from './storage-log.ts'

/** When calls get at the log. */
export interface Turns {
  readonly look: <Seen>(see: (log: MemoryLog) => Seen) => Seen | Promise<Seen>
  /** Nobody else reads or writes while the work is done. */
  readonly write: <Done>(work: () => Done, signal?: AbortSignal) => Done | Promise<Done>
  /** The storage has changed, or the log was taken away. */
  readonly wake: () => void
  readonly letGo: () => void
}

/** At once: one thread does one thing at a time. */
export function inThisThread(log: StorageLog): Turns {
  return {
    look: (see) => {
      log.catchUp()
      return see(log.memory)
    },
    write: (work) => {
      log.catchUp()
      return work()
    },
    wake: () => {},
    letGo: () => {},
  }
}

/** The most that is done in one turn, and how much may wait for one. */
const BATCH = 256
const QUEUE = 10_000
/** How long what a tab wrote that is gone may still be on its way, in milliseconds. */
const GRACE = 250
/** After how long those who wrote are asked to look whether it is still there, in milliseconds. */
const LATE = 100
/** How often the storage is asked where no event tells, in milliseconds. */
const PAUSE = 4

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
  readonly #announce: () => void
  readonly #sleepers = new Set<() => void>()
  #queue: Waiting[] = []
  #isRunning = false
  #looking: Promise<void> | undefined

  /** `announce` makes all tabs look at the log. */
  constructor(log: StorageLog, namespace: string, locks: LocksLike, announce: () => void) {
    this.#log = log
    this.#namespace = namespace
    this.#locks = locks
    this.#heads = new HeadLocks(locks, namespace)
    this.#announce = announce
  }

  async look<Seen>(see: (log: MemoryLog) => Seen): Promise<Seen> {
    // Those who come before the question is asked share its answer.
    this.#looking ??= Promise.resolve().then(() => {
      this.#looking = undefined
      return this.#seen()
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
    for (const sleeper of this.#sleepers) sleeper()
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
    await this.#seen()
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

  /** Settles when the storage of this tab shows what was answered anywhere before. */
  async #seen(): Promise<void> {
    const begin = performance.now()
    const head = await this.#heads.newest()
    let gone = Infinity
    let isLate = false
    while (!this.#log.shows(head)) {
      this.#log.checkEvidence()
      const now = performance.now()
      if (now - gone > GRACE) return
      if (!isLate && now - begin > LATE) {
        isLate = true
        this.#announce()
      }
      if (now - begin > BUSY) {
        throw busy(this.#namespace, `this tab does not see record ${head} of another tab`)
      }
      await this.#sleep()
      // Where the tab that wrote it is gone, so may be the record.
      gone = (await this.#heads.newest()) < head ? Math.min(gone, now) : Infinity
    }
  }

  async #sleep(): Promise<void> {
    let wake = (): void => {}
    const woken = new Promise<void>((resolve) => {
      wake = resolve
    })
    this.#sleepers.add(wake)
    const timer = setTimeout(wake, PAUSE)
    await woken
    clearTimeout(timer)
    this.#sleepers.delete(wake)
  }
}

function logLock(namespace: string): string {
  return `eventfold/log/${namespace}`
}
