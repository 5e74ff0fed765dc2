/** What of a `LockManager` is used: `navigator.locks` fits. */
export interface LocksLike {
  readonly request: (
    name: string,
    options: { readonly mode?: 'shared' | 'exclusive'; readonly signal?: AbortSignal },
    callback: () => Promise<void>,
  ) => Promise<unknown>
  readonly query: () => Promise<{ readonly held?: readonly { readonly name?: string }[] }>
}

/** Locks that say how far the log goes. They are shared, so that nobody waits for one. */
export class HeadLocks {
  readonly #locks: LocksLike
  readonly #namespace: string
  #release: (() => void) | undefined
  #isOver = false

  constructor(locks: LocksLike, namespace: string) {
    this.#locks = locks
    this.#namespace = namespace
  }

  /** The newest record that any tab says it has written; `0` where none does. */
  async newest(): Promise<number> {
    const { held = [] } = await this.#locks.query()
    let newest = 0
    for (const { name = '' } of held) {
      const [, record] = /^eventfold\/head\/(\d+)\//u.exec(name) ?? []
      if (this.#nameOf(Number(record)) === name) newest = Math.max(newest, Number(record))
    }
    return newest
  }

  /** Says that this tab has written the log up to there. */
  async hold(record: number): Promise<void> {
    const previous = this.#release
    await new Promise<void>((resolve, reject) => {
      this.#locks
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

  /** The number comes first, so that no namespace looks like another. */
  #nameOf(record: number): string {
    return `eventfold/head/${record}/${this.#namespace}`
  }
}
