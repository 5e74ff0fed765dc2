type Listening = typeof EventTarget.prototype.addEventListener

const kept = new WeakMap<EventTarget, Map<string, Set<unknown>>>()

function listenersOf(target: EventTarget, type: string): Set<unknown> {
  const all = kept.get(target) ?? new Map<string, Set<unknown>>()
  kept.set(target, all)
  const listeners = all.get(type) ?? new Set()
  all.set(type, listeners)
  return listeners
}

/** Does what the method did, and notes it. */
function noted(
  method: 'addEventListener' | 'removeEventListener',
  note: (listeners: Set<unknown>, listener: unknown) => void,
): void {
  const original: Listening = Reflect.get(EventTarget.prototype, method)
  AbortSignal.prototype[method] = function noting(
    this: AbortSignal,
    ...args: Parameters<Listening>
  ): void {
    note(listenersOf(this, args[0]), args[1])
    original.apply(this, args)
  }
}

noted('addEventListener', (listeners, listener) => listeners.add(listener))
noted('removeEventListener', (listeners, listener) => listeners.delete(listener))

/** As in `node:events`, of signals: who still listens. */
export function getEventListeners(target: AbortSignal, type: string): unknown[] {
  return [...listenersOf(target, type)]
}
