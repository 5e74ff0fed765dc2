const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

let time = 0
let prefix = ''
let random = new Uint8Array(16)

/**
 * A new event id: a ULID that sorts after every id this process made before, also when the clock
 * stands still or goes back.
 *
 * ```ts
 * const first = createEventId()
 * const second = createEventId()
 * console.assert(first < second)
 * ```
 */
export function createEventId(): string {
  const now = Date.now()
  if (now > time) startAt(now)
  else increment()
  let id = prefix
  for (const digit of random) id += DIGITS.charAt(digit)
  return id
}

function startAt(now: number): void {
  time = now
  prefix = ''
  for (let rest = now; prefix.length < 10; rest = Math.floor(rest / 32)) {
    prefix = DIGITS.charAt(rest % 32) + prefix
  }
  random = crypto.getRandomValues(random).map((byte) => byte & 31)
  // Half of the range is left to count up in.
  random[0]! &= 15
}

function increment(): void {
  let index = random.length - 1
  while (random[index] === 31) random[index--] = 0
  random[index]! += 1
}
