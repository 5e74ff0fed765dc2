import { MultiStreamValidator, SingleStreamValidator } from 'eventfold/knex'
import {
  eventTypes,
  type eventInputUnion,
  type eventUnion,
  type TodoClient,
  type UserEvent,
} from './events.ts'

// Reducers stand outside the classes: they can be tested and used again.
export function toIncompleteItemIds(ids: string[], event: UserEvent): string[] {
  switch (event.type) {
    case eventTypes.ITEM_ADDED:
    case eventTypes.ITEM_MARKED_INCOMPLETE:
      return [...ids.filter((id) => id !== event.data.itemId), event.data.itemId]
    case eventTypes.ITEM_COMPLETED:
    case eventTypes.ITEM_REMOVED:
      return ids.filter((id) => id !== event.data.itemId)
    default:
      return ids
  }
}

type ItemState = 'not on the list' | 'to do' | 'done'

export function toItemState(state: ItemState, event: UserEvent): ItemState {
  switch (event.type) {
    case eventTypes.ITEM_ADDED:
    case eventTypes.ITEM_MARKED_INCOMPLETE:
      return 'to do'
    case eventTypes.ITEM_COMPLETED:
      return 'done'
    case eventTypes.ITEM_REMOVED:
      return 'not on the list'
    default:
      return state
  }
}

/** At most three items of a list are to do. */
export class AddItemValidator extends SingleStreamValidator<
  typeof eventUnion,
  typeof eventInputUnion
> {
  constructor(eventClient: TodoClient, listId: string) {
    super(
      eventClient,
      [
        eventTypes.ITEM_ADDED,
        eventTypes.ITEM_REMOVED,
        eventTypes.ITEM_COMPLETED,
        eventTypes.ITEM_MARKED_INCOMPLETE,
      ],
      { listId: { eq: listId } },
    )
  }

  private async ensureThereIsRoom(): Promise<void> {
    const ids = await this.reduceEvents(toIncompleteItemIds, [])
    if (ids.length > 3) throw new Error('three items are to do already')
  }

  async isValid(): Promise<boolean> {
    await this.ensureThereIsRoom()
    return true
  }
}

/** What is done is on the list, and is done or undone once. */
export class ItemValidator extends MultiStreamValidator<typeof eventUnion, typeof eventInputUnion> {
  private readonly expected: readonly ItemState[]

  constructor(eventClient: TodoClient, itemId: string, expected: readonly ItemState[]) {
    const filter = { itemId: { eq: itemId } }
    super(eventClient, [
      { types: [eventTypes.ITEM_ADDED, eventTypes.ITEM_REMOVED], filter },
      { types: [eventTypes.ITEM_COMPLETED, eventTypes.ITEM_MARKED_INCOMPLETE], filter },
    ])
    this.expected = expected
  }

  async isValid(): Promise<boolean> {
    const state = await this.reduceOnlyDbEvents<ItemState>(toItemState, 'not on the list')
    if (!this.expected.includes(state)) throw new Error(`the item is ${state}`)
    return true
  }
}
