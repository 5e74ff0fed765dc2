import { beforeEach, describe, expect, test } from 'vitest'
import type { z } from 'zod'
import { createEventClient } from '../client/create-client.ts'
import { stores, type TestLog } from '../client/stores.fixture.ts'
import {
  todo,
  type TodoClient,
  type UserEvent,
  type UserEventInput,
} from '../client/todo-list.fixture.ts'
import { MultiStreamValidator, SingleStreamValidator } from './validator.ts'

const toIncompleteItemIds = (ids: string[], event: UserEvent): string[] => {
  switch (event.type) {
    case 'ITEM_ADDED':
      return [...ids, event.data.itemId]
    case 'ITEM_COMPLETED':
    case 'ITEM_REMOVED':
      return ids.filter((id) => id !== event.data.itemId)
    case 'ITEM_MARKED_INCOMPLETE':
      return [...ids.filter((id) => id !== event.data.itemId), event.data.itemId]
    default:
      return ids
  }
}

type ItemState = 'absent' | 'incomplete' | 'complete'
const toItemState = (state: ItemState, event: UserEvent): ItemState => {
  switch (event.type) {
    case 'ITEM_ADDED':
    case 'ITEM_MARKED_INCOMPLETE':
      return 'incomplete'
    case 'ITEM_COMPLETED':
      return 'complete'
    case 'ITEM_REMOVED':
      return 'absent'
    default:
      return state
  }
}

class AddItemValidator extends SingleStreamValidator<
  z.ZodType<UserEvent>,
  z.ZodType<UserEventInput>
> {
  constructor(eventClient: TodoClient, listId: string) {
    super(eventClient, ['ITEM_ADDED', 'ITEM_REMOVED', 'ITEM_COMPLETED', 'ITEM_MARKED_INCOMPLETE'], {
      listId: { eq: listId },
    })
  }
  async #ensureThreeIncompleteItemsAtMost() {
    const ids = await this.reduceEvents(toIncompleteItemIds, [])
    if (ids.length > 3) throw new Error('Incomplete item count is greater than three')
  }
  async isValid(): Promise<boolean> {
    await this.#ensureThreeIncompleteItemsAtMost()
    return true
  }
}

class ItemValidator extends MultiStreamValidator<z.ZodType<UserEvent>, z.ZodType<UserEventInput>> {
  readonly #expected: ItemState
  constructor(eventClient: TodoClient, itemId: string, expected: ItemState) {
    const filter = { itemId: { eq: itemId } }
    super(eventClient, [
      { types: ['ITEM_ADDED', 'ITEM_REMOVED'], filter },
      { types: ['ITEM_COMPLETED', 'ITEM_MARKED_INCOMPLETE'], filter },
    ])
    this.#expected = expected
  }
  async isValid(): Promise<boolean> {
    // What is stored decides: the staged event is the one that is asked for.
    const state = await this.reduceOnlyDbEvents(toItemState, 'absent')
    if (state === 'absent') throw new Error('Item is not present in list')
    if (state !== this.#expected) throw new Error(`Item is not ${this.#expected}`)
    return true
  }
}

const listId = 'list_1'
const on = <Type extends UserEvent['type']>(type: Type, itemId: string) =>
  ({ type, data: { listId, itemId } }) as const
const added = (itemId: string) =>
  ({ type: 'ITEM_ADDED', data: { listId, itemId, title: `Item ${itemId}` } }) as const

describe.each(stores)('the rules of a todo list on $name', ({ open }) => {
  let log: TestLog
  let client: TodoClient
  beforeEach(async () => {
    log = await open()
    client = createEventClient({ store: log.store, events: todo })
    return () => log[Symbol.asyncDispose]()
  })
  const count = async () => (await log.everything()).length
  const add = (itemId: string) => new AddItemValidator(client, listId).apply(added(itemId)).save()
  const complete = (itemId: string) =>
    new ItemValidator(client, itemId, 'incomplete').apply(on('ITEM_COMPLETED', itemId)).save()
  const reopen = (itemId: string) =>
    new ItemValidator(client, itemId, 'complete').apply(on('ITEM_MARKED_INCOMPLETE', itemId)).save()

  describe('adding an item', () => {
    test('is allowed up to three that are not complete', async () => {
      for (const itemId of ['a', 'b', 'c']) {
        expect(await add(itemId)).toMatchObject([{ type: 'ITEM_ADDED', data: { itemId } }])
      }
      await expect(add('d')).rejects.toThrow('Incomplete item count is greater than three')
      expect(await count()).toBe(3)
    })

    test.each([
      ['one was completed', [on('ITEM_COMPLETED', 'a')], true],
      ['one was removed', [on('ITEM_REMOVED', 'a')], true],
      ['one was reopened', [on('ITEM_COMPLETED', 'a'), on('ITEM_MARKED_INCOMPLETE', 'a')], false],
    ])('counts anew when %s', async (_, events, allowed) => {
      await client.saveEvents([added('a'), added('b'), added('c'), ...events])
      const answer = add('d').then(
        () => true,
        () => false,
      )
      expect(await answer).toBe(allowed)
      expect(await count()).toBe(3 + events.length + Number(allowed))
    })

    test('concerns one list alone, and keeps its limit in a race', async () => {
      const elsewhere = added('z')
      await client.saveEvents(
        Array.from({ length: 4 }, () => ({
          ...elsewhere,
          data: { ...elsewhere.data, listId: 'list_2' },
        })),
      )
      await Promise.allSettled(['a', 'b', 'c', 'd', 'e', 'f'].map(add))
      for (const itemId of ['g', 'h', 'i']) await add(itemId).catch(() => {})
      expect(await client.getEventStream({ filter: { listId } })).toHaveLength(3)
    })
  })

  test('an item is completed once', async () => {
    await client.saveEvent(added('a'))
    expect(await complete('a')).toMatchObject([{ type: 'ITEM_COMPLETED' }])
    await expect(complete('a')).rejects.toThrow('Item is not incomplete')
    expect(await client.getEventStream({ types: ['ITEM_COMPLETED'] })).toHaveLength(1)
    await expect(complete('nobody')).rejects.toThrow('Item is not present in list')
    await client.saveEvent(on('ITEM_REMOVED', 'a'))
    await expect(complete('a')).rejects.toThrow('Item is not present in list')
  })

  test('a complete item is reopened', async () => {
    await client.saveEvents([added('a'), added('b')])
    await expect(reopen('a')).rejects.toThrow('Item is not complete')
    await complete('a')
    expect(await reopen('a')).toHaveLength(1)
    await expect(reopen('nobody')).rejects.toThrow('Item is not present in list')
    await client.saveEvent(on('ITEM_REMOVED', 'b'))
    await expect(reopen('b')).rejects.toThrow('Item is not present in list')
  })
})
