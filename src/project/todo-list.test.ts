import { beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { createEventClient } from '../client/create-client.ts'
import { stores, type TestLog } from '../client/stores.fixture.ts'
import {
  todo,
  type TodoClient,
  type UserEvent,
  type UserEventInput,
} from '../client/todo-list.fixture.ts'
import { SingleStreamProjection } from './projection.ts'

const items = z.array(z.object({ id: z.string(), text: z.string(), createdAt: z.string() }))
const listSchema = z.object({
  listId: z.string(),
  name: z.string(),
  completedItems: items,
  incompleteItems: items,
  removedItems: items,
})
type ListJson = z.infer<typeof listSchema>
type Items = ListJson['completedItems']

const toInitialState = (listId: string): ListJson => ({
  listId,
  name: '',
  completedItems: [],
  incompleteItems: [],
  removedItems: [],
})
const without = (list: Items, event: { data: { itemId: string } }): Items =>
  list.filter(({ id }) => id !== event.data.itemId)
const only = (list: Items, event: { data: { itemId: string } }): Items =>
  list.filter(({ id }) => id === event.data.itemId)

const toNextState = (state: ListJson, event: UserEvent): ListJson => {
  const { completedItems, incompleteItems, removedItems } = state
  switch (event.type) {
    case 'LIST_CREATED':
      return { ...state, name: event.data.name }
    case 'ITEM_ADDED': {
      const { itemId: id, title: text } = event.data
      return { ...state, incompleteItems: [...incompleteItems, { id, text, createdAt: 'today' }] }
    }
    case 'ITEM_COMPLETED':
      return {
        ...state,
        completedItems: [...completedItems, ...only(incompleteItems, event)],
        incompleteItems: without(incompleteItems, event),
      }
    case 'ITEM_MARKED_INCOMPLETE':
      return {
        ...state,
        completedItems: without(completedItems, event),
        incompleteItems: [...incompleteItems, ...only(completedItems, event)],
      }
    case 'ITEM_REMOVED':
      return {
        ...state,
        completedItems: without(completedItems, event),
        incompleteItems: without(incompleteItems, event),
        removedItems: [...removedItems, ...only([...completedItems, ...incompleteItems], event)],
      }
  }
}

class ListProjection extends SingleStreamProjection<
  z.ZodType<UserEvent>,
  z.ZodType<UserEventInput>,
  z.ZodType<ListJson>
> {
  readonly listId: string
  readonly jsonSchema = listSchema

  constructor(eventClient: TodoClient, listId: string, options: { loadExisting?: boolean } = {}) {
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
      'LIST_CREATED',
      'ITEM_ADDED',
      'ITEM_COMPLETED',
      'ITEM_MARKED_INCOMPLETE',
      'ITEM_REMOVED',
    ]
  }
  get filter() {
    return { listId: { eq: this.id } }
  }
  async asJson(): Promise<ListJson> {
    const existingState = await this.getExistingState()
    const events = await this.getEvents()
    return events.reduce(toNextState, existingState ?? toInitialState(this.id))
  }
}

const listId = 'list_1'
const created = { type: 'LIST_CREATED', data: { listId, name: 'Groceries' } } as const
const on = <Type extends UserEvent['type']>(type: Type, itemId: string) =>
  ({ type, data: { listId, itemId } }) as const
const added = (itemId: string) =>
  ({ type: 'ITEM_ADDED', data: { listId, itemId, title: `Item ${itemId}` } }) as const

describe.each(stores)('the view of a todo list on $name', ({ open }) => {
  let log: TestLog
  let client: TodoClient
  beforeEach(async () => {
    log = await open()
    client = createEventClient({ store: log.store, events: todo })
    return () => log[Symbol.asyncDispose]()
  })
  /** Which items are incomplete, completed and removed. */
  const shown = async (options?: { loadExisting: boolean }) => {
    const json = await new ListProjection(client, listId, options).asJson()
    const ids = [json.incompleteItems, json.completedItems, json.removedItems]
    return ids.map((list) => list.map(({ id }) => id).join()).join('|')
  }

  test.each([
    [[], 'a,b||'],
    [[on('ITEM_COMPLETED', 'a')], 'b|a|'],
    [[on('ITEM_COMPLETED', 'a'), on('ITEM_MARKED_INCOMPLETE', 'a')], 'b,a||'],
    [[on('ITEM_REMOVED', 'a')], 'b||a'],
    [[on('ITEM_COMPLETED', 'a'), on('ITEM_REMOVED', 'a')], 'b||a'],
  ])('after %j it shows %s', async (events, expected) => {
    await client.saveEvents([created, added('a'), added('b'), ...events])
    expect(await shown()).toBe(expected)
    await new ListProjection(client, listId).save()
    expect(await shown({ loadExisting: true })).toBe(expected)
  })

  test('what is saved and what came since are shown together', async () => {
    await client.saveEvents([created, added('a')])
    await new ListProjection(client, listId).save()
    await client.saveEvent(added('b'))
    const list = new ListProjection(client, listId, { loadExisting: true })
    expect((await list.asJson()).incompleteItems.map(({ text }) => text)).toEqual([
      'Item a',
      'Item b',
    ])
    await list.save()
    await client.saveEvent(added('c'))
    await list.refresh()
    expect(await list.getEvents()).toHaveLength(1)
    expect(await list.asJson()).toMatchObject({
      name: 'Groceries',
      incompleteItems: [{ id: 'a' }, { id: 'b' }, { id: 'c' }],
    })
  })

  test('what would happen is shown, and not saved', async () => {
    await client.saveEvents([created, added('a')])
    const list = new ListProjection(client, listId).apply(on('ITEM_COMPLETED', 'a'))
    expect((await list.asJson()).completedItems).toMatchObject([{ id: 'a' }])
    await expect(list.save()).rejects.toThrow('Cannot save projection with applied events')
    expect(await shown()).toBe('a||')
  })

  test('saved lists are found by their name', async () => {
    await client.saveEvents([created, { ...created, data: { listId: 'list_2', name: 'Tools' } }])
    for (const id of [listId, 'list_2']) await new ListProjection(client, id).save()
    const { documents } = await client.queryProjections<ListJson>({
      type: 'list',
      filter: { name: 'Tools' },
    })
    expect(documents.map(({ data }) => data)).toEqual([
      { ...toInitialState('list_2'), name: 'Tools' },
    ])
  })
})
