/** How many are kept. */
const MOST = 1000
/** How large one may be, so that all of them are a few dozen megabytes at most. */
const LARGE = 20_000

/** The values that were put in last, under their names: a large one is not kept. */
export class Recent<Value> {
  readonly #values = new Map<string, Value>()

  get(name: string): Value | undefined {
    return this.#values.get(name)
  }

  set(name: string, value: Value): void {
    this.delete(name)
    if (isLarge(value)) return
    this.#values.set(name, value)
    if (this.#values.size <= MOST) return
    const [oldest = ''] = this.#values.keys()
    this.#values.delete(oldest)
  }

  delete(name: string): void {
    this.#values.delete(name)
  }
}

/** Whether a value has many characters; it is not looked at any further than that. */
function isLarge(value: unknown): boolean {
  let left = LARGE
  const fits = (inner: unknown): boolean => {
    left -= typeof inner === 'string' ? inner.length : 8
    if (left < 0 || inner === null || typeof inner !== 'object') return left >= 0
    return Object.entries(inner).every(([key, of]) => {
      left -= key.length
      return fits(of)
    })
  }
  return !fits(value)
}
