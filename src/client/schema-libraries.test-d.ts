import {
  createEventClient,
  defineDecision,
  defineEvents,
  MemoryEventStore,
  reject,
} from 'eventfold'
import { describe, expectTypeOf, test } from 'vitest'
import { arktype, valibot, zod3, zod4 } from './schema-libraries.fixture.ts'

const store = new MemoryEventStore()
const zod4Client = createEventClient({ store, events: defineEvents(zod4) })
const zod3Client = createEventClient({ store, events: defineEvents(zod3) })
const valibotClient = createEventClient({ store, events: defineEvents(valibot) })
const arktypeClient = createEventClient({ store, events: defineEvents(arktype) })
const item = { cartId: 'cart_1', productId: 'prod_1' }

describe('a client of any library of schemas', () => {
  test('takes the inputs and gives the outputs', async () => {
    const saves = [
      (await zod4Client.saveEvent({ type: 'ITEM_ADDED', data: item })).data,
      (await zod3Client.saveEvent({ type: 'ITEM_ADDED', data: item })).data,
      (await valibotClient.saveEvent({ type: 'ITEM_ADDED', data: item })).data,
      (await arktypeClient.saveEvent({ type: 'ITEM_ADDED', data: item })).data,
    ] as const
    expectTypeOf<(typeof saves)[number]>().toEqualTypeOf<{
      cartId: string
      productId: string
      quantity: number
    }>()
  })

  test('knows the keys of each type', () => {
    const filter = { cartId: 'cart_1', quantity: { gte: 2 } }
    void zod3Client.getEventStream({ types: ['ITEM_ADDED'], filter })
    void valibotClient.getEventStream({ types: ['ITEM_ADDED'], filter })
    void arktypeClient.getEventStream({ types: ['ITEM_ADDED'], filter })
    // @ts-expect-error a key of another event
    void zod3Client.getEventStream({ types: ['CART_CREATED'], filter: { quantity: 1 } })
    // @ts-expect-error a key of another event
    void valibotClient.getEventStream({ types: ['CART_CREATED'], filter: { quantity: 1 } })
    // @ts-expect-error a key of another event
    void arktypeClient.getEventStream({ types: ['CART_CREATED'], filter: { quantity: 1 } })
    // @ts-expect-error a misspelt key
    void zod3Client.saveEvent({ type: 'ITEM_ADDED', data: { ...item, quantty: 1 } })
    // @ts-expect-error a misspelt key
    void valibotClient.saveEvent({ type: 'ITEM_ADDED', data: { ...item, quantty: 1 } })
    // @ts-expect-error a misspelt key
    void arktypeClient.saveEvent({ type: 'ITEM_ADDED', data: { ...item, quantty: 1 } })
  })

  test('executes decisions of its definitions', () => {
    const ofArktype = defineDecision(defineEvents(arktype), {
      streams: (command: typeof item) => [{ filter: { cartId: command.cartId } }],
      initialState: 0,
      evolve: { ITEM_ADDED: (pieces, { data }) => pieces + data.quantity },
      decide: (data, pieces) => (pieces > 3 ? reject('full') : { type: 'ITEM_ADDED', data }),
    })
    void ofArktype.execute(arktypeClient, item)
    const ofValibot = defineDecision(defineEvents(valibot), {
      streams: (command: typeof item) => [{ filter: { cartId: command.cartId } }],
      initialState: 0,
      evolve: { ITEM_ADDED: (pieces, { data }) => pieces + data.quantity },
      decide: (data, pieces) => (pieces > 3 ? reject('full') : { type: 'ITEM_ADDED', data }),
    })
    void ofValibot.execute(valibotClient, item)
  })
})

describe('the type of a client', () => {
  test('is a short name, whatever the schemas', () => {
    type Name<Value> = Value extends { readonly saveEvent: infer Save } ? Save : never
    expectTypeOf<Name<typeof zod4Client>>().toBeFunction()
    expectTypeOf(zod4Client).toExtend<typeof valibotClient>()
    expectTypeOf(valibotClient).toExtend<typeof arktypeClient>()
  })
})
