import { MapStorage } from './map-storage.fixture.ts'

/** One storage as several tabs see it: what one writes, the others see later, and in its order. */
export class Tabs {
  readonly #views: Tab[] = []
  readonly #lag: () => number

  constructor(lag: () => number = () => Math.floor(Math.random() * 4)) {
    this.#lag = lag
  }

  /** A tab that sees what there is by now. */
  open(): Tab {
    const tab = new Tab(() => this.#views.filter((other) => other !== tab), this.#lag)
    for (const [key, value] of this.#views[0]?.values ?? []) tab.values.set(key, value)
    this.#views.push(tab)
    return tab
  }
}

class Tab extends MapStorage {
  readonly #others: () => readonly Tab[]
  readonly #lag: () => number
  /** What others have written and this one does not see yet. */
  readonly #arriving: [key: string, value: string][] = []
  /** Sees nothing of the others while this is set. */
  isDeaf = false

  constructor(others: () => readonly Tab[], lag: () => number) {
    super()
    this.#others = others
    this.#lag = lag
  }

  override setItem(key: string, value: string): void {
    super.setItem(key, value)
    for (const other of this.#others()) {
      other.#arriving.push([key, value])
      setTimeout(() => other.#arrive(), this.#lag())
    }
  }

  hear(): void {
    this.isDeaf = false
    while (this.#arriving.length > 0) this.#arrive()
  }

  #arrive(): void {
    if (this.isDeaf) return
    const [key, value] = this.#arriving.shift() ?? []
    if (key !== undefined) this.values.set(key, value as string)
  }
}
