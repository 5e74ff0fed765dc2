/** How many are kept. */
const MOST = 1000

/** The values that were put in last, under their names. */
export class Recent<Value> {
  readonly #values = new Map<string, Value>()

  get(name: string): Value | undefined {
    return this.#values.get(name)
  }

  /** `undefined` takes it out. */
  set(name: string, value: Value | undefined): void {
    this.#values.delete(name)
    if (value === undefined) return
    this.#values.set(name, value)
    if (this.#values.size <= MOST) return
    const [oldest = ''] = this.#values.keys()
    this.#values.delete(oldest)
  }
}
