import { createEventClient, MemoryEventStore } from 'eventfold'
import { events } from './events.ts'

/** One database, which all tabs share. Nothing is opened before the first read. */
const store = new MemoryEventStore()

export const client = createEventClient({ store, events })
export const listId = 'home'
