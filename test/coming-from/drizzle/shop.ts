import {
  createEventClient,
  createEventsTable,
  createMultiStreamProjectionBaseClass,
  createProjectionBaseClass,
  createProjectionBaseClasssTable,
  type InputOf,
} from 'eventfold/drizzle'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'

// An application as users of @status-machina/drizzle-pg-pattern write them: with enums, interfaces,
// parameter properties and all type arguments.

export const events = createEventsTable({
  schema: 'shop',
  name: 'facts',
  dataIndexes: ['cartId', 'productId'],
})
export const projections = createProjectionBaseClasssTable({
  schema: 'shop',
  name: 'views',
  dataIndexes: ['cartId'],
})

export enum ShopEvents {
  OPENED = 'OPENED',
  PUT_IN = 'PUT_IN',
  TAKEN_OUT = 'TAKEN_OUT',
  PAID = 'PAID',
  NOTE_WRITTEN = 'NOTE_WRITTEN',
}

type EventBase = {
  type: ShopEvents
  data: Record<string, unknown>
  createdAt: Date
  updatedAt: Date
  id: string
}

interface Opened extends EventBase {
  type: ShopEvents.OPENED
  data: { cartId: string; userId: string }
}
interface PutIn extends EventBase {
  type: ShopEvents.PUT_IN
  data: { cartId: string; productId: string; quantity: number; priceAtTime: number }
}
interface TakenOut extends EventBase {
  type: ShopEvents.TAKEN_OUT
  data: { cartId: string; productId: string; quantity: number }
}
interface Paid extends EventBase {
  type: ShopEvents.PAID
  data: { cartId: string; paidAt: string }
}
interface NoteWritten extends EventBase {
  type: ShopEvents.NOTE_WRITTEN
  data: { cartId: string; text: string; by: string }
}
export type ShopEvent = Opened | PutIn | TakenOut | Paid | NoteWritten
export type ShopInput = InputOf<ShopEvent>

export type Db = NodePgDatabase
let db: Db
export const useDb = (given: Db) => {
  db = given
}

export const getShopClient = () =>
  // oxlint-disable-next-line no-explicit-any -- as their document has it
  createEventClient<ShopEvents, ShopEvent, Record<string, unknown>, any, typeof db>(
    db,
    events,
    projections,
  )

export const Projection = <T extends Record<string, unknown>>() =>
  createProjectionBaseClass<ShopEvents, ShopEvent, ReturnType<typeof getShopClient>, T>()

export const MultiStreamProjection = <T extends Record<string, unknown>>() =>
  createMultiStreamProjectionBaseClass<ShopEvents, ShopEvent, ReturnType<typeof getShopClient>, T>()

type Item = { productId: string; quantity: number; priceAtTime: number }

export const toItems = (items: Item[], event: ShopEvent): Item[] => {
  switch (event.type) {
    case ShopEvents.PUT_IN: {
      const { productId, quantity, priceAtTime } = event.data
      const known = items.find((item) => item.productId === productId)
      return known
        ? items.map((item) =>
            item === known ? { ...item, quantity: item.quantity + quantity } : item,
          )
        : [...items, { productId, quantity, priceAtTime }]
    }
    case ShopEvents.TAKEN_OUT:
      return items
        .map((item) =>
          item.productId === event.data.productId
            ? { ...item, quantity: item.quantity - event.data.quantity }
            : item,
        )
        .filter((item) => item.quantity > 0)
    default:
      return items
  }
}

export const toUserId = (userId: string, event: ShopEvent): string => {
  switch (event.type) {
    case ShopEvents.OPENED:
      return event.data.userId
    default:
      return userId
  }
}

export const toIsPaid = (isPaid: boolean, event: ShopEvent): boolean => {
  switch (event.type) {
    case ShopEvents.PAID:
      return true
    default:
      return isPaid
  }
}

const totalOf = (items: Item[]) =>
  items.reduce((sum, item) => sum + item.quantity * item.priceAtTime, 0)

type CartView = { id: string; userId: string; items: Item[]; isPaid: boolean; total: number }

export class CartProjection extends Projection<CartView>() {
  protected get eventTypes() {
    return [ShopEvents.OPENED, ShopEvents.PUT_IN, ShopEvents.TAKEN_OUT, ShopEvents.PAID]
  }

  protected get projectionType() {
    return 'CART'
  }

  constructor(
    private cartId: string,
    protected eventsClient: ReturnType<typeof getShopClient>,
  ) {
    super(eventsClient)
  }

  public get id() {
    return this.cartId
  }

  protected getEventIdentifiers() {
    return { cartId: this.cartId }
  }

  public async asJson(): Promise<CartView> {
    const projection = await this.savedProjection
    const userId = await this.reduceEvents(toUserId, projection?.data.userId || '')
    const items = await this.reduceEvents(toItems, projection?.data.items || [])
    const isPaid = await this.reduceEvents(toIsPaid, projection?.data.isPaid || false)
    return { id: this.cartId, userId, items, isPaid, total: totalOf(items) }
  }
}

type CartWithNotes = CartView & { lastNote: string; by: string }

export class CartWithNotesProjection extends MultiStreamProjection<CartWithNotes>() {
  protected get projectionType() {
    return 'CART_WITH_NOTES'
  }

  constructor(
    private cartId: string,
    protected eventsClient: ReturnType<typeof getShopClient>,
  ) {
    super(eventsClient)
  }

  public get id() {
    return this.cartId
  }

  protected getStreamOptions() {
    return [
      {
        eventTypes: [ShopEvents.OPENED, ShopEvents.PAID],
        options: { data: { cartId: this.cartId } },
      },
      {
        eventTypes: [ShopEvents.PUT_IN, ShopEvents.TAKEN_OUT],
        options: { data: { cartId: this.cartId } },
      },
      {
        eventTypes: [ShopEvents.NOTE_WRITTEN],
        options: { data: { cartId: this.cartId } },
      },
    ]
  }

  private async getNote() {
    return this.reduceEvents(
      (note, event) => {
        switch (event.type) {
          case ShopEvents.NOTE_WRITTEN:
            return { lastNote: event.data.text, by: event.data.by }
          default:
            return note
        }
      },
      { lastNote: '', by: '' },
    )
  }

  public async asJson(): Promise<CartWithNotes> {
    const userId = await this.reduceEvents(toUserId, '')
    const items = await this.reduceEvents(toItems, [])
    const isPaid = await this.reduceEvents(toIsPaid, false)
    const note = await this.getNote()
    return { id: this.cartId, userId, items, isPaid, total: totalOf(items), ...note }
  }
}
