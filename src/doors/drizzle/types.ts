import type { OfType } from '../../client/typed-stream.ts'
import type { EventMetadata } from '../../event/event.ts'

/** An event as its type and data alone. What else an event type of yours declares is of no matter. */
export interface EventLike<Type extends string = string> {
  readonly type: Type
  readonly data: unknown
}

/** Any event as this door gives it. */
export interface GenericEventBase<Type extends string = string> {
  /** A ULID, unless you gave one of your own. */
  id: string
  type: Type
  data: Record<string, unknown>
  createdAt: Date
  updatedAt: Date
}

/**
 * An event as this door gives it: yours, with `id`, `createdAt` (the store's clock, which never orders)
 * and `updatedAt`, which equals it, since events never change.
 */
export type EventRecord<Event extends EventLike> = Event extends unknown
  ? Event & Pick<GenericEventBase, 'id' | 'createdAt' | 'updatedAt'>
  : never

/**
 * What is saved, for each event of a union: `data` stays tied to `type`. The store makes the times, and
 * the id unless one is given.
 *
 * ```ts
 * import type { InputOf } from 'eventfold/drizzle'
 *
 * type Input = InputOf<
 *   | { type: 'OPENED'; data: { cartId: string } }
 *   | { type: 'CLOSED'; data: { cartId: string; reason: string } }
 * >
 * const input: Input = { type: 'CLOSED', data: { cartId: 'cart_123', reason: 'paid' } }
 * ```
 */
export type InputOf<Event> = Event extends unknown
  ? Omit<Event, 'id' | 'createdAt' | 'updatedAt'> & {
      readonly id?: string | undefined
      readonly metadata?: EventMetadata | undefined
    }
  : never

/** Any event that may be saved. */
export type GenericEventInput<Type extends string = string> = InputOf<GenericEventBase<Type>>

/** The events of a union that have one of the types. */
export type EventFromType<Event extends EventLike, Type> = OfType<Event, Type>

/** What a projection shows: of its class, what `asJson` gives; of anything else, that. */
export type ViewOf<View> = View extends { asJson(): infer Shown } ? Awaited<Shown> : View

/** The transactions of a Drizzle database. */
export type TransactionOf<Db> = Db extends {
  transaction(work: (transaction: infer Transaction) => Promise<never>): unknown
}
  ? Transaction
  : object
