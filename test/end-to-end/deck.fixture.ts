/** Faults to be met, each of them once, in an order that the seed says, among calls that meet none. */
export interface Deck<Fault extends string> {
  readonly draw: () => Fault | undefined
  /** What was not met. */
  readonly left: () => Fault[]
}

export type Random = () => number

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
