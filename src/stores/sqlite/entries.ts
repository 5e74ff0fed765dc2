/** The index keeps a position and the number of its event's type as one number: an entry. */
export const SPAN = 4_096

/** Larger for a larger position. */
export function entryOf(position: number, type: number): number {
  return position * SPAN + type
}

export function positionOf(entry: number): number {
  return Math.floor(entry / SPAN)
}

/** The number of the type. */
export function typeOf(entry: number): number {
  return entry % SPAN
}

/** The first index whose number is at or past a bound, in a list that rises. */
export function lowerBound(numbers: readonly number[], bound: number): number {
  let low = 0
  let high = numbers.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((numbers[middle] as number) < bound) low = middle + 1
    else high = middle
  }
  return low
}
