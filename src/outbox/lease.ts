import { createEventId } from '../event/id.ts'
import { isObject } from '../store/check-value.ts'
import type { DocumentGuard, StoredDocument } from '../store/document.ts'
import { isEventfoldError, StoreError } from '../store/errors.ts'
import { show } from '../store/show.ts'
import type { EventStore } from '../store/store.ts'
import { LONGEST_TIMER } from './check-options.ts'

const TYPE = '$relay'

/** Somebody else has the lease. */
export class LeaseLost extends Error {}

export interface LeaseOptions {
  readonly store: EventStore
  readonly name: string
  /** Milliseconds. */
  readonly duration: number
  /** Told of renewals that failed between batches. */
  readonly report: (error: unknown) => void
}

/**
 * The right to publish, as a document that its holder writes again and again. It is dead when its
 * revision has not moved for as long as its holder said, by the clock of who looks on: two clocks are
 * never compared.
 */
export class Lease {
  readonly #options: LeaseOptions
  readonly #holder: string
  readonly #timer: ReturnType<typeof setInterval>
  readonly #lost = new AbortController()
  #revision: number
  #renewing: Promise<unknown> = Promise.resolve()
  #isBusy = false

  constructor(options: LeaseOptions, holder: string, revision: number) {
    this.#options = options
    this.#holder = holder
    this.#revision = revision
    // Also while a message takes its time.
    this.#timer = setInterval(() => void this.#keep(), options.duration / 3)
  }

  /** Ends when somebody else has it. */
  get lost(): AbortSignal {
    return this.#lost.signal
  }

  /**
   * Resolves when a commit that began after the call has renewed it, and nobody can take it for half its
   * duration. Throws `LeaseLost`.
   */
  async renew(): Promise<void> {
    const { duration, name } = this.#options
    const start = await this.#inTurn(async () => {
      const began = performance.now()
      await this.#write()
      return began
    })
    const took = performance.now() - start
    if (took < duration / 2) return
    throw new StoreError(
      'busy',
      `Renewing the lease of the relay ${show(name)} took ${Math.round(took)} ms, which is too long ` +
        `for its ${duration} ms. If this goes on, give a longer leaseDuration.`,
      { retryable: true },
    )
  }

  /** Gives it back, so that the next one need not wait. What goes wrong is reported. */
  async release(): Promise<void> {
    clearInterval(this.#timer)
    try {
      await this.#inTurn(() => this.#write(true))
    } catch (error) {
      const isOver = error instanceof LeaseLost || isEventfoldError(error, 'CLOSED')
      if (!isOver) this.#options.report(error)
    }
  }

  async #keep(): Promise<void> {
    if (this.#isBusy) return
    try {
      await this.renew()
    } catch (error) {
      // Whoever works with the lease notices these.
      const isKnown = error instanceof LeaseLost || isEventfoldError(error, 'CLOSED')
      if (!isKnown) this.#options.report(error)
    }
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const next = this.#renewing.then(async () => {
      this.#isBusy = true
      try {
        return await work()
      } finally {
        this.#isBusy = false
      }
    })
    this.#renewing = next.catch(() => {})
    return next
  }

  #lose(): void {
    clearInterval(this.#timer)
    this.#lost.abort()
  }

  async #write(isOver = false): Promise<void> {
    const { store, name, duration } = this.#options
    for (;;) {
      if (this.lost.aborted) throw new LeaseLost()
      try {
        const guard = { revision: this.#revision }
        this.#revision = await write({ store, name, duration }, this.#holder, guard, isOver)
        return
      } catch (error) {
        if (!isEventfoldError(error, 'CONFLICT')) throw error
      }
      // An earlier renewal may have been written although its answer was lost.
      const document = await store.documents.get(TYPE, name)
      if (holderOf(document) === this.#holder) this.#revision = document?.revision ?? 0
      else this.#lose()
    }
  }
}

/** Looks for the lease until it is free, or dead. */
export class LeaseSeeker {
  readonly #options: LeaseOptions
  readonly #holder: string = createEventId()
  #seen: { readonly revision: number; readonly at: number } | undefined
  #isAlive = false

  constructor(options: LeaseOptions) {
    this.#options = options
  }

  /** Whether its holder was seen to renew it. */
  get isAlive(): boolean {
    return this.#isAlive
  }

  /** Takes it where that can be done now. */
  async attempt(): Promise<Lease | undefined> {
    const { store, name } = this.#options
    const now = performance.now()
    const document = await store.documents.get(TYPE, name)
    if (!document) return await this.#take('absent')
    const { revision } = document
    // The answer to an earlier attempt was lost.
    if (holderOf(document) === this.#holder) return this.#have(revision)
    if (this.#seen?.revision !== revision) {
      this.#isAlive = this.#seen !== undefined
      this.#seen = { revision, at: performance.now() }
    } else if (now - this.#seen.at >= durationOf(document, this.#options.duration)) {
      return await this.#take({ revision })
    }
    return undefined
  }

  async #take(guard: DocumentGuard): Promise<Lease | undefined> {
    try {
      return this.#have(await write(this.#options, this.#holder, guard))
    } catch (error) {
      if (isEventfoldError(error, 'CONFLICT')) return undefined
      throw error
    }
  }

  #have(revision: number): Lease {
    this.#seen = undefined
    this.#isAlive = false
    return new Lease(this.#options, this.#holder, revision)
  }
}

/** Writes the document, or deletes it, and resolves to its revision. */
async function write(
  { store, name, duration }: Pick<LeaseOptions, 'store' | 'name' | 'duration'>,
  holder: string,
  guard: DocumentGuard,
  isOver = false,
): Promise<number> {
  const target = { type: TYPE, id: name, if: guard }
  const document = isOver
    ? { ...target, delete: true as const }
    : { ...target, data: { holder, duration } }
  const { documents } = await store.commit({ documents: [document] })
  return documents[0]?.revision ?? 0
}

function holderOf(document: StoredDocument | undefined): unknown {
  return isObject(document?.data) ? document.data['holder'] : undefined
}

function durationOf(document: StoredDocument, otherwise: number): number {
  const duration = isObject(document.data) ? document.data['duration'] : undefined
  const isPossible = typeof duration === 'number' && duration > 0 && duration <= LONGEST_TIMER
  return isPossible ? duration : otherwise
}
