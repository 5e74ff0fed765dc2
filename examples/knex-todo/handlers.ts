import { eventTypes, type TodoClient } from './events.ts'
import { ListProjection, type ListJson } from './projections.ts'
import { AddItemValidator, ItemValidator } from './validators.ts'

// Commands go through validators, and what is valid becomes an event.

export async function createList(client: TodoClient, listId: string, name: string): Promise<void> {
  await client.saveEvent({ type: eventTypes.LIST_CREATED, data: { listId, name } })
}

export interface AddItemCommand {
  readonly listId: string
  readonly itemId: string
  readonly title: string
}

export async function addItem(client: TodoClient, command: AddItemCommand): Promise<void> {
  const event = {
    type: eventTypes.ITEM_ADDED,
    data: { listId: command.listId, itemId: command.itemId, title: command.title },
  }
  await new AddItemValidator(client, command.listId).apply(event).save()
}

export interface ItemCommand {
  readonly listId: string
  readonly itemId: string
}

export async function completeItem(client: TodoClient, data: ItemCommand): Promise<void> {
  const event = { type: eventTypes.ITEM_COMPLETED, data }
  await new ItemValidator(client, data.itemId, ['to do']).apply(event).save()
}

export async function markItemIncomplete(client: TodoClient, data: ItemCommand): Promise<void> {
  const event = { type: eventTypes.ITEM_MARKED_INCOMPLETE, data }
  await new ItemValidator(client, data.itemId, ['done']).apply(event).save()
}

export async function removeItem(client: TodoClient, data: ItemCommand): Promise<void> {
  const event = { type: eventTypes.ITEM_REMOVED, data }
  await new ItemValidator(client, data.itemId, ['to do', 'done']).apply(event).save()
}

// Queries read projections.

/** The list as of now: what is saved, and the events since. */
export async function getList(client: TodoClient, listId: string): Promise<ListJson> {
  return await new ListProjection(client, listId, { loadExisting: true }).asJson()
}

export async function saveList(client: TodoClient, listId: string): Promise<void> {
  await new ListProjection(client, listId).save()
}
