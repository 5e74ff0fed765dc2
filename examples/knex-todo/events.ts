import {
  createEventInputSchema,
  createEventSchema,
  type EventClient,
  type EventInput,
} from 'eventfold/knex'
import { z } from 'zod'

export const eventTypes = {
  LIST_CREATED: 'LIST_CREATED',
  ITEM_ADDED: 'ITEM_ADDED',
  ITEM_COMPLETED: 'ITEM_COMPLETED',
  ITEM_MARKED_INCOMPLETE: 'ITEM_MARKED_INCOMPLETE',
  ITEM_REMOVED: 'ITEM_REMOVED',
} as const

const list = z.object({ listId: z.string(), name: z.string() })
const item = z.object({ listId: z.string(), itemId: z.string() })
const titled = z.object({ listId: z.string(), itemId: z.string(), title: z.string().min(1) })

/** The facts as they are stored. */
export const eventUnion = z.discriminatedUnion('type', [
  createEventSchema(eventTypes.LIST_CREATED, list),
  createEventSchema(eventTypes.ITEM_ADDED, titled),
  createEventSchema(eventTypes.ITEM_COMPLETED, item),
  createEventSchema(eventTypes.ITEM_MARKED_INCOMPLETE, item),
  createEventSchema(eventTypes.ITEM_REMOVED, item),
])

/** The facts as they are saved: without id and times. */
export const eventInputUnion = z.discriminatedUnion('type', [
  createEventInputSchema(eventTypes.LIST_CREATED, list),
  createEventInputSchema(eventTypes.ITEM_ADDED, titled),
  createEventInputSchema(eventTypes.ITEM_COMPLETED, item),
  createEventInputSchema(eventTypes.ITEM_MARKED_INCOMPLETE, item),
  createEventInputSchema(eventTypes.ITEM_REMOVED, item),
])

export type UserEvent = z.infer<typeof eventUnion>
export type UserEventInput = EventInput<UserEvent>
export type TodoClient = EventClient<typeof eventUnion, typeof eventInputUnion>
