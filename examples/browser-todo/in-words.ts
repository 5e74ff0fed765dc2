import type { TodoEvent } from './events.ts'
import type { TodoList } from './todo-list.ts'
import { quoted } from './wording.ts'

/** What an event says, to somebody who knows the list before it. */
export function inWords(event: TodoEvent, before: TodoList): string {
  const title = 'todoId' in event.data ? titleOf(event.data.todoId, before) : ''
  switch (event.type) {
    case 'LIST_CREATED':
      return `Created the list ${quoted(event.data.name)}`
    case 'LIST_RENAMED':
      return `Renamed the list to ${quoted(event.data.name)}`
    case 'TODO_ADDED':
      return `Added ${quoted(event.data.title)}`
    case 'TODO_RENAMED':
      return `Renamed ${title} to ${quoted(event.data.title)}`
    case 'TODO_COMPLETED':
      return `Completed ${title}`
    case 'TODO_REOPENED':
      return `Reopened ${title}`
    case 'TODO_REMOVED':
      return `Removed ${title}`
  }
}

const titleOf = (todoId: string, { todos }: TodoList): string =>
  quoted(todos.find(({ id }) => id === todoId)?.title ?? 'a to-do')
