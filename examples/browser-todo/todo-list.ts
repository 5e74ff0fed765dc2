import { defineProjection, type Evolve } from 'eventfold'
import { events, type TodoEvent } from './events.ts'

export interface ListedTodo {
  readonly id: string
  readonly title: string
  readonly done: boolean
}

export interface TodoList {
  /** `''` until the list is created. */
  readonly name: string
  /** In the order in which they were added. */
  readonly todos: readonly ListedTodo[]
}
export const noList: TodoList = { name: '', todos: [] }

/** How events add up to what is seen: for now, and for any moment of the past. */
export const evolveList: Required<Evolve<TodoEvent, TodoEvent['type'], TodoList>> = {
  LIST_CREATED: (list, { data }) => ({ ...list, name: data.name }),
  LIST_RENAMED: (list, { data }) => ({ ...list, name: data.name }),
  TODO_ADDED: (list, { data: { todoId: id, title } }) => ({
    ...list,
    todos: [...list.todos, { id, title, done: false }],
  }),
  TODO_RENAMED: (list, { data }) => change(list, data.todoId, { title: data.title }),
  TODO_COMPLETED: (list, { data }) => change(list, data.todoId, { done: true }),
  TODO_REOPENED: (list, { data }) => change(list, data.todoId, { done: false }),
  TODO_REMOVED: (list, { data }) => ({
    ...list,
    todos: list.todos.filter(({ id }) => id !== data.todoId),
  }),
}

function change(list: TodoList, id: string, to: Partial<ListedTodo>): TodoList {
  return { ...list, todos: list.todos.map((todo) => (todo.id === id ? { ...todo, ...to } : todo)) }
}

/** The list as it is. */
export const todoList = defineProjection(events, {
  type: 'todo-list',
  streams: (listId) => [{ filter: { listId } }],
  initialState: noList,
  evolve: evolveList,
})
