import type { Evolve, Stored } from 'eventfold'
import type { TodoEvent } from './events.ts'

/** A to-do as rules see it. */
interface Todo {
  readonly status: 'open' | 'done' | 'removed'
  readonly title: string
  /** The tab that wrote of it last. */
  readonly by: string
}

/** All to-dos that a boundary speaks of: one of them, or those of a list. */
export type Todos = Readonly<Record<string, Todo>>
export const none: Todos = {}

type AboutTodo = Extract<TodoEvent, { data: { todoId: string } }>

/** How events add up for rules: each decision folds what is within its own boundary. */
export const evolveTodos: Evolve<AboutTodo, AboutTodo['type'], Todos> = {
  TODO_ADDED: (all, event) => change(all, event, { status: 'open', title: event.data.title }),
  TODO_RENAMED: (all, event) => change(all, event, { title: event.data.title }),
  TODO_COMPLETED: (all, event) => change(all, event, { status: 'done' }),
  TODO_REOPENED: (all, event) => change(all, event, { status: 'open' }),
  TODO_REMOVED: (all, event) => change(all, event, { status: 'removed' }),
}

function change(all: Todos, { data, metadata }: Stored<AboutTodo>, to: Partial<Todo>): Todos {
  const before = all[data.todoId] ?? { status: 'open', title: '' }
  return { ...all, [data.todoId]: { ...before, ...to, by: metadata.source ?? 'Somebody' } }
}

export const openOnes = (all: Todos): number =>
  Object.values(all).filter(({ status }) => status === 'open').length
