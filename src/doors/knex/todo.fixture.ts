import { z } from 'zod'
import type { EventStore } from '../../store/store.ts'
import { MemoryEventStore } from '../../stores/memory/index.ts'
import type { EventClient } from './client.ts'
import { createDoorClient, type Log, type Schemas } from './door-client.ts'
import { createEventInputSchema, createEventSchema } from './schemas.ts'

const list = z.object({ listId: z.string(), name: z.string() })
const added = z.object({ listId: z.string(), itemId: z.string(), title: z.string() })
const item = z.object({ listId: z.string(), itemId: z.string() })
const counted = z.object({
  itemId: z.string(),
  count: z.number().optional(),
  done: z.boolean().optional(),
})

/** The facts of a todo list. */
export const eventUnion = z.discriminatedUnion('type', [
  createEventSchema('LIST_CREATED', list),
  createEventSchema('ITEM_ADDED', added),
  createEventSchema('ITEM_COMPLETED', item),
  createEventSchema('ITEM_MARKED_INCOMPLETE', item),
  createEventSchema('ITEM_REMOVED', item),
  createEventSchema('ITEM_COUNTED', counted),
])
export const eventInputUnion = z.discriminatedUnion('type', [
  createEventInputSchema('LIST_CREATED', list),
  createEventInputSchema('ITEM_ADDED', added),
  createEventInputSchema('ITEM_COMPLETED', item),
  createEventInputSchema('ITEM_MARKED_INCOMPLETE', item),
  createEventInputSchema('ITEM_REMOVED', item),
  createEventInputSchema('ITEM_COUNTED', counted),
])

export type UserEvent = z.infer<typeof eventUnion>
export type TodoClient = EventClient<typeof eventUnion, typeof eventInputUnion>

/** A log in memory, as the door takes it. `asked` counts the positions that had to be looked up. */
export function memoryLog(store: EventStore = new MemoryEventStore()): Log & { asked: number } {
  const log = {
    store,
    asked: 0,
    idAt: async (position: number) => {
      log.asked += 1
      for await (const event of store.read('all')) if (event.position === position) return event.id
      return undefined
    },
    within: () => log,
  }
  return log
}

export function todoClient(log: Log = memoryLog(), schemas: Partial<Schemas> = {}): TodoClient {
  const client = createDoorClient({ eventUnion, inputUnion: eventInputUnion, ...schemas }, log)
  return client as unknown as TodoClient
}
