import { SingleStreamProjection, type EventClient } from 'eventfold/knex'
import { z } from 'zod'
import { eventTypes, type UserEvent, type UserEventInput } from './events.ts'

const listItem = z.object({ id: z.string(), text: z.string(), createdAt: z.string() })

export const listSchema = z.object({
  listId: z.string(),
  name: z.string(),
  incompleteItems: z.array(listItem),
  completedItems: z.array(listItem),
  removedItems: z.array(listItem),
})
export type ListJson = z.infer<typeof listSchema>
type Items = ListJson['incompleteItems']

const without = (items: Items, itemId: string): Items => items.filter(({ id }) => id !== itemId)
const only = (items: Items, itemId: string): Items => items.filter(({ id }) => id === itemId)

export function toNextState(state: ListJson, event: UserEvent): ListJson {
  const { incompleteItems, completedItems, removedItems } = state
  switch (event.type) {
    case eventTypes.LIST_CREATED:
      return { ...state, name: event.data.name }
    case eventTypes.ITEM_ADDED: {
      const { itemId: id, title: text } = event.data
      return {
        ...state,
        incompleteItems: [...incompleteItems, { id, text, createdAt: event.created_at }],
      }
    }
    case eventTypes.ITEM_COMPLETED: {
      const { itemId } = event.data
      return {
        ...state,
        incompleteItems: without(incompleteItems, itemId),
        completedItems: [...completedItems, ...only(incompleteItems, itemId)],
      }
    }
    case eventTypes.ITEM_MARKED_INCOMPLETE: {
      const { itemId } = event.data
      return {
        ...state,
        incompleteItems: [...incompleteItems, ...only(completedItems, itemId)],
        completedItems: without(completedItems, itemId),
      }
    }
    case eventTypes.ITEM_REMOVED: {
      const { itemId } = event.data
      const removed = only([...incompleteItems, ...completedItems], itemId)
      return {
        ...state,
        incompleteItems: without(incompleteItems, itemId),
        completedItems: without(completedItems, itemId),
        removedItems: [...removedItems, ...removed],
      }
    }
    default:
      return state
  }
}

/** What is on a list. */
export class ListProjection extends SingleStreamProjection<
  z.ZodType<UserEvent>,
  z.ZodType<UserEventInput>,
  z.ZodType<ListJson>
> {
  readonly listId: string
  readonly jsonSchema = listSchema

  constructor(
    eventClient: EventClient<z.ZodType<UserEvent>, z.ZodType<UserEventInput>>,
    listId: string,
    options: { loadExisting?: boolean } = {},
  ) {
    super(eventClient, options)
    this.listId = listId
  }

  get id(): string {
    return this.listId
  }

  get type(): string {
    return 'list'
  }

  get types(): Array<UserEvent['type']> {
    return [
      eventTypes.LIST_CREATED,
      eventTypes.ITEM_ADDED,
      eventTypes.ITEM_COMPLETED,
      eventTypes.ITEM_MARKED_INCOMPLETE,
      eventTypes.ITEM_REMOVED,
    ]
  }

  get filter() {
    return { listId: { eq: this.id } }
  }

  async asJson(): Promise<ListJson> {
    const existingState = await this.getExistingState()
    const events = await this.getEvents()
    return events.reduce(toNextState, existingState ?? this.initialState())
  }

  private initialState(): ListJson {
    return {
      listId: this.id,
      name: '',
      incompleteItems: [],
      completedItems: [],
      removedItems: [],
    }
  }
}
