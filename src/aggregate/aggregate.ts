import type { EventDefinitions } from '../event/definition.ts'
import type { NewEvent } from '../event/event.ts'
import { name, refuse, whole } from '../store/check-value.ts'
import { UnsupportedError } from '../store/errors.ts'
import type { EventStore } from '../store/store.ts'
import { append, checkAttempts, MOST_ATTEMPTS } from './append.ts'
import { copyOf } from '../store/copy.ts'
import { indexMap, type Indexes } from './define-index.ts'
import { kindOf } from './kind.ts'
import type { Processor } from './processor.ts'
import { queryAll, queryPage, snapshotOf, type PageOptions, type SnapshotPage } from './query.ts'
import { emptyBase, type OutboundEvent } from './rulebook.ts'
import type { InputOfAggregate } from './rules.ts'
import type { Snapshot } from './snapshot.ts'
import { findAnew, savedOf, type Found, type Kind } from './stored.ts'
import { writableOf, type Writable } from './writable.ts'
import type { Appended } from './write.ts'

/** What {@link Aggregate} takes. */
export interface AggregateOptions<State, Inbound, Outbound = unknown, Input = Inbound> {
  /** The name of the aggregate type, such as `ACCOUNT`. */
  readonly type: string
  readonly store: EventStore
  readonly processor: Processor<State, Inbound, Outbound, Input>
  /** An aggregate enters a new index with its next append, or with `recalculate`. Default is none. */
  readonly indexes?: Indexes<State> | undefined
  /** How often `append` is tried at most, when others keep changing the aggregate. Default is 20. */
  readonly attempts?: number | undefined
}

/** What a recalculation did. */
export interface Recalculated<State> extends Appended<State> {
  /** What the rules publish for the events that were there: it was written to the outbox before. */
  readonly pastOutboundEvents: readonly OutboundEvent[]
}

/**
 * Aggregates of one type: events with versions 1, 2, 3…, and rules that make a state of them. Events,
 * snapshot, index entries and published messages are written in one commit, or nothing is.
 *
 * The events are ordinary ones: they are read by streams, guarded by conditions and folded by
 * projections, and what others append to the aggregate is seen here. A snapshot is used where it is
 * current; where it is missing, out of date or made by other rules, the events are replayed.
 *
 * ```ts
 * const accounts = new Aggregate({ type: 'ACCOUNT', store, processor })
 * await accounts.append('account-1', createEvent('ACCOUNT_OPENED', { email: 'owner@example.com' }))
 * const snapshot = await accounts.get('account-1')
 * console.assert(snapshot?.state.email === 'owner@example.com')
 * ```
 */
export class Aggregate<State, Inbound, Outbound = unknown, Input = Inbound> {
  readonly type: string
  readonly #options: AggregateOptions<State, Inbound, Outbound, Input>
  readonly #kind: Kind<State>

  constructor(options: AggregateOptions<State, Inbound, Outbound, Input>) {
    const { type, store, processor, indexes = [], attempts = MOST_ATTEMPTS, ...unknown } = options
    const [key] = Object.keys(unknown)
    if (key !== undefined)
      refuse([type, 'options'], 'only type, store, processor, indexes and attempts', key)
    const definitions = processor?.events as unknown as EventDefinitions | undefined
    const map = indexMap(type, indexes)
    this.#kind = kindOf({ type, store, indexes: map, definitions, rulebook: processor })
    this.#options = { type, store, processor, indexes: Object.fromEntries(map), attempts }
    checkAttempts(attempts)
    this.type = type
  }

  /**
   * Appends events to an aggregate, which begins with its first one. On conflict the rules run again on
   * what is there then, up to 20 times by default; appends of one process to one aggregate wait for each
   * other instead.
   *
   * Throws `REJECTED` where a rule throws, with what it threw as `cause`; `CONFLICT` where the attempts
   * were used up; `INVALID_EVENT` and `INVALID_ARGUMENT` for events that cannot be stored. Then nothing
   * is written.
   */
  async append(id: string, ...events: InputOfAggregate<Input>[]): Promise<Appended<State>> {
    const writable = await this.#writable(id, events, 1)
    return append(this.#kind, id, { attempts: this.#options.attempts, decide: () => writable })
  }

  /**
   * Appends to a state that the caller has, of which `sequence` is the version: it is believed, not
   * rebuilt. `null` and 0 begin an aggregate. Does not retry: throws `CONFLICT` where the aggregate is
   * at another version.
   */
  async appendTo(
    id: string,
    state: State | null,
    sequence: number,
    ...events: InputOfAggregate<Input>[]
  ): Promise<Appended<State>> {
    whole(sequence, ['appendTo', 'sequence'])
    if (((state ?? null) === null) !== (sequence === 0)) {
      refuse(['appendTo'], 'a state and its sequence, or null and 0', [state, sequence])
    }
    const own = copyOf(state)
    const kind = this.#kind
    const writable = await this.#writable(id, events, 1)
    const find = async (): Promise<Found<State>> => {
      const base = emptyBase(kind.rulebook)
      const { keys, guard } = await savedOf(kind, id)
      return { ...base, state: own ?? base.state, sequence, keys, guard, isCertain: true }
    }
    return append(kind, id, { find, attempts: 1, decide: () => writable })
  }

  /**
   * Replays all events from the initial state, appends the new ones, if any, and writes snapshot and
   * index entries anew.
   */
  async recalculate(
    id: string,
    ...events: InputOfAggregate<Input>[]
  ): Promise<Recalculated<State>> {
    const writable = await this.#writable(id, events)
    const past: OutboundEvent[] = []
    const find = (): Promise<Found<State>> => {
      past.length = 0
      return findAnew(this.#kind, id, ({ type, data }) => past.push({ type, data }))
    }
    const appended = await append(this.#kind, id, {
      attempts: this.#options.attempts,
      find,
      decide: ({ sequence }) => (sequence + events.length === 0 ? undefined : writable),
    })
    return { ...appended, pastOutboundEvents: past }
  }

  /** The aggregate as it is now; `null` where it has no events. */
  get(id: string): Promise<Snapshot<State> | null> {
    return snapshotOf(this.#kind, id)
  }

  /** The aggregates that an index has under a key, by id. Throws `INVALID_ARGUMENT` for an unknown index. */
  query(index: string, key: string): Promise<Snapshot<State>[]> {
    return queryAll(this.#kind, index, key)
  }

  /** As {@link Aggregate.query}, in pages; a page may hold fewer than its limit before the last one. */
  queryPage(index: string, key: string, options?: PageOptions): Promise<SnapshotPage<State>> {
    return queryPage(this.#kind, index, key, options)
  }

  /** The same aggregates, on the caller's transaction. Throws `UNSUPPORTED` where the store has none. */
  within(transaction: unknown): Aggregate<State, Inbound, Outbound, Input> {
    const { store } = this.#options
    if (!store.within) {
      throw new UnsupportedError('this store has no transactions: put everything into one append')
    }
    return new Aggregate({ ...this.#options, store: store.within(transaction) })
  }

  async #writable(id: string, events: readonly NewEvent[], least = 0): Promise<Writable> {
    name(id, [this.type, 'id'])
    if (events.length < least) refuse([this.type, id], 'at least one event', events)
    return writableOf(this.#kind, id, events)
  }
}
