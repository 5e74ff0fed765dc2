import { monotonicFactory } from 'ulid'

const next: (seedTime?: number) => string = monotonicFactory()
let lastTime = 0

/**
 * A new event id: a ULID that sorts after every id this process made before, also when the
 * clock stands still or goes back.
 *
 * ```ts
 * const first = createEventId()
 * const second = createEventId()
 * console.assert(first < second)
 * ```
 */
export function createEventId(): string {
  lastTime = Math.max(lastTime, Date.now())
  return next(lastTime)
}
