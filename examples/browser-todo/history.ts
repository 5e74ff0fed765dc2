import { defineProjection, type Stored } from 'eventfold'
import { events, type TodoEvent } from './events.ts'
import { inWords } from './in-words.ts'
import { evolveList, noList, type TodoList } from './todo-list.ts'

/** An event, and the list right after it. */
export interface Moment {
  readonly position: number
  readonly timestamp: string
  /** The tab that wrote it. */
  readonly tab: string
  readonly words: string
  readonly list: TodoList
}

/** All that happened to the list: where one can travel to. */
export const history = defineProjection(events, {
  type: 'todo-history',
  streams: (listId) => [{ filter: { listId } }],
  initialState: [] as readonly Moment[],
  evolve: {
    LIST_CREATED: remember,
    LIST_RENAMED: remember,
    TODO_ADDED: remember,
    TODO_RENAMED: remember,
    TODO_COMPLETED: remember,
    TODO_REOPENED: remember,
    TODO_REMOVED: remember,
  },
})

function remember(moments: readonly Moment[], event: Stored<TodoEvent>): readonly Moment[] {
  const before = moments.at(-1)?.list ?? noList
  const { position, timestamp, metadata } = event
  const evolve = evolveList[event.type] as (list: TodoList, event: Stored<TodoEvent>) => TodoList
  return [
    ...moments,
    {
      position,
      timestamp,
      tab: metadata.source ?? 'Somebody',
      words: inWords(event, before),
      list: evolve(before, event),
    },
  ]
}
