import type { EventStore } from '../../store/store.ts'
import { freshTable, testClient } from '../../stores/dynamodb/engine.fixture.ts'
import { MemoryEventStore } from '../../stores/memory/index.ts'
import type { EventClient } from './client.ts'
import { createEventFunctions } from './create-event-functions.ts'
import { clientOver } from './over-store.ts'
import type { EventBase, InputOf } from './types.ts'

interface InList {
  list_id: string
  todo_id: string
}
interface Created extends EventBase {
  type: 'TODO_CREATED'
  data: InList & { title: string; parent_id?: string | null | undefined }
}
interface Assigned extends EventBase {
  type: 'TODO_ASSIGNED'
  data: InList & { user_id: string }
}
interface Completed extends EventBase {
  type: 'TODO_COMPLETED'
  data: InList
}
interface Uncompleted extends EventBase {
  type: 'TODO_UNCOMPLETED'
  data: InList
}
interface Archived extends EventBase {
  type: 'TODO_ARCHIVED'
  data: InList & { user_id: string }
}
interface Deleted extends EventBase {
  type: 'TODO_DELETED'
  data: InList
}
export type TodoEvent = Created | Assigned | Completed | Uncompleted | Archived | Deleted
export type TodoType = TodoEvent['type']
export type TodoClient = EventClient<TodoType, TodoEvent>

export const todoTypes = [
  'TODO_CREATED',
  'TODO_ASSIGNED',
  'TODO_COMPLETED',
  'TODO_UNCOMPLETED',
  'TODO_ARCHIVED',
  'TODO_DELETED',
] as const

export const created = (list_id: string, todo_id: string, title = 'paint'): InputOf<Created> => ({
  type: 'TODO_CREATED',
  data: { list_id, todo_id, title },
})
export const assigned = (list_id: string, todo_id: string, user_id: string): InputOf<Assigned> => ({
  type: 'TODO_ASSIGNED',
  data: { list_id, todo_id, user_id },
})
export const archived = (list_id: string, todo_id: string, user_id: string): InputOf<Archived> => ({
  type: 'TODO_ARCHIVED',
  data: { list_id, todo_id, user_id },
})
export const completed = (list_id: string, todo_id: string): InputOf<Completed> => ({
  type: 'TODO_COMPLETED',
  data: { list_id, todo_id },
})
export const uncompleted = (list_id: string, todo_id: string): InputOf<Uncompleted> => ({
  type: 'TODO_UNCOMPLETED',
  data: { list_id, todo_id },
})
export const deleted = (list_id: string, todo_id: string): InputOf<Deleted> => ({
  type: 'TODO_DELETED',
  data: { list_id, todo_id },
})

/** What a todo has become. */
export type Todo = {
  readonly title: string
  readonly status: 'incomplete' | 'complete' | 'archived'
  readonly assignedTo?: string
} | null

export function todoAfter(todo: Todo, event: TodoEvent): Todo {
  if (event.type === 'TODO_CREATED') return { title: event.data.title, status: 'incomplete' }
  if (todo === null || event.type === 'TODO_DELETED') return null
  switch (event.type) {
    case 'TODO_ASSIGNED':
      return { ...todo, assignedTo: event.data.user_id }
    case 'TODO_COMPLETED':
      return { ...todo, status: 'complete' }
    case 'TODO_UNCOMPLETED':
      return { ...todo, status: 'incomplete' }
    case 'TODO_ARCHIVED':
      return { ...todo, status: 'archived' }
    default:
      return todo
  }
}

/** A log of todos, gone when the test ends. */
export interface TodoLog extends AsyncDisposable {
  readonly client: TodoClient
  /** Another client of the same log, as another process has it. */
  readonly another: () => TodoClient
  readonly name: string
}

/** Where this door's client runs in tests. */
export interface Place {
  readonly name: string
  readonly open: () => Promise<TodoLog>
}

export function todoClientOver(store: EventStore): TodoClient {
  return clientOver(store, 'list_id') as unknown as TodoClient
}

async function openMemory(): Promise<TodoLog> {
  const store = new MemoryEventStore({ identifiers: ['*_id'] })
  const another = () => todoClientOver(store)
  return { name: '', client: another(), another, [Symbol.asyncDispose]: () => store.close() }
}

async function openTable(): Promise<TodoLog> {
  const table = await freshTable({ keyNames: { pk: 'pk', sk: 'sk' } })
  const name = table.tableName
  const clients: TodoClient[] = []
  const another = (): TodoClient => {
    const client = createEventFunctions<TodoType, TodoEvent>(testClient(), name, 'list_id')
    clients.push(client)
    return client
  }
  return {
    name,
    client: another(),
    another,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(clients.map((client) => client.close()))
      await table[Symbol.asyncDispose]()
    },
  }
}

/** Whether there is a table to be had. */
export const hasTable: boolean = (process.env['STORES'] ?? 'dynamodb')
  .split(',')
  .includes('dynamodb')

/** The table, and memory, where the same is true. */
export const places: readonly Place[] = [
  { name: 'memory', open: openMemory },
  ...(hasTable ? [{ name: 'a table', open: openTable }] : []),
]
