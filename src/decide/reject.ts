/** A decision's no: see {@link reject}. */
export interface Rejection {
  readonly rejected: string
  readonly details: unknown
}

/**
 * Says no inside a decision. Nothing is written, and `execute` throws `REJECTED` with the reason.
 *
 * ```ts
 * const decide = (command: AddItem, cart: { open: boolean }) =>
 *   cart.open ? { type: 'ITEM_ADDED', data: command } : reject('the cart is closed')
 * ```
 */
export function reject(reason: string, details?: unknown): Rejection {
  return { rejected: reason, details }
}

/** Tells a rejection from events. */
export function isRejection(decided: object): decided is Rejection {
  return 'rejected' in decided
}
