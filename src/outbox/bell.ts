/** Wakes somebody who waits, also when it rang before the wait began. */
export interface Bell {
  readonly ring: () => void
  /** Forgets that it rang. */
  readonly clear: () => void
  /** Resolves after so many milliseconds, when it rings, or when a signal ends. */
  readonly wait: (milliseconds: number, ...signals: readonly AbortSignal[]) => Promise<void>
}

export function createBell(): Bell {
  let rang = false
  let wake: (() => void) | undefined
  return {
    ring: () => {
      rang = true
      wake?.()
    },
    clear: () => {
      rang = false
    },
    wait: async (milliseconds, ...signals) => {
      if (!rang && !signals.some((signal) => signal.aborted)) {
        const { promise, resolve } = Promise.withResolvers<void>()
        const timer = setTimeout(resolve, milliseconds)
        wake = resolve
        for (const signal of signals) signal.addEventListener('abort', wake)
        await promise
        for (const signal of signals) signal.removeEventListener('abort', wake)
        clearTimeout(timer)
        wake = undefined
      }
      rang = false
    },
  }
}
