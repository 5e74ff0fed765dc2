import { useCallback, useMemo, useRef, useState } from 'react'
import type { Decision, DecisionResult, ExecuteOptions } from '../decide/decision.ts'
import type { EventShape } from '../event/event.ts'
import { refuse } from '../store/check-value.ts'
import { isEventfoldError, type EventfoldError } from '../store/errors.ts'
import { useEventClient } from './event-client.ts'
import type { ClientOption } from './use-projection.ts'

/** A decision in the hands of a component. See {@link useDecision}. */
export interface DecisionHandle<Event extends EventShape, Command, State> {
  /** As {@link Decision.execute}. The same function in every render; what it throws needs no handler. */
  readonly execute: (
    command: Command,
    options?: ExecuteOptions,
  ) => Promise<DecisionResult<Event, State>>
  /** Whether something is being executed. */
  readonly pending: boolean
  /** Why the last execution failed; `undefined` while the next one runs. `isEventfoldError` tells which. */
  readonly error: EventfoldError | undefined
  /** Forgets the error, and what still runs: that goes on, and is not shown. */
  readonly reset: () => void
}

interface Execution {
  readonly running: number
  readonly error?: EventfoldError
  /** What is no answer to a command, but a mistake in the program. */
  readonly mistake?: { readonly thrown: unknown }
}

const IDLE: Execution = { running: 0 }

/**
 * A decision that is executed by a component, which shows how it goes. Each component has its own. When
 * the component goes, what it executes goes on.
 *
 * An error that is none of this package, such as one that `decide` throws, is thrown to the error boundary.
 *
 * ```tsx
 * function AddButton({ cartId }: { cartId: string }) {
 *   const add = useDecision(addItem)
 *   return (
 *     <>
 *       <button
 *         disabled={add.pending}
 *         onClick={() => void add.execute({ cartId, productId: 'prod_789', quantity: 1 })}
 *       >
 *         Add
 *       </button>
 *       {isEventfoldError(add.error, 'REJECTED') && <p role="alert">{add.error.message}</p>}
 *     </>
 *   )
 * }
 * ```
 */
export function useDecision<Event extends EventShape, Input extends EventShape, Command, State>(
  decision: Decision<Event, Input, Command, State>,
  options: ClientOption<Event, Input> = {},
): DecisionHandle<Event, Command, State> {
  const client = useEventClient(options.client)
  if (typeof decision?.execute !== 'function') {
    refuse(['useDecision'], 'what defineDecision gives', decision)
  }
  const [{ running, error, mistake }, set] = useState(IDLE)
  /** Grows with each reset: what began before is not shown. */
  const round = useRef(0)

  const execute = useCallback(
    (command: Command, executeOptions?: ExecuteOptions) => {
      const began = round.current
      const change = (next: (now: Execution) => Execution): void => {
        if (round.current === began) set(next)
      }
      change((now) => ({ running: now.running + 1 }))
      const result = decision.execute(client, command, executeOptions)
      result.then(
        () => change((now) => ({ ...now, running: now.running - 1 })),
        (thrown: unknown) =>
          change((now) => ({
            running: now.running - 1,
            ...(isEventfoldError(thrown) ? { error: thrown } : { mistake: { thrown } }),
          })),
      )
      return result
    },
    [client, decision],
  )
  const reset = useCallback(() => {
    round.current += 1
    set(IDLE)
  }, [])

  if (mistake) throw mistake.thrown
  return useMemo(
    () => ({ execute, pending: running > 0, error, reset }),
    [execute, running, error, reset],
  )
}
