import { refuse } from '../store/check-value.ts'

const INTERVAL = 100

/** Something that changes when others write; `undefined` where it could not be asked. */
type Version = string | number | undefined

/** Tells listeners of commits: of this store at once, of other processes by asking now and then. */
export class Watch {
  readonly #listeners = new Set<() => void>()
  readonly #version: () => Version | Promise<Version>
  #timer: NodeJS.Timeout | undefined
  #seen: Version
  #pending = false
  #looking = false

  /** `version` is asked now and then, while somebody listens. */
  constructor(version: () => Version | Promise<Version>) {
    this.#version = version
  }

  /** Returns the function that ends it. */
  add(listener: () => void): () => void {
    if (typeof listener !== 'function') refuse(['watch'], 'a function', listener)
    // One function may listen twice.
    const own = (): void => listener()
    this.#listeners.add(own)
    if (this.#timer === undefined) {
      this.#seen = undefined
      void this.#look()
      this.#timer = setInterval(() => void this.#look(), INTERVAL)
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

  async #look(): Promise<void> {
    if (this.#looking) return
    this.#looking = true
    const asked = this.#version()
    const version = await asked
    this.#looking = false
    if (version === undefined || version === this.#seen) return
    // An answer that took a while may already hold what happened since somebody listens.
    const isNews = this.#seen !== undefined || asked instanceof Promise
    this.#seen = version
    if (isNews) this.notify()
  }
}
