import { createContext, createElement, useContext, type ReactElement, type ReactNode } from 'react'
import type { Client } from '../client/client.ts'
import type { EventShape } from '../event/event.ts'
import { refuse } from '../store/check-value.ts'

/** What {@link EventClientProvider} takes. */
export interface EventClientProviderProps<Event extends EventShape, Input extends EventShape> {
  readonly client: Client<Event, Input>
  readonly children?: ReactNode
}

/** What a context cannot know are the types of the events: each hook has those of its projection or decision. */
const ClientContext = createContext<Client<never> | undefined>(undefined)

/**
 * Gives a client to the hooks of all components inside. The client stays open: whoever made it closes it.
 *
 * ```tsx
 * function Cart() {
 *   const { state } = useProjection(cartView, 'cart_123')
 *   return <p>{state.items} items</p>
 * }
 * root.render(
 *   <EventClientProvider client={client}>
 *     <Suspense fallback="Loading…">
 *       <Cart />
 *     </Suspense>
 *   </EventClientProvider>,
 * )
 * ```
 */
export function EventClientProvider<Event extends EventShape, Input extends EventShape>({
  client,
  children,
}: EventClientProviderProps<Event, Input>): ReactElement {
  return createElement(
    ClientContext.Provider,
    { value: client as unknown as Client<never> },
    children,
  )
}

/**
 * The client that a hook was given, or that of the provider around it. Throws `INVALID_ARGUMENT` where
 * there is none.
 */
export function useEventClient<Event extends EventShape, Input extends EventShape = Event>(
  given?: Client<Event, Input>,
): Client<Event, Input> {
  const around = useContext(ClientContext) as unknown as Client<Event, Input> | undefined
  const client = given ?? around
  // A store has `load`, too.
  if (typeof client?.saveEvent !== 'function') {
    refuse(
      ['client'],
      'a client (put <EventClientProvider client={client}> around the component, or give the hook { client })',
      client,
    )
  }
  return client
}
