import { Aggregate, Processor, type EventStore } from 'eventfold'
import { cartIdOf, randomNumbers, sampleEvent, type SampleEvent } from './sample.ts'

const random = randomNumbers(7)

const processor = new Processor<{ quantity: number }, SampleEvent['data']>(
  new Map(
    ['CART_CREATED', 'ITEM_ADDED', 'ITEM_REMOVED', 'CART_CHECKED_OUT'].map((type) => [
      type,
      ({ state, current }) => ({ quantity: state.quantity + Number(current['quantity']) }),
    ]),
  ),
  () => ({ quantity: 0 }),
)

/** Appends to a few aggregates, one after another: each reads the snapshot and writes the next one. */
export function aggregateAppends(store: EventStore): (appends: number) => Promise<number> {
  const carts = new Aggregate({ type: 'cart', store, processor })
  return async (appends) => {
    for (let done = 0; done < appends; done += 1) {
      await carts.append(cartIdOf(random(50)), sampleEvent(random))
    }
    return appends
  }
}
