import type { Client } from '../client/client.ts'
import type { EventShape } from '../event/event.ts'
import type { Projection } from '../project/define-projection.ts'
import { liveView, PAUSE, type LiveView } from './live-view.ts'

/** Views by id. What is inside is known by who asks for it. */
type Views = Map<string, LiveView<unknown>>

const ofClients = new WeakMap<object, WeakMap<object, Views>>()

/** The one view of a projection and an id that all components share which have this client. */
export function viewOf<Event extends EventShape, Input extends EventShape, State>(
  client: Client<Event, Input>,
  projection: Projection<Event, Input, State>,
  id: string,
): LiveView<State> {
  const views = viewsOf(client, projection)
  const known = views.get(id) as LiveView<State> | undefined
  if (!known) {
    const view = liveView<State>(
      {
        load: (from) => projection.load(client, id, { from }),
        watch: (listener) => watch(client, listener),
      },
      () => views.delete(id),
    )
    views.set(id, view)
    return view
  }
  // React renders what has failed once more before it shows that, and must find the same then.
  const shown = known.shown()
  if (shown.status === 'failed' && Date.now() - shown.at > PAUSE) known.again()
  return known
}

function viewsOf(client: object, projection: object): Views {
  const ofClient = ofClients.get(client) ?? new WeakMap<object, Views>()
  ofClients.set(client, ofClient)
  const views = ofClient.get(projection) ?? new Map<string, LiveView<unknown>>()
  ofClient.set(projection, views)
  return views
}

function watch({ store }: Pick<Client<never>, 'store'>, listener: () => void): () => void {
  try {
    return store.watch?.(listener) ?? (() => {})
  } catch {
    // The load says why.
    return () => {}
  }
}
