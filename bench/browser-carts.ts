import type { Cursor, EventStore } from 'eventfold'
import { CARTS, cartIdOf, sampleEvent } from './sample.ts'

type Random = (below: number) => number

/** Carts in a store, and the cursor up to which each was read. */
export class Carts {
  readonly #store: EventStore
  readonly #first: Cursor
  readonly #cursors = new Map<number, Cursor>()

  private constructor(store: EventStore, first: Cursor) {
    this.#store = store
    this.#first = first
  }

  /** All of them as they are now. */
  static async of(store: EventStore): Promise<Carts> {
    return new Carts(store, (await store.load([{ types: ['nothing'] }])).cursor)
  }

  /** Callers who each await one append after another, on carts of their own. */
  async append(callers: number, appends: number, random: Random): Promise<number> {
    const each = Math.ceil(appends / callers)
    const caller = async (number: number): Promise<void> => {
      for (let done = 0; done < each; done += 1) {
        await this.#appendTo(callers * random(Math.floor(CARTS / callers)) + number, random)
      }
    }
    await Promise.all(Array.from({ length: callers }, (_, number) => caller(number)))
    return each * callers
  }

  async #appendTo(cart: number, random: Random): Promise<void> {
    const { cursor } = await this.#store.commit({
      events: [sampleEvent(random, cart)],
      conditions: [
        {
          streams: [{ filter: { cartId: cartIdOf(cart) } }],
          after: this.#cursors.get(cart) ?? this.#first,
        },
      ],
    })
    if (cursor !== undefined) this.#cursors.set(cart, cursor)
  }
}
