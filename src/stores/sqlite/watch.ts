import { refuse } from '../../store/check-value.ts'

const INTERVAL = 100

/** Tells listeners of commits: of this store at once, of other processes by asking now and then. */
export class Watch {
  readonly #listeners = new Set<() => void>()
  readonly #dataVersion: () => number | undefined
  #timer: NodeJS.Timeout | undefined
  #seen: number | undefined
  #pending = false

  /** `dataVersion` changes when others write. */
  constructor(dataVersion: () => number | undefined) {
    this.#dataVersion = dataVersion
  }

  /** Returns the function that ends it. */
  add(listener: () => void): () => void {
    if (typeof listener !== 'function') refuse(['watch'], 'a function', listener)
    // One function may listen twice.
    const own = (): void => listener()
    this.#listeners.add(own)
    if (this.#timer === undefined) {
      this.#seen = this.#dataVersion()
      this.#timer = setInterval(() => this.#look(), INTERVAL)
      this.#timer.unref()
    }
    return () => {
      this.#listeners.delete(own)
      if (this.#listeners.size === 0) this.#rest()
    }
  }

  /** Calls the listeners soon, once for all that happens until then. */
  notify(): void {
    if (this.#pending || this.#listeners.size === 0) return
    this.#pending = true
    setImmediate(() => {
      this.#pending = false
      // Each on its own, so that one that throws keeps nothing from the others.
      for (const listener of this.#listeners) queueMicrotask(listener)
    })
  }

  stop(): void {
    this.#listeners.clear()
    this.#rest()
  }

  #rest(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #look(): void {
    const version = this.#dataVersion()
    if (version === undefined || version === this.#seen) return
    this.#seen = version
    this.notify()
  }
}
