import { ClosedError } from './errors.ts'

/** The calls of a store that were begun and have not ended. */
export class Running {
  readonly #running = new Set<Promise<unknown>>()
  #ending: Promise<void> | undefined

  assertOpen(what: string): void {
    if (this.#ending) throw new ClosedError(what)
  }

  async run<Answer>(what: string, work: () => Promise<Answer>): Promise<Answer> {
    this.assertOpen(what)
    const running = work()
    this.#running.add(running)
    try {
      return await running
    } finally {
      this.#running.delete(running)
    }
  }

  /** Refuses what comes, and waits for the rest. */
  end(): Promise<void> {
    this.#ending ??= Promise.allSettled(this.#running).then(() => {})
    return this.#ending
  }
}
