import { useCallback, useSyncExternalStore } from 'react'
import type { Client } from '../client/client.ts'
import type { EventShape } from '../event/event.ts'
import type { Projection, ProjectionView } from '../project/define-projection.ts'
import { refuse } from '../store/check-value.ts'
import { useEventClient } from './event-client.ts'
import { viewOf } from './views.ts'

/** What every hook takes. */
export interface ClientOption<Event extends EventShape, Input extends EventShape> {
  /** Default is the client of the {@link EventClientProvider} around the component. */
  readonly client?: Client<Event, Input> | undefined
}

/**
 * A view of the log that follows it: the component suspends until the view is loaded for the first time,
 * and renders again when an event of this or of another tab has changed it. Each update reads the new
 * events alone, once for all components that show the view, and all of them change together.
 *
 * The projection is defined outside of components: each definition is a view of its own. Its `evolve`
 * gives new states; what is on display is frozen. An error of the first load, and one that will not go
 * away by itself, is thrown to the error boundary; a second after it, the view is loaded again by who
 * renders it again. A view that nobody shows is kept for half a minute. On a store without `watch`, views do not
 * follow.
 *
 * ```tsx
 * function Cart({ cartId }: { cartId: string }) {
 *   const { state } = useProjection(cartView, cartId)
 *   return <p>{state.items} items</p>
 * }
 * ```
 */
export function useProjection<Event extends EventShape, Input extends EventShape, State>(
  projection: Projection<Event, Input, State>,
  id: string,
  options: ClientOption<Event, Input> = {},
): ProjectionView<State> {
  const client = useEventClient(options.client)
  // A decision has `load`, too.
  if (typeof projection?.save !== 'function') {
    refuse(['useProjection'], 'what defineProjection gives', projection)
  }
  const subscribe = useCallback(
    (listener: () => void) => viewOf(client, projection, id).subscribe(listener),
    [client, projection, id],
  )
  const find = () => viewOf(client, projection, id).shown()
  const shown = useSyncExternalStore(subscribe, find, find)
  if (shown.status === 'failed') throw shown.error
  // What React 18 and 19 wait for.
  if (shown.status === 'loading') throw shown.loaded
  return shown.view
}
