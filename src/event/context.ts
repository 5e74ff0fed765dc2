import { scopeStorage } from './scope.ts'

/**
 * What flows into the metadata of every event that is saved: correlation, causation, actor, tenant
 * and source. Other keys are kept for the application and do not flow.
 */
export interface EventContext {
  readonly correlationId?: string | undefined
  readonly causationId?: string | undefined
  readonly actorId?: string | undefined
  readonly tenantId?: string | undefined
  readonly source?: string | undefined
  readonly [key: string]: unknown
}

interface Scope {
  context: EventContext
}

const processScope: Scope = { context: {} }
const storage = scopeStorage<Scope>()

function current(): Scope {
  return storage.getStore() ?? processScope
}

/**
 * Runs `work` in a scope of its own, that starts with the context given. Inside it, also in awaited
 * helpers, {@link setEventContext}, {@link appendEventContext} and {@link resetEventContext} change
 * this scope alone; two scopes that run at the same time never see each other.
 *
 * Where there is no `AsyncLocalStorage` (browsers), the scope covers the synchronous part of `work`:
 * after its first `await` the surrounding context holds again, also for what is set there. No scope
 * leaks into another; save before the first `await` what should carry the scope's context.
 *
 * ```ts
 * await withEventContext({ correlationId: 'req_1', actorId: 'user_7' }, async () => {
 *   appendEventContext({ causationId: 'cmd_9' })
 *   console.assert(getEventContext().actorId === 'user_7')
 * })
 * ```
 */
export function withEventContext<Result>(context: EventContext, work: () => Result): Result {
  return storage.run({ context: { ...context } }, work)
}

/** A copy of the context of the current scope. `{}` where none was set. */
export function getEventContext(): EventContext {
  return { ...current().context }
}

/**
 * Replaces the context of the current scope.
 *
 * Outside {@link withEventContext} the scope is the whole process: right for a script or a Lambda
 * that handles one request at a time, wrong for a server that handles several.
 */
export function setEventContext(context: EventContext): void {
  current().context = { ...context }
}

/** Merges into the context of the current scope; a key given here wins. */
export function appendEventContext(context: EventContext): void {
  const scope = current()
  scope.context = { ...scope.context, ...context }
}

/** Empties the context of the current scope. */
export function resetEventContext(): void {
  current().context = {}
}
