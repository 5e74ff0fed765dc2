import { z } from 'zod'
import { defineEvents, type EventDefinitions } from '../event/definition.ts'
import type { EventClient } from './client.ts'

const item = z.object({ listId: z.string(), itemId: z.string() })
const data = {
  LIST_CREATED: z.object({ listId: z.string(), name: z.string() }),
  ITEM_ADDED: item.extend({ title: z.string() }),
  ITEM_COMPLETED: item,
  ITEM_MARKED_INCOMPLETE: item,
  ITEM_REMOVED: item,
}
type Data = typeof data

/** The facts of a todo list, as a union. */
export type UserEvent = {
  [Type in keyof Data]: { readonly type: Type; readonly data: z.output<Data[Type]> }
}[keyof Data]
export type UserEventInput = UserEvent

export const todo: EventDefinitions<UserEvent, UserEventInput> = defineEvents(data)

/** A client that is named by any schemas of the unions, wider than the definitions. */
export type TodoClient = EventClient<z.ZodType<UserEvent>, z.ZodType<UserEventInput>>
