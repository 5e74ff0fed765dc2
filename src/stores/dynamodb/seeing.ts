import type { Cursor } from '../../store/stream.ts'
import type { At } from './clock.ts'
import { headedOf, type DraftEvent } from './draft.ts'
import type { Pin } from './pins.ts'
import { formatVector, type Seen } from './vector.ts'

/** What a commit has seen of the partitions that it guards, its own events included. */
export class Seeing {
  readonly #seen: Map<string, Seen>

  constructor(pins: readonly Pin[]) {
    this.#seen = new Map(pins.map((pin) => [pin.pk, pin.seen]))
  }

  add(event: DraftEvent, at: At, version: number | undefined): void {
    for (const pk of headedOf(event)) {
      const count = pk === event.aggregatePk ? version : undefined
      if (this.#seen.has(pk)) this.#seen.set(pk, { at, count })
    }
  }

  cursor(): Cursor {
    return formatVector(this.#seen)
  }
}
