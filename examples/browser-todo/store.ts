import { createEventClient } from 'eventfold'
import { IndexedDBEventStore } from 'eventfold/browser'
import { events } from './events.ts'

/** One database, which all tabs share. Nothing is opened before the first read. */
const store = new IndexedDBEventStore({ name: 'browser-todo' })

export const client = createEventClient({ store, events })
export const listId = 'home'
