import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { createEventFunctions, type EventBase } from 'eventfold/dynamodb'

export type StoreEventTypes = 'PRICE_LOWERED' | 'PRICE_RAISED'
export type StoreEventBase = EventBase<StoreEventTypes>

/** Prices are in cents. */
export interface PriceLowered extends StoreEventBase {
  type: 'PRICE_LOWERED'
  data: { store_id: string; product_id: string; price: number }
}

export interface PriceRaised extends StoreEventBase {
  type: 'PRICE_RAISED'
  data: {
    store_id: string
    product_id: string
    /** Whoever has asked to be told. */
    alert_id?: string
    price: number
  }
}

export type StoreEvents = PriceLowered | PriceRaised

/** Events are filed by product, by alert and by store; the store is the partition, which can only be read. */
export const openPrices = (client: DynamoDBDocumentClient, tableName: string) =>
  createEventFunctions<StoreEventTypes, StoreEvents>(client, tableName, 'store_id')

export type Prices = ReturnType<typeof openPrices>
