import { busy, BUSY } from './errors.ts'
import type { StorageLog } from './storage-log.ts'

/** What of a `LockManager` is used: `navigator.locks` fits. */
export interface LocksLike {
  readonly request: (
    name: string,
    options: { readonly mode?: 'shared' | 'exclusive'; readonly signal?: AbortSignal },
    callback: () => Promise<void>,
  ) => Promise<unknown>
  readonly query: () => Promise<{ readonly held?: readonly { readonly name?: string }[] }>
}

/** How long what a tab wrote that is gone may still be on its way, in milliseconds. */
const GRACE = 250
/** After how long those who wrote are asked to look whether it is still there, in milliseconds. */
const LATE = 100
/** How often the storage is asked where no event tells, in milliseconds. */
const PAUSE = 4

interface HeadLocksOptions {
  readonly log: StorageLog
  readonly namespace: string
  readonly locks: LocksLike
  /** Makes all tabs look whether their log is still there. */
  readonly announce: () => void
}

/** Locks that say how far the log goes. They are shared, so that nobody waits for one. */
export class HeadLocks {
  readonly #options: HeadLocksOptions
  readonly #sleepers = new Set<() => void>()
  #release: (() => void) | undefined
  #isOver = false

  constructor(options: HeadLocksOptions) {
    this.#options = options
  }

  /** Settles when the storage of this tab shows what was answered anywhere before. */
  async seen(): Promise<void> {
    const { log, namespace, announce } = this.#options
    const begin = performance.now()
    const head = await this.#newest()
    let gone = Infinity
    let isLate = false
    while (!log.shows(head)) {
      log.checkEvidence()
      const now = performance.now()
      if (now - gone > GRACE) return
      if (!isLate && now - begin > LATE) {
        isLate = true
        announce()
      }
      if (now - begin > BUSY) {
        throw busy(namespace, `this tab does not see record ${head} of another tab`)
      }
      await this.#sleep()
      // Where the tab that wrote it is gone, so may be the record.
      gone = (await this.#newest()) < head ? Math.min(gone, now) : Infinity
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

  /** The storage has changed. */
  wake(): void {
    for (const sleeper of this.#sleepers) sleeper()
  }

  /** Says that this tab has written the log up to there. */
  async hold(record: number): Promise<void> {
    const previous = this.#release
    await new Promise<void>((resolve, reject) => {
      this.#options.locks
        .request(this.#nameOf(record), { mode: 'shared' }, () => {
          resolve()
          return new Promise((release) => {
            this.#release = release
            if (this.#isOver) release()
          })
        })
        .catch(reject)
    })
    previous?.()
  }

  /** For good. */
  release(): void {
    this.#isOver = true
    this.#release?.()
  }

  /** The newest record that any tab says it has written; `0` where none does. */
  async #newest(): Promise<number> {
    const { held = [] } = await this.#options.locks.query()
    let newest = 0
    for (const { name = '' } of held) {
      const [, record] = /^eventfold\/head\/(\d+)\//u.exec(name) ?? []
      if (this.#nameOf(Number(record)) === name) newest = Math.max(newest, Number(record))
    }
    return newest
  }

  /** The number comes first, so that no namespace looks like another. */
  #nameOf(record: number): string {
    return `eventfold/head/${record}/${this.#options.namespace}`
  }
}
