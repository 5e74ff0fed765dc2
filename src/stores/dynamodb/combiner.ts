import { throwIfAborted } from '../../store/check-read.ts'
import type { Committed } from '../../store/commit.ts'
import { AbortedError } from '../../store/errors.ts'
import type { WriteAccess } from './access.ts'
import type { Draft } from './draft.ts'
import { writeAll } from './write.ts'

/** How many transactions are under way at once: more connections than that the SDK does not open. */
const MOST_AT_ONCE = 40

/** A commit that waits for its turn, or for its answer. */
interface Entry {
  readonly draft: Draft
  readonly resolve: (committed: Committed) => void
  readonly reject: (error: unknown) => void
  isSent: boolean
}

/**
 * Sends the commits of this process so that none of them quarrel: what touches the same heads and items
 * waits for one another, and goes together as soon as it can. An idle store sends at once.
 */
export class Combiner {
  readonly #access: WriteAccess
  #waiting: Entry[] = []
  readonly #busy = new Set<string>()
  #underWay = 0
  #isPlanned = false

  constructor(access: WriteAccess) {
    this.#access = access
  }

  /** Throws `ABORTED` when the signal says so: with an unknown outcome where it was sent. */
  async add(draft: Draft, signal: AbortSignal | undefined): Promise<Committed> {
    throwIfAborted(signal, 'the commit')
    const { promise, resolve, reject } = Promise.withResolvers<Committed>()
    const entry: Entry = { draft, resolve, reject, isSent: false }
    const abort = (): void => {
      if (!entry.isSent) this.#waiting = this.#waiting.filter((other) => other !== entry)
      reject(new AbortedError('the commit', signal!, entry.isSent ? 'unknown' : 'none'))
    }
    signal?.addEventListener('abort', abort)
    this.#waiting.push(entry)
    this.#plan()
    try {
      return await promise
    } finally {
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
    // Who waits holds up those behind who touch the same: they keep their order.
    const blocked = new Set(this.#busy)
    const isBlocked = ({ draft }: Entry): boolean => meet(draft.touches, blocked)
    const later: Entry[] = []
    const queue = this.#waiting
    this.#waiting = []
    for (const [index, entry] of queue.entries()) {
      if (entry.isSent) continue
      if (this.#underWay >= MOST_AT_ONCE || isBlocked(entry)) {
        for (const name of entry.draft.touches) blocked.add(name)
        later.push(entry)
        continue
      }
      const group = [entry]
      const touched = new Set(entry.draft.touches)
      const passed = new Set(blocked)
      for (const other of queue.slice(index + 1)) {
        if (other.isSent) continue
        const { touches } = other.draft
        if (!meet(touches, passed) && meet(touches, touched)) {
          group.push(other)
          other.isSent = true
          for (const name of touches) touched.add(name)
        } else for (const name of touches) passed.add(name)
      }
      entry.isSent = true
      for (const name of touched) {
        this.#busy.add(name)
        blocked.add(name)
      }
      void this.#run(group, touched)
    }
    this.#waiting = [...later, ...this.#waiting]
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
    this.#plan()
  }
}

function meet(left: ReadonlySet<string>, right: ReadonlySet<string>): boolean {
  for (const name of left) if (right.has(name)) return true
  return false
}
