/** Faults to be met, each of them once, in an order that the seed says, among calls that meet none. */
export interface Deck<Fault extends string> {
  readonly draw: () => Fault | undefined
  /** What was not met. */
  readonly left: () => Fault[]
}

export type Random = () => number

/** The same numbers for the same seed, from 0 to below 1. */
export function createRandom(seed: number): Random {
  let state = seed
  return () => {
    state = (state + 0x9e3779b9) | 0
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32
  }
}

/** How many times each fault, and how many calls meet none before all have been met. */
export function createDeck<Fault extends string>(
  random: Random,
  { calm, ...times }: { readonly calm: number } & Readonly<Record<Fault, number>>,
): Deck<Fault> {
  const faults = Object.entries<number>(times).flatMap(([fault, count]) =>
    Array.from({ length: count }, () => fault as Fault),
  )
  const cards: (Fault | undefined)[] = [...faults, ...Array.from({ length: calm }, () => undefined)]
  const order = cards.map((card) => ({ card, at: random() }))
  const deck = order.toSorted((a, b) => a.at - b.at).map(({ card }) => card)
  return {
    draw: () => deck.shift(),
    left: () => deck.filter((card) => card !== undefined),
  }
}

export function pick<Item>(random: Random, items: readonly Item[]): Item {
  return items[Math.floor(random() * items.length)]!
}
