import { throwIfAborted } from '../../store/check-read.ts'
import type { Committed } from '../../store/commit.ts'
import { AbortedError, StoreError } from '../../store/errors.ts'
import type { WriteAccess } from './access.ts'
import type { Draft } from './draft.ts'
import { Line } from './line.ts'
import { writeAll } from './write.ts'

/** How many transactions are under way at once: more connections than that the SDK does not open. */
const MOST_AT_ONCE = 40

/** So many commits may wait, or be under way. */
const MOST_WAITING = 10_000

/** A commit that waits for its turn, or for its answer. */
interface Entry {
  readonly draft: Draft
  readonly number: number
  readonly resolve: (committed: Committed) => void
  readonly reject: (error: unknown) => void
  state: 'waiting' | 'sent' | 'gone'
}

/**
 * Sends the commits of this process so that none of them quarrel: what touches the same heads and items
 * waits for one another, and goes together as soon as it can. An idle store sends at once.
 */
export class Combiner {
  readonly #access: WriteAccess
  /** Who waits for each name, in the order of sending: only the first of all its lines may go. */
  readonly #lines = new Map<string, Line<Entry>>()
  readonly #busy = new Set<string>()
  /** Who may have become free since the last look. */
  readonly #next = new Line<Entry>()
  #number = 0
  #unsettled = 0
  #underWay = 0
  #isPlanned = false

  constructor(access: WriteAccess) {
    this.#access = access
  }

  /** Throws `ABORTED` when the signal says so: with an unknown outcome where it was sent. */
  async add(draft: Draft, signal: AbortSignal | undefined): Promise<Committed> {
    throwIfAborted(signal, 'the commit')
    if (this.#unsettled >= MOST_WAITING) throw full()
    const { promise, resolve, reject } = Promise.withResolvers<Committed>()
    const entry: Entry = { draft, number: this.#number++, resolve, reject, state: 'waiting' }
    const abort = (): void => {
      reject(new AbortedError('the commit', signal!, entry.state === 'sent' ? 'unknown' : 'none'))
      if (entry.state !== 'waiting') return
      entry.state = 'gone'
      this.#release(draft.touches)
    }
    signal?.addEventListener('abort', abort)
    this.#unsettled += 1
    for (const name of draft.touches) {
      const line = this.#lines.get(name) ?? new Line<Entry>()
      this.#lines.set(name, line)
      line.push(entry)
    }
    this.#next.push(entry)
    this.#plan()
    try {
      return await promise
    } finally {
      this.#unsettled -= 1
      signal?.removeEventListener('abort', abort)
    }
  }

  /** Commits that are sent in one turn of the event loop go together. */
  #plan(): void {
    if (this.#isPlanned) return
    this.#isPlanned = true
    queueMicrotask(() => {
      this.#isPlanned = false
      this.#send()
    })
  }

  #send(): void {
    while (this.#underWay < MOST_AT_ONCE) {
      const entry = this.#next.first()
      if (!entry) return
      this.#next.drop()
      if (this.#isFree(entry)) this.#start(entry)
    }
  }

  /** Sends a commit, and with it all who wait for what it touches and for nobody else. */
  #start(first: Entry): void {
    const group: Entry[] = []
    const touched = new Set<string>()
    const looked: string[] = []
    const take = (entry: Entry): void => {
      entry.state = 'sent'
      group.push(entry)
      for (const name of entry.draft.touches) {
        touched.add(name)
        looked.push(name)
      }
    }
    take(first)
    for (let name = looked.pop(); name !== undefined; name = looked.pop()) {
      const entry = this.#firstOf(name)
      if (entry && this.#isFree(entry)) take(entry)
    }
    for (const name of touched) this.#busy.add(name)
    void this.#run(
      group.sort((a, b) => a.number - b.number),
      touched,
    )
  }

  #isFree(entry: Entry): boolean {
    for (const name of entry.draft.touches) {
      if (this.#busy.has(name) || this.#firstOf(name) !== entry) return false
    }
    return true
  }

  #firstOf(name: string): Entry | undefined {
    const first = this.#lines.get(name)?.first()
    if (!first) this.#lines.delete(name)
    return first
  }

  /** Whoever is first in line now may go. */
  #release(names: Iterable<string>): void {
    for (const name of names) {
      const entry = this.#firstOf(name)
      if (entry) this.#next.push(entry)
    }
    this.#plan()
  }

  async #run(group: readonly Entry[], touched: ReadonlySet<string>): Promise<void> {
    this.#underWay += 1
    const entries = new Map(group.map((entry) => [entry.draft, entry]))
    try {
      await writeAll(
        group.map(({ draft }) => draft),
        this.#access,
        {
          written: (draft, committed) => entries.get(draft)?.resolve(committed),
          failed: (draft, error) => entries.get(draft)?.reject(error),
        },
      )
    } catch (error) {
      for (const { reject } of group) reject(error)
    }
    this.#underWay -= 1
    for (const name of touched) this.#busy.delete(name)
    this.#release(touched)
  }
}

function full(): StoreError {
  return new StoreError(
    'busy',
    `Cannot commit: ${MOST_WAITING} commits wait already. Await some before sending more.`,
    { retryable: true },
  )
}
