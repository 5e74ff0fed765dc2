import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { describe, expectTypeOf, test } from 'vitest'
import {
  createEventFunctions,
  type AnyEvent,
  type EventBase,
  type EventClient,
  type EventStream,
  type IdKeyOf,
  type InputOf,
  type LatestQuery,
} from './index.ts'

type PriceTypes = 'PRICE_LOWERED' | 'PRICE_RAISED'
interface Lowered extends EventBase<PriceTypes> {
  type: 'PRICE_LOWERED'
  data: { store_id: string; product_id: string; discount: number }
}
interface RaisedData {
  store_id: string
  product_id: string
  alert_id?: string
  shelf_id: number
  price: number
}
interface Raised extends EventBase<PriceTypes> {
  type: 'PRICE_RAISED'
  data: RaisedData
}
type Prices = Lowered | Raised

declare const sdk: DynamoDBDocumentClient
const client = createEventFunctions<PriceTypes, Prices>(sdk, 'events', 'store_id')
const anyClient = createEventFunctions(sdk, 'events', 'store_id')
const product = { modelKey: 'product_id', modelId: 'prod_1' } as const
const lowered: Lowered['data'] = { store_id: '', product_id: '', discount: 1 }

describe('a client', () => {
  test('has the types that it is given, and needs none', () => {
    expectTypeOf(client).toEqualTypeOf<EventClient<PriceTypes, Prices>>()
    expectTypeOf(anyClient).toEqualTypeOf<EventClient>()
    expectTypeOf(createEventFunctions<PriceTypes>(sdk, 'events', 'store_id')).toEqualTypeOf<
      EventClient<PriceTypes, AnyEvent<PriceTypes>>
    >()
    void anyClient.saveEvent({ type: 'ANYTHING', data: { store_id: 'store_1' } })
    const found = anyClient.getLatestEvent({ eventType: 'ANYTHING', ...product })
    expectTypeOf(found).resolves.toEqualTypeOf<AnyEvent | undefined>()
  })

  test('has an identifier of its events as its partition key', () => {
    // @ts-expect-error no identifier
    createEventFunctions<PriceTypes, Prices>(sdk, 'events', 'price')
    // @ts-expect-error of no event
    createEventFunctions<PriceTypes, Prices>(sdk, 'events', 'shop_id')
    // @ts-expect-error no identifier
    createEventFunctions(sdk, 'events', 'storeId')
  })
})

describe('what is saved', () => {
  test('keeps data tied to type', () => {
    expectTypeOf<{ type: 'PRICE_LOWERED'; data: Lowered['data'] }>().toExtend<InputOf<Prices>>()
    expectTypeOf<{ type: 'PRICE_RAISED'; data: Lowered['data'] }>().not.toExtend<InputOf<Prices>>()
    void client.saveEvent({ type: 'PRICE_LOWERED', data: lowered })
    // @ts-expect-error the data of another type
    void client.saveEvent({ type: 'PRICE_RAISED', data: lowered })
    // @ts-expect-error the data of another type
    void client.saveEvents([{ type: 'PRICE_RAISED', data: lowered }])
    // @ts-expect-error the data of another type
    void client.commit({ events: [{ type: 'PRICE_RAISED', data: lowered }] })
    // @ts-expect-error an unknown type
    void client.saveEvent({ type: 'PRICE_KEPT', data: lowered })
    // @ts-expect-error the store makes the keys
    void client.saveEvent({ type: 'PRICE_LOWERED', data: lowered, pk: '' })
  })

  test('may be any event of the union, with an id and metadata', () => {
    const input = {} as InputOf<Prices>
    void client.saveEvent(input)
    void client.saveEvent({ type: 'PRICE_LOWERED', data: lowered, id: 'mine', metadata: {} })
  })

  test('comes back as what it is', () => {
    const saved = client.saveEvent({ type: 'PRICE_LOWERED', data: lowered })
    expectTypeOf(saved).resolves.toEqualTypeOf<Lowered>()
    expectTypeOf(client.saveEvents([])).resolves.toEqualTypeOf<Prices[]>()
  })
})

describe('a question', () => {
  test('gives the events of its types', () => {
    const latest = client.getLatestEvent({ eventType: 'PRICE_RAISED' })
    expectTypeOf(latest).resolves.toEqualTypeOf<Raised | undefined>()
    const one = client.getLatestEvents({ eventType: 'PRICE_RAISED', partitionId: 'store_1' })
    expectTypeOf(one).resolves.toEqualTypeOf<Raised[]>()
    const both = client.getEventStream({ eventTypes: ['PRICE_RAISED', 'PRICE_LOWERED'], after: '' })
    expectTypeOf(both).resolves.toEqualTypeOf<Prices[]>()
    const some = client.getEventStreams({ streams: [{ eventTypes: ['PRICE_RAISED'], ...product }] })
    expectTypeOf(some).resolves.toEqualTypeOf<Raised[]>()
    const read = client.readEvents({ streams: [{ eventTypes: ['PRICE_LOWERED'] }] })
    expectTypeOf(read).toEqualTypeOf<AsyncIterable<Lowered>>()
    const loaded = client.load({
      streams: [{ eventTypes: ['PRICE_LOWERED'] }, { eventTypes: ['PRICE_RAISED'], ...product }],
    })
    expectTypeOf(loaded).resolves.toEqualTypeOf<{
      readonly events: Prices[]
      readonly cursor: string
    }>()
  })

  test('names a model by key and id, or none', () => {
    void client.getLatestEvent({ eventType: 'PRICE_RAISED', ...product, partitionId: 'store_1' })
    // @ts-expect-error no id
    void client.getLatestEvent({ eventType: 'PRICE_RAISED', modelKey: 'product_id' })
    // @ts-expect-error no key
    void client.getLatestEvents({ eventType: 'PRICE_RAISED', modelId: 'prod_1' })
    // @ts-expect-error no id
    void client.getEventStream({ eventTypes: ['PRICE_RAISED'], modelKey: 'product_id' })
    // @ts-expect-error no key
    void client.getEventStreams({ streams: [{ eventTypes: ['PRICE_RAISED'], modelId: 'prod_1' }] })
    // @ts-expect-error no id
    void anyClient.getLatestEvent({ eventType: 'ANYTHING', modelKey: 'product_id' })
  })

  test('names an identifier of its own types, and a value of its own', () => {
    expectTypeOf<IdKeyOf<Lowered>>().toEqualTypeOf<'store_id' | 'product_id'>()
    void client.getLatestEvent({ eventType: 'PRICE_RAISED', modelKey: 'alert_id', modelId: 'a_1' })
    void client.getLatestEvent({ eventType: 'PRICE_RAISED', modelKey: 'shelf_id', modelId: 7 })
    const types = ['PRICE_LOWERED', 'PRICE_RAISED'] as const
    void client.getEventStream({ eventTypes: types, modelKey: 'alert_id', modelId: 'a_1' })
    // @ts-expect-error an identifier of another type
    void client.getLatestEvent({ eventType: 'PRICE_LOWERED', modelKey: 'alert_id', modelId: 'a_1' })
    // @ts-expect-error no identifier
    void client.getLatestEvent({ eventType: 'PRICE_RAISED', modelKey: 'price', modelId: 1 })
    // @ts-expect-error a text where numbers are
    void client.getLatestEvent({ eventType: 'PRICE_RAISED', modelKey: 'shelf_id', modelId: '7' })
    void client.getEventStreams({
      streams: [
        { eventTypes: ['PRICE_RAISED'], modelKey: 'alert_id', modelId: 'a_1' },
        // @ts-expect-error an identifier of another type
        { eventTypes: ['PRICE_LOWERED'], modelKey: 'alert_id', modelId: 'a_1' },
      ],
    })
    // @ts-expect-error no identifier
    void anyClient.getLatestEvent({ eventType: 'ANYTHING', modelKey: 'price', modelId: 1 })
  })

  test('may be made elsewhere', () => {
    const types: PriceTypes[] = ['PRICE_RAISED']
    void client.getEventStream({ eventTypes: types, ...product })
    const streams: EventStream<Prices>[] = [{ eventTypes: types, ...product }]
    const found = client.getEventStreams({ streams })
    expectTypeOf(found).resolves.toEqualTypeOf<Prices[]>()
    const query: LatestQuery<Raised, 'PRICE_RAISED'> = { eventType: 'PRICE_RAISED', ...product }
    void client.getLatestEvent(query)
  })

  test('has no other keys', () => {
    // @ts-expect-error a typo
    void client.getLatestEvent({ eventType: 'PRICE_RAISED', partitionld: 'store_1' })
    // @ts-expect-error of another call
    void client.getLatestEvent({ eventTypes: ['PRICE_RAISED'] })
    // @ts-expect-error an unknown type
    void client.getEventStream({ eventTypes: ['PRICE_KEPT'] })
  })
})

test('a validation speaks of the events of the log', () => {
  const streams = [{ eventTypes: ['PRICE_RAISED'], ...product }] as const
  const event = { type: 'PRICE_LOWERED', data: lowered } as const
  const saved = client.saveEventWithStreamValidation({ event, streams, after: '' })
  expectTypeOf(saved).resolves.toEqualTypeOf<Lowered>()
  void client.saveEventsWithStreamValidation({ events: [event], streams, idempotencyKey: 'cmd_1' })
  // @ts-expect-error the data of another type
  void client.saveEventWithStreamValidation({ event: { ...event, type: 'PRICE_RAISED' }, streams })
  void client.saveEventWithStreamValidation({
    event,
    // @ts-expect-error an identifier of another type
    streams: [{ eventTypes: ['PRICE_LOWERED'], modelKey: 'alert_id', modelId: 'a_1' }],
  })
})

test('a projection says what it has seen', () => {
  void client.saveProjection({ type: 'PRICE', id: 'prod_1', data: 1, cursor: '' })
  // @ts-expect-error nothing said
  void client.saveProjection({ type: 'PRICE', id: 'prod_1', data: 1 })
  void client.forceUpdateProjection({ type: 'PRICE', id: 'prod_1', data: 1 })
})
