/** One thing that is measured: `run` does some work and tells how many times it did it. */
export interface Contestant {
  readonly name: string
  readonly run: () => Promise<number> | number
}

/** How often per second, one number per round. */
export interface Measured {
  readonly name: string
  readonly rates: readonly number[]
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
  const rates = contestants.map((): number[] => [])
  for (let round = 0; round <= rounds; round += 1) {
    const order = [...contestants.keys()]
    if (round % 2 === 1) order.reverse()
    for (const index of order) {
      const start = performance.now()
      const count = await (contestants[index] as Contestant).run()
      const rate = (count / (performance.now() - start)) * 1_000
      if (round > 0) (rates[index] as number[]).push(rate)
    }
  }
  return contestants.map(({ name }, index) => ({ name, rates: rates[index] as number[] }))
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
export function ratioOf(over: Measured, under: Measured): Spread {
  return spreadOf(over.rates.map((rate, round) => rate / (under.rates[round] ?? Number.NaN)))
}
