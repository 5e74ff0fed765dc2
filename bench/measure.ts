/** One thing that is measured: `run` does some work and tells how many times it did it. */
export interface Contestant {
  readonly name: string
  readonly run: () => Promise<number> | number
}

/** What was done in each round, and how long that took in seconds. */
export interface Measured {
  readonly name: string
  readonly rounds: readonly { readonly count: number; readonly seconds: number }[]
}

/** The middle of some numbers, and their bounds. */
export interface Spread {
  readonly median: number
  readonly least: number
  readonly most: number
}

/**
 * Lets the contestants run in turns, so that what disturbs the machine disturbs all of them. The order
 * turns round from round to round, and the first round is left out.
 */
export async function inTurns(
  contestants: readonly Contestant[],
  rounds: number,
): Promise<readonly Measured[]> {
  const measured = contestants.map(({ name }) => ({
    name,
    rounds: [] as { count: number; seconds: number }[],
  }))
  for (let round = 0; round <= rounds; round += 1) {
    const order = [...contestants.keys()]
    if (round % 2 === 1) order.reverse()
    for (const index of order) {
      const start = performance.now()
      const count = await (contestants[index] as Contestant).run()
      const seconds = (performance.now() - start) / 1_000
      if (round > 0) measured[index]?.rounds.push({ count, seconds })
    }
  }
  return measured
}

/** How often per second, in each round. */
export function ratesOf({ rounds }: Measured): number[] {
  return rounds.map(({ count, seconds }) => count / seconds)
}

/** How often per second, over all rounds: what happens once in several rounds counts in full. */
export function overallRate({ rounds }: Measured): number {
  const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)
  return sum(rounds.map(({ count }) => count)) / sum(rounds.map(({ seconds }) => seconds))
}

export function spreadOf(numbers: readonly number[]): Spread {
  const sorted = [...numbers].sort((a, b) => a - b)
  const at = (index: number): number => sorted[index] ?? Number.NaN
  const middle = (sorted.length - 1) / 2
  return {
    median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
    least: at(0),
    most: at(sorted.length - 1),
  }
}

/** The ratio of two contestants, round by round. */
export function ratiosOf(over: Measured, under: Measured): number[] {
  const unders = ratesOf(under)
  return ratesOf(over).map((rate, round) => rate / (unders[round] ?? Number.NaN))
}
