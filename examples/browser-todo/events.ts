import { defineEvents, type EventUnion } from 'eventfold'
import * as v from 'valibot'

const list = { listId: v.string() }
const todo = { ...list, todoId: v.string() }

const definitions = {
  LIST_CREATED: v.object({ ...list, name: v.string() }),
  LIST_RENAMED: v.object({ ...list, name: v.string() }),
  TODO_ADDED: v.object({ ...todo, title: v.string() }),
  TODO_RENAMED: v.object({ ...todo, title: v.string() }),
  TODO_COMPLETED: v.object(todo),
  TODO_REOPENED: v.object(todo),
  TODO_REMOVED: v.object(todo),
}

/** Everything that can happen to a list. */
export const events = defineEvents(definitions)
export type TodoEvent = EventUnion<typeof definitions>
