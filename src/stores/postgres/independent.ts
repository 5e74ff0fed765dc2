import { nameOf, type PreparedCommit, type PreparedEvent } from '../../store/check-commit.ts'
import { compileStreams } from '../../store/matches.ts'
import { narrow } from '../../store/narrow.ts'

/**
 * Commits of which none checks what an earlier one writes: judged all against the log as it was, they
 * get the same answers as one after the other.
 */
export class Independent {
  readonly #isIdentifier: (key: string) => boolean
  readonly #events: PreparedEvent[] = []
  /** Under its keys, and under the name of its aggregate. */
  readonly #byKey = new Map<string, PreparedEvent[]>()
  /** Idempotency keys, event ids, aggregates and documents that are written, told apart by a prefix. */
  readonly #written = new Set<string>()

  constructor(isIdentifier: (key: string) => boolean) {
    this.#isIdentifier = isIdentifier
  }

  /** Takes the commit, unless it depends on one that was taken. */
  take(commit: PreparedCommit): boolean {
    if (this.concerns(commit)) return false
    this.add(commit)
    return true
  }

  add(commit: PreparedCommit): void {
    for (const event of commit.events) {
      this.#events.push(event)
      for (const key of event.keys) this.#file(key, event)
      if (event.aggregate) {
        const name = `aggregate ${nameOf(event.aggregate)}`
        this.#written.add(name)
        this.#file(name, event)
      }
    }
    for (const name of namesIn(commit)) this.#written.add(name)
  }

  /** Whether what was taken may change the answer to this commit. */
  concerns(commit: PreparedCommit): boolean {
    if (this.#written.size === 0) return false
    for (const name of namesIn(commit)) if (this.#written.has(name)) return true
    return (
      commit.expect.some(({ aggregate }) => this.#written.has(`aggregate ${nameOf(aggregate)}`)) ||
      commit.conditions.some(
        ({ streams, after }) =>
          (typeof after === 'object' && this.#written.has(`event ${after.eventId}`)) ||
          this.#someMatch(streams),
      )
    )
  }

  #file(key: string, event: PreparedEvent): void {
    const filed = this.#byKey.get(key)
    if (filed) filed.push(event)
    else this.#byKey.set(key, [event])
  }

  #someMatch(streams: PreparedCommit['conditions'][number]['streams']): boolean {
    if (streams === 'all') return this.#events.length > 0
    return streams.some((stream) => {
      const { keys } = narrow(stream, this.#isIdentifier)
      const names = stream.aggregate ? [`aggregate ${nameOf(stream.aggregate)}`] : keys[0]
      const candidates = names?.flatMap((key) => this.#byKey.get(key) ?? []) ?? this.#events
      // Compiled only where there is something to look at, which is seldom.
      return candidates[0] !== undefined && candidates.some(compileStreams([stream]))
    })
  }
}

function namesIn({ events, documents, idempotency }: PreparedCommit): string[] {
  const names = events.map(({ id }) => `event ${id}`)
  for (const document of documents) names.push(`document ${nameOf(document)}`)
  if (idempotency) names.push(`key ${idempotency.key}`)
  return names
}
