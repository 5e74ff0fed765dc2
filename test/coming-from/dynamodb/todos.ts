import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { createEventFunctions, type EventBase, type InputOf } from 'eventfold/dynamodb'

export enum TodoEventTypes {
  TODO_CREATED = 'TODO_CREATED',
  TODO_ASSIGNED = 'TODO_ASSIGNED',
  TODO_DELETED = 'TODO_DELETED',
}

interface TodoCreated extends EventBase<TodoEventTypes> {
  type: TodoEventTypes.TODO_CREATED
  data: { list_id: string; todo_id: string; title: string }
}
interface TodoAssigned extends EventBase<TodoEventTypes> {
  type: TodoEventTypes.TODO_ASSIGNED
  data: { list_id: string; todo_id: string; user_id: string }
}
interface TodoDeleted extends EventBase<TodoEventTypes> {
  type: TodoEventTypes.TODO_DELETED
  data: { list_id: string; todo_id: string }
}
export type TodoEvents = TodoCreated | TodoAssigned | TodoDeleted

type Todo = { title: string; assignedTo?: string } | null

// Each type narrows to its data, also of an enum.
const reduce = (todo: Todo, event: TodoEvents): Todo => {
  switch (event.type) {
    case TodoEventTypes.TODO_CREATED:
      return { title: event.data.title }
    case TodoEventTypes.TODO_ASSIGNED:
      return todo && { ...todo, assignedTo: event.data.user_id }
    case TodoEventTypes.TODO_DELETED:
      return null
    default:
      return todo
  }
}

/** A stream of a model by several types, inputs of the union, and what must not compile. */
export async function walkThrough(ddbClient: DynamoDBDocumentClient, tableName: string) {
  const client = createEventFunctions<TodoEventTypes, TodoEvents>(ddbClient, tableName, 'list_id')
  const first = { list_id: 'list_1', todo_id: 'todo_1' }
  const inputs: InputOf<TodoEvents>[] = [
    { type: TodoEventTypes.TODO_CREATED, data: { ...first, title: 'paint' } },
    { type: TodoEventTypes.TODO_ASSIGNED, data: { ...first, user_id: 'user_1' } },
    {
      type: TodoEventTypes.TODO_CREATED,
      data: { list_id: 'list_1', todo_id: 'todo_2', title: 'saw' },
    },
  ]
  for (const input of inputs) await client.saveEvent(input)

  const stream = await client.getEventStream({
    eventTypes: [
      TodoEventTypes.TODO_CREATED,
      TodoEventTypes.TODO_ASSIGNED,
      TodoEventTypes.TODO_DELETED,
    ],
    modelKey: 'todo_id',
    modelId: 'todo_1',
  })
  const of = await client.getEventStream({
    eventTypes: [TodoEventTypes.TODO_ASSIGNED],
    partitionId: 'list_1',
    modelKey: 'user_id',
    modelId: 'user_1',
  })
  return { todo: stream.reduce<Todo>(reduce, null), of: of.map(({ data }) => data.todo_id) }
}

export const refused = (
  client: ReturnType<typeof createEventFunctions<TodoEventTypes, TodoEvents>>,
) => [
  () =>
    client.saveEvent({
      type: TodoEventTypes.TODO_CREATED,
      // @ts-expect-error the data of another type
      data: { list_id: 'list_1', todo_id: 'todo_1', user_id: 'user_1' },
    }),
  () =>
    // @ts-expect-error a key without an id
    client.getLatestEvent({ eventType: TodoEventTypes.TODO_CREATED, modelKey: 'todo_id' }),
  () =>
    client.getLatestEvent({
      eventType: TodoEventTypes.TODO_DELETED,
      // @ts-expect-error no identifier of this type
      modelKey: 'user_id',
      modelId: 'user_1',
    }),
]
