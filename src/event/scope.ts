/** Keeps what is current within a call and everything that it awaits. */
export interface ScopeStorage<Scope> {
  readonly getStore: () => Scope | undefined
  readonly run: <Result>(scope: Scope, work: () => Result) => Result
}

/**
 * A storage on `AsyncLocalStorage`. Where there is none (browsers), a scope covers the synchronous part
 * of a call: after its first `await` the surrounding scope holds again.
 */
export function scopeStorage<Scope>(): ScopeStorage<Scope> {
  const Hooks = asyncLocalStorage()
  return Hooks ? (new Hooks() as ScopeStorage<Scope>) : synchronousStorage()
}

/** Whether a scope lasts beyond the first `await`. */
export function followsAwaits(): boolean {
  return asyncLocalStorage() !== undefined
}

function asyncLocalStorage(): (new () => unknown) | undefined {
  const host = (globalThis as { process?: { getBuiltinModule?: (id: string) => unknown } }).process
  const hooks = host?.getBuiltinModule?.('node:async_hooks') as
    | { AsyncLocalStorage: new () => unknown }
    | undefined
  return hooks?.AsyncLocalStorage
}

/** The fallback of browsers: exported for its test. */
export function synchronousStorage<Scope>(): ScopeStorage<Scope> {
  let active: Scope | undefined
  return {
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
