import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { createEventFunctions, type EventBase } from 'eventfold/dynamodb'

// An application as users of @status-machina/ddb-pattern write it: an enum, interfaces that extend the
// base, and both type arguments.

export enum PriceEventTypes {
  PRICE_LOWERED = 'PRICE_LOWERED',
  PRICE_RAISED = 'PRICE_RAISED',
}

export type PriceEventBase = EventBase<PriceEventTypes>

export interface PriceLowered extends PriceEventBase {
  type: PriceEventTypes.PRICE_LOWERED
  data: {
    store_id: string
    product_id: string
    price: number
  }
}

export interface PriceRaised extends PriceEventBase {
  type: PriceEventTypes.PRICE_RAISED
  data: {
    store_id: string
    product_id: string
    alert_id?: string
    price: number
  }
}

export type PriceEvents = PriceLowered | PriceRaised

export const createPriceClient = (ddbClient: DynamoDBDocumentClient, tableName: string) =>
  createEventFunctions<PriceEventTypes, PriceEvents>(ddbClient, tableName, 'store_id')

const STORE = '01JA8B7897ECZ47ZYM351HVBKB'
const PRODUCT = '01JA8B75A0NTKHTDPP7Q1W7Q35'

/** What their document does, call by call. */
export async function walkThrough(ddbClient: DynamoDBDocumentClient, tableName: string) {
  const eventClient = createPriceClient(ddbClient, tableName)

  await eventClient.saveEvent({
    type: PriceEventTypes.PRICE_LOWERED,
    data: { price: 100, product_id: PRODUCT, store_id: STORE },
  })
  await eventClient.saveEvent({
    type: PriceEventTypes.PRICE_LOWERED,
    data: { price: 90, product_id: PRODUCT, store_id: STORE },
  })
  await eventClient.saveEvent({
    type: PriceEventTypes.PRICE_RAISED,
    data: { price: 110, product_id: PRODUCT, store_id: STORE, alert_id: undefined },
  })

  const latestOfStore = await eventClient.getLatestEvent({
    eventType: PriceEventTypes.PRICE_LOWERED,
    partitionId: STORE,
  })
  const latestOfProduct = await eventClient.getLatestEvents({
    eventType: PriceEventTypes.PRICE_LOWERED,
    partitionId: STORE,
    modelKey: 'product_id',
    modelId: PRODUCT,
    after: '01JA8B7K770W4XABTR20SSW99B',
  })
  const raised = await eventClient.getEventStream({
    eventTypes: [PriceEventTypes.PRICE_RAISED],
    partitionId: STORE,
  })
  const elsewhere = await eventClient.getLatestEvent({
    eventType: PriceEventTypes.PRICE_RAISED,
    partitionId: 'another store',
    modelKey: 'product_id',
    modelId: PRODUCT,
  })
  return {
    latestPrice: latestOfStore?.data.price,
    lowered: latestOfProduct.map((event) => event.data.price),
    raised: raised.map((event) => [event.type, event.data]),
    elsewhere,
  }
}
