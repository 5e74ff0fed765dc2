/**
 * Positions in reading order, read only as far as somebody asks. They are counted so that they always
 * rise: a backward reader counts positions as negative numbers.
 */
export interface Postings {
  /** The first place at or past `from`; `undefined` at the end. `from` never goes back. */
  readonly seek: (from: number) => number | undefined
}

/** Some places in order, and where to ask for more; no `next` means that there are no more. */
export interface Chunk {
  readonly places: readonly number[]
  /** How many were looked at to find them. */
  readonly looked: number
  readonly next?: number | undefined
}

export type Fetch = (from: number, limit: number) => Chunk

/** How much a search may still fetch before it has to let others have their turn. */
export class Allowance {
  #given = 0
  #spent = 0

  get spent(): number {
    return this.#spent
  }

  get isSpent(): boolean {
    return this.#spent >= this.#given
  }

  give(count: number): void {
    this.#given = count
    this.#spent = 0
  }

  spend(count: number): void {
    this.#spent += count
  }

  /** Throws {@link PAUSE} where it is used up. */
  check(): void {
    if (this.isSpent) throw PAUSE
  }
}

/** Thrown by `seek` between two fetches; the same call goes on where this one stopped. */
export const PAUSE: unique symbol = Symbol('pause')

const SMALLEST = 8
const LARGEST = 512

/** Fetches in chunks: larger ones while they are read through, smaller ones while they are leapt over. */
export function chunked(fetch: Fetch, first: number, allowance: Allowance): Postings {
  let places: readonly number[] = []
  let index = 0
  let used = 0
  let next: number | undefined = -Infinity
  let size = Math.min(Math.max(first, 1), LARGEST)
  return {
    seek: (from) => {
      for (;;) {
        while (index < places.length && (places[index] as number) < from) index += 1
        if (index < places.length) {
          used += 1
          return places[index]
        }
        if (next === undefined) return undefined
        allowance.check()
        if (places.length > 0) {
          size =
            used * 2 >= places.length ? Math.min(size * 4, LARGEST) : Math.max(size >> 2, SMALLEST)
        }
        const chunk: Chunk = fetch(Math.max(from, next), size)
        allowance.spend(chunk.looked + 4)
        ;({ places, next } = chunk)
        index = 0
        used = 0
      }
    },
  }
}

/** What is in at least one of them. */
export function union(members: readonly Postings[]): Postings {
  const [only] = members
  if (members.length === 1 && only) return only
  const current: (number | undefined)[] = members.map(() => -Infinity)
  return {
    seek: (from) => {
      let least: number | undefined
      for (const [index, member] of members.entries()) {
        let place = current[index]
        if (place !== undefined && place < from) {
          place = member.seek(from)
          current[index] = place
        }
        if (place !== undefined && (least === undefined || place < least)) least = place
      }
      return least
    },
  }
}

/**
 * What is in all of them. Each leaps to where the others are, so that the work is bounded by the
 * rarest and by how often they alternate, whichever of them is long.
 */
export function intersection(members: readonly Postings[]): Postings {
  const [only] = members
  if (members.length === 1 && only) return only
  let target: number | undefined = -Infinity
  return {
    seek: (from) => {
      if (target === undefined) return undefined
      target = Math.max(target, from)
      for (let agreed = 0, index = 0; agreed < members.length; index += 1) {
        const place = (members[index % members.length] as Postings).seek(target)
        if (place === undefined) {
          target = undefined
          return undefined
        }
        agreed = place === target ? agreed + 1 : 1
        target = place
      }
      return target
    },
  }
}
