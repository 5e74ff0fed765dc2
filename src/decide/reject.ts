/** A decision's no: see {@link reject}. */
export interface Rejection {
  readonly rejected: string
  readonly details: unknown
}

/**
 * Says no inside a decision. Nothing is written, and `execute` throws `REJECTED` with the reason.
 *
 * ```ts
 * decide: (command, cart) => (cart.open ? added(command) : reject('the cart is closed'))
 * ```
 */
export function reject(reason: string, details?: unknown): Rejection {
  return { rejected: reason, details }
}

/** Tells a rejection from events. */
export function isRejection(decided: object): decided is Rejection {
  return 'rejected' in decided
}
