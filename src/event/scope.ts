/** Keeps what is current within a call and everything that it awaits. */
export interface ScopeStorage<Scope> {
  readonly getStore: () => Scope | undefined
  readonly run: <Result>(scope: Scope, work: () => Result) => Result
  /** Whether it covers the synchronous part alone. */
  readonly brief?: true
}

/**
 * A storage on `AsyncLocalStorage`. Where there is none (browsers), a scope covers the synchronous part
 * of a call: after its first `await` the surrounding scope holds again.
 */
export function scopeStorage<Scope>(): ScopeStorage<Scope> {
  const host = (globalThis as { process?: { getBuiltinModule?: (id: string) => unknown } }).process
  const hooks = host?.getBuiltinModule?.('node:async_hooks') as
    | { AsyncLocalStorage: new () => ScopeStorage<Scope> }
    | undefined
  return hooks ? new hooks.AsyncLocalStorage() : synchronousStorage()
}

/** The fallback of browsers: exported for its test. */
export function synchronousStorage<Scope>(): ScopeStorage<Scope> {
  let active: Scope | undefined
  return {
    brief: true,
    getStore: () => active,
    run: (scope, work) => {
      const before = active
      active = scope
      try {
        return work()
      } finally {
        active = before
      }
    },
  }
}
