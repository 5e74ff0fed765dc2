/** Who waits, first come first. Those who wait no more are passed over. */
export class Line<Waiter extends { readonly state: string }> {
  #waiters: Waiter[] = []
  #start = 0

  push(entry: Waiter): void {
    this.#waiters.push(entry)
  }

  first(): Waiter | undefined {
    while (this.#start < this.#waiters.length && this.#waiters[this.#start]?.state !== 'waiting') {
      this.drop()
    }
    return this.#waiters[this.#start]
  }

  drop(): void {
    this.#start += 1
    if (this.#start < this.#waiters.length / 2) return
    this.#waiters = this.#waiters.slice(this.#start)
    this.#start = 0
  }
}
