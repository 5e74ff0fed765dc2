import type { Client, ProjectionPage } from '../client/client.ts'
import { foldOf, type Evolve } from '../client/fold.ts'
import type { ExactStreams, FilterOf, StreamsOf, TypeIn } from '../client/typed-stream.ts'
import type { EventDefinitions } from '../event/definition.ts'
import type { EventShape } from '../event/event.ts'
import type { DocumentResult, StoredDocument } from '../store/document.ts'
import type { Cursor, DataFilter, Streams } from '../store/stream.ts'
import { loadProjection, loadSince } from './load.ts'

/** What {@link defineProjection} takes. */
export interface ProjectionDefinition<
  Event extends EventShape,
  Many extends StreamsOf<Event>,
  State,
> {
  /** The name under which it is saved. Change it with `evolve`, so that no old state is folded on. */
  readonly type: string
  readonly streams: (id: string) => Many & ExactStreams<Event, Many>
  /**
   * The state before the first event, of which each load gets a copy, or a function that makes it for an
   * id. What is saved is JSON.
   */
  readonly initialState: State | ((id: string) => State)
  readonly evolve: Evolve<Event, TypeIn<Event, Many>, NoInfer<State>>
}

/** A question for saved projections. */
export interface ProjectionQuery<State> {
  /** On top-level keys of the state. */
  readonly filter?: FilterOf<State> | undefined
  readonly order?:
    | { readonly by: keyof State & string; readonly direction?: 'asc' | 'desc' }
    | undefined
  readonly limit?: number | undefined
  /** The `cursor` of the page before. */
  readonly after?: string | undefined
}

/** A view, and the cursor that it has seen: what a load gives. */
export interface ProjectionView<State> {
  readonly state: State
  readonly cursor: Cursor
}

/** A view of streams. See {@link defineProjection}. */
export interface Projection<Event extends EventShape, Input extends EventShape, State> {
  readonly type: string
  /**
   * The view as of now: what is saved, and the events since. With `from`, what an earlier load gave, it
   * goes on from there and reads the events since alone: the very same state where none changed it. What
   * was given of a log that no longer exists is left aside.
   */
  load(
    client: Client<Event, Input>,
    id: string,
    options?: {
      readonly from?: ProjectionView<State> | undefined
      readonly signal?: AbortSignal | undefined
    },
  ): Promise<ProjectionView<State>>
  /** Loads the view and saves it. One that is saved with a newer cursor meanwhile stays: `'skipped'`. */
  save(
    client: Client<Event, Input>,
    id: string,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<DocumentResult & { readonly state: State; readonly cursor: Cursor }>
  /** The view as it was saved, without a look at the events since. */
  get(client: Client<Event, Input>, id: string): Promise<StoredDocument<State> | undefined>
  /** Views as they were saved. */
  query(
    client: Client<Event, Input>,
    query?: ProjectionQuery<State>,
  ): Promise<ProjectionPage<State>>
}

/**
 * Defines a view: which streams it shows and how their events add up. What was saved is always where the
 * fold goes on from, so that a long history is folded once.
 *
 * ```ts
 * const cartView = defineProjection(events, {
 *   type: 'cart',
 *   streams: (cartId) => [{ types: ['ITEM_ADDED'], filter: { cartId } }],
 *   initialState: { items: 0 },
 *   evolve: { ITEM_ADDED: (cart, event) => ({ items: cart.items + event.data.quantity }) },
 * })
 * const { state } = await cartView.load(client, 'cart_123')
 * await cartView.save(client, 'cart_123')
 * const full = await cartView.query(client, { filter: { items: { gte: 10 } } })
 * ```
 */
export function defineProjection<
  Event extends EventShape,
  Input extends EventShape,
  const Many extends StreamsOf<Event>,
  State,
>(
  _events: EventDefinitions<Event, Input>,
  definition: ProjectionDefinition<Event, Many, State>,
): Projection<Event, Input, State> {
  const { type } = definition
  const fold = foldOf<State, string>(definition.initialState, definition.evolve)

  const load: Projection<Event, Input, State>['load'] = async (client, id, options = {}) => {
    const { from, signal } = options
    const streams = definition.streams(id) as unknown as Streams
    const since = from && (await loadSince(client, streams, from.cursor, signal))
    if (since) return { state: fold.add(from.state, since.events), cursor: since.cursor }
    const { saved, events, cursor } = await loadProjection(
      client,
      { type, id, streams },
      { loadExisting: true, signal },
    )
    const start = saved ? (saved.data as State) : fold.start(id)
    return { state: fold.add(start, events), cursor }
  }

  return {
    type,
    load,
    save: async (client, id, { signal } = {}) => {
      const { state, cursor } = await load(client, id, { signal })
      const saved = await client.saveProjection({ type, id, data: state, cursor, signal })
      return { ...saved, state, cursor }
    },
    get: (client, id) => client.getProjection<State>({ type, id }),
    query: (client, { filter, ...query } = {}) =>
      client.queryProjections<State>({ ...query, type, filter: filter as DataFilter | undefined }),
  }
}
