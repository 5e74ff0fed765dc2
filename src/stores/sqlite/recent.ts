import { keyTerm, typeTerm } from './terms.ts'

const NONE: readonly number[] = []

/**
 * The events that are not filed yet, indexed in memory. Filing each event at once would rewrite a
 * page of 4 kB for each of its keys; filed by the thousand, neighbours share a page and a row.
 */
export class Recent {
  #start = 0
  #ids: string[] = []
  #types: string[] = []
  #keys: (readonly string[])[] = []
  #terms = new Map<string, number[]>()
  #typeTerms = new Map<string, string>()

  /** The position before the first of them: everything up to here is filed. */
  get start(): number {
    return this.#start
  }

  /** The position of the last of them. */
  get end(): number {
    return this.#start + this.#types.length
  }

  /** How many there are. */
  get count(): number {
    return this.#types.length
  }

  /** What they are to be filed under. */
  get terms(): Iterable<string> {
    return this.#terms.keys()
  }

  /** Where something is, in order. */
  positionsOf(term: string): readonly number[] {
    return this.#terms.get(term) ?? NONE
  }

  idAt(position: number): string {
    return this.#ids[position - this.#start - 1] as string
  }

  typeAt(position: number): string {
    return this.#types[position - this.#start - 1] as string
  }

  /** Adds the event at the position after the last. */
  add(id: string, type: string, keys: readonly string[]): void {
    this.#ids.push(id)
    this.#types.push(type)
    this.#keys.push(keys)
    const position = this.end
    this.#note(this.#typeTerm(type), position)
    for (const key of keys) this.#note(keyTerm(key), position)
  }

  /** Takes out what came after a position: its transaction was undone. */
  truncate(end: number): void {
    if (end >= this.end) return
    this.#ids.length = Math.max(end - this.#start, 0)
    while (this.end > end) {
      this.#forget(this.#typeTerm(this.#types.pop() as string))
      for (const key of this.#keys.pop() as readonly string[]) this.#forget(keyTerm(key))
    }
  }

  /** Takes out what is up to a position: it is filed now. */
  drop(start: number): void {
    if (start === this.#start) return
    const ids = this.#ids.slice(start - this.#start)
    const types = this.#types.slice(start - this.#start)
    const keys = this.#keys.slice(start - this.#start)
    this.reset(start)
    for (const [index, id] of ids.entries()) {
      this.add(id, types[index] as string, keys[index] as readonly string[])
    }
  }

  /** Begins anew after a position. */
  reset(start: number): void {
    this.#start = start
    this.#ids = []
    this.#types = []
    this.#keys = []
    this.#terms = new Map()
    this.#typeTerms = new Map()
  }

  /** There are few types: a term that is made once is found again sooner. */
  #typeTerm(type: string): string {
    let term = this.#typeTerms.get(type)
    if (term === undefined) {
      term = typeTerm(type)
      this.#typeTerms.set(type, term)
    }
    return term
  }

  #note(term: string, position: number): void {
    const positions = this.#terms.get(term)
    if (positions) positions.push(position)
    else this.#terms.set(term, [position])
  }

  #forget(term: string): void {
    const positions = this.#terms.get(term)
    if (positions === undefined) return
    positions.pop()
    if (positions.length === 0) this.#terms.delete(term)
  }
}
