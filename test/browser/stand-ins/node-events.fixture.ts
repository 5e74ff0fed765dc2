const kept = new WeakMap<EventTarget, Map<string, Set<unknown>>>()

const listenersOf = (target: EventTarget, type: string): Set<unknown> => {
  const all = kept.get(target) ?? new Map<string, Set<unknown>>()
  kept.set(target, all)
  const listeners = all.get(type) ?? new Set()
  all.set(type, listeners)
  return listeners
}

const { addEventListener, removeEventListener } = EventTarget.prototype

AbortSignal.prototype.addEventListener = function add(
  this: AbortSignal,
  ...args: Parameters<typeof addEventListener>
): void {
  if (!this.aborted) listenersOf(this, args[0]).add(args[1])
  addEventListener.apply(this, args)
}

AbortSignal.prototype.removeEventListener = function remove(
  this: AbortSignal,
  ...args: Parameters<typeof removeEventListener>
): void {
  listenersOf(this, args[0]).delete(args[1])
  removeEventListener.apply(this, args)
}

/** As in `node:events`, of signals: who still listens. */
export function getEventListeners(target: AbortSignal, type: string): unknown[] {
  return [...listenersOf(target, type)]
}
