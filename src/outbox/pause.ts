/** How many order keys may fail at once before no further messages are tried. */
export const MOST_FAILING: number = 10_000

/** Milliseconds until a failed message is tried again, at first and at most. */
const FIRST_PAUSE = 100
const LONGEST_PAUSE = 30_000

/** The pause after so many attempts, by half of which chance decides. */
export function pauseAfter(attempts: number, jitter: number): number {
  const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (attempts - 1))
  return (pause * (1 + jitter)) / 2
}
