import { describe, expectTypeOf, test } from 'vitest'
import type {
  AggregateRef,
  EventMetadata,
  EventShape,
  New,
  NewEvent,
  Stored,
  StoredEvent,
} from './event.ts'

type Added = { readonly type: 'ITEM_ADDED'; readonly data: { readonly cartId: string; n: number } }
type Closed = { readonly type: 'CART_CLOSED'; readonly data: { readonly cartId: string } }

describe('the stored form of a union', () => {
  test('is the union of the stored forms', () => {
    expectTypeOf<Stored<Added | Closed>>().toEqualTypeOf<
      StoredEvent<'ITEM_ADDED', Added['data']> | StoredEvent<'CART_CLOSED', Closed['data']>
    >()
  })

  test('keeps data tied to its type', () => {
    const event = {} as Stored<Added | Closed>
    if (event.type === 'ITEM_ADDED') expectTypeOf(event.data).toEqualTypeOf<Added['data']>()
    else expectTypeOf(event).toEqualTypeOf<StoredEvent<'CART_CLOSED', Closed['data']>>()
    // @ts-expect-error only one of them has it
    void event.data.n
  })

  test('passes wherever any stored event does', () => {
    expectTypeOf<Stored<Added | Closed>>().toExtend<StoredEvent>()
    expectTypeOf<Stored<Added | Closed>>().toExtend<EventShape>()
    expectTypeOf<Stored<EventShape>>().toEqualTypeOf<StoredEvent>()
    expectTypeOf<Stored<never>>().toEqualTypeOf<never>()
  })

  test('is the work of the store: nothing in it may be assigned', () => {
    const event = {} as StoredEvent
    expectTypeOf(event.data).toEqualTypeOf<unknown>()
    // @ts-expect-error a fact does not change
    event.position = 1
    // @ts-expect-error nor does what it says about itself
    event.metadata.actorId = 'user_1'
  })
})

describe('the new form of a union', () => {
  test('keeps data tied to its type', () => {
    const fits = { type: 'ITEM_ADDED', data: { cartId: 'c', n: 1 } } as const
    expectTypeOf(fits).toExtend<New<Added | Closed>>()
    // @ts-expect-error data of another type
    const crossed: New<Added | Closed> = { type: 'ITEM_ADDED', data: { cartId: 'c' } }
    void crossed
    // @ts-expect-error a key that the type does not have
    const more: New<Added | Closed> = { type: 'CART_CLOSED', data: { cartId: 'c', n: 1 } }
    void more
    // @ts-expect-error the store gives positions
    const placed: New<Closed> = { type: 'CART_CLOSED', data: { cartId: 'c' }, position: 1 }
    void placed
  })

  test('passes wherever any new event does', () => {
    expectTypeOf<New<Added | Closed>>().toExtend<NewEvent>()
    expectTypeOf<New<EventShape>>().toEqualTypeOf<NewEvent>()
    expectTypeOf<New<never>>().toEqualTypeOf<never>()
  })

  test('of one event with several types keeps its data', () => {
    type Either = { readonly type: 'OPENED' | 'CLOSED'; readonly data: { readonly cartId: string } }
    expectTypeOf<New<Either>>().toEqualTypeOf<
      NewEvent<'OPENED', Either['data']> | NewEvent<'CLOSED', Either['data']>
    >()
  })

  test('takes what may be undefined, as most code has it', () => {
    const id = undefined as string | undefined
    const metadata = undefined as EventMetadata | undefined
    const aggregate = undefined as AggregateRef | undefined
    const event = { id, type: 'CART_CLOSED', data: {}, metadata, aggregate }
    expectTypeOf(event).toExtend<NewEvent>()
  })
})

test('metadata takes what may be undefined, and keys of the application', () => {
  const actorId = undefined as string | undefined
  const metadata: EventMetadata = { actorId, correlationId: actorId, schemaVersion: 2, trace: [1] }
  expectTypeOf(metadata.actorId).toEqualTypeOf<string | undefined>()
  expectTypeOf(metadata['trace']).toEqualTypeOf<unknown>()
  // @ts-expect-error an actor is a string
  const wrong: EventMetadata = { actorId: 7 }
  void wrong
})
