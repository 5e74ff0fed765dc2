import { createEventClient, MemoryEventStore, withEventContext } from 'eventfold'
import { given } from 'eventfold/testing'
import { describe, expect, test } from 'vitest'
import { events } from '../examples/browser-todo/events.ts'
import { history } from '../examples/browser-todo/history.ts'
import { createList, renameList } from '../examples/browser-todo/list-decisions.ts'
import {
  addTodo,
  completeTodo,
  MOST_OPEN,
  removeDone,
  removeTodo,
  renameTodo,
  reopenTodo,
} from '../examples/browser-todo/todo-decisions.ts'
import { todoList } from '../examples/browser-todo/todo-list.ts'

const listId = 'list'
const metadata = { source: 'Heron' }
const of = (todoId: string) => ({ listId, todoId })
const created = { type: 'LIST_CREATED', data: { listId, name: 'Home' }, metadata } as const
const added = (todoId: string, title = todoId) =>
  ({ type: 'TODO_ADDED', data: { listId, todoId, title }, metadata }) as const
const completed = (todoId: string) =>
  ({ type: 'TODO_COMPLETED', data: of(todoId), metadata }) as const
const removed = (todoId: string) => ({ type: 'TODO_REMOVED', data: of(todoId), metadata }) as const
const many = Array.from({ length: MOST_OPEN }, (_, index) => added(`todo-${index}`))

describe('a list', () => {
  test('is created once, by the tab that was first', async () => {
    await given(events, [])
      .when(createList, { listId, name: '  Summer   house ' })
      .then([{ type: 'LIST_CREATED', data: { listId, name: 'Summer house' } }])
    await given(events, [created])
      .when(createList, { listId, name: 'Work' })
      .thenRejected('Heron has created the list “Home” meanwhile.')
  })

  test('has a name, which nobody replaces unseen', async () => {
    const home = [created]
    await given(events, home)
      .when(renameList, { listId, name: 'House', seen: 'Home' })
      .then([{ type: 'LIST_RENAMED', data: { listId, name: 'House' } }])
    await given(events, home).when(renameList, { listId, name: 'Home ', seen: 'Home' }).then([])
    await given(events, home)
      .when(renameList, { listId, name: ' ', seen: 'Home' })
      .thenRejected('A name cannot be empty. Write a few words.')
    await given(events, home)
      .when(renameList, { listId, name: 'House', seen: 'Cabin' })
      .thenRejected('Heron has named the list “Home” meanwhile. Save again?')
  })
})

describe('a to-do', () => {
  test('has a title', async () => {
    const home = [created]
    await given(events, home)
      .when(addTodo, { ...of('a'), title: ' Buy   milk ' })
      .then([{ type: 'TODO_ADDED', data: { ...of('a'), title: 'Buy milk' } }])
    await given(events, home)
      .when(addTodo, { ...of('a'), title: ' \n ' })
      .thenRejected('A to-do cannot be empty. Write a few words.')
    await given(events, home)
      .when(addTodo, { ...of('a'), title: 'a'.repeat(81) })
      .thenRejected('A to-do has at most 80 letters, this one has 81. Make it shorter.')
  })

  test('is one of at most seven that are open', async () => {
    const full = '7 to-dos are open, and the list takes no more. Complete or remove one first.'
    const add = { ...of('more'), title: 'More' }
    const stored = [{ type: 'TODO_ADDED' as const, data: add }]
    await given(events, many).when(addTodo, add).thenRejected(full)
    await given(events, [...many, completed('todo-3')])
      .when(addTodo, add)
      .then(stored)
    await given(events, [...many, removed('todo-3')])
      .when(addTodo, add)
      .then(stored)
    await given(events, [...many, completed('todo-3'), added('other')])
      .when(reopenTodo, of('todo-3'))
      .thenRejected(full)
  })

  test('is completed and opened again', async () => {
    await given(events, [added('a')])
      .when(completeTodo, of('a'))
      .then([{ type: 'TODO_COMPLETED', data: of('a') }])
    await given(events, [added('a'), completed('a')])
      .when(reopenTodo, of('a'))
      .then([{ type: 'TODO_REOPENED', data: of('a') }])
    await given(events, [added('a', 'Milk'), completed('a')])
      .when(completeTodo, of('a'))
      .thenRejected('Heron has completed “Milk” meanwhile.')
    await given(events, [added('a', 'Milk')])
      .when(reopenTodo, of('a'))
      .thenRejected('Heron has opened “Milk” meanwhile.')
  })

  test('that was removed meanwhile stays removed', async () => {
    const gone = [added('a', 'Milk'), removed('a')]
    const because = 'Heron has removed “Milk” meanwhile, so it stays removed.'
    await given(events, gone).when(completeTodo, of('a')).thenRejected(because)
    await given(events, gone).when(reopenTodo, of('a')).thenRejected(because)
    await given(events, gone).when(removeTodo, of('a')).thenRejected(because)
    await given(events, gone)
      .when(renameTodo, { ...of('a'), title: 'Tea', seen: 'Milk' })
      .thenRejected(because)
    await given(events, [])
      .when(completeTodo, of('a'))
      .thenRejected('This to-do is not on the list.')
  })

  test('has a title that nobody replaces unseen', async () => {
    const home = [added('a', 'Milk')]
    await given(events, home)
      .when(renameTodo, { ...of('a'), title: 'Tea', seen: 'Milk' })
      .then([{ type: 'TODO_RENAMED', data: { ...of('a'), title: 'Tea' } }])
    await given(events, home)
      .when(renameTodo, { ...of('a'), title: 'Milk', seen: 'Milk' })
      .then([])
    await given(events, home)
      .when(renameTodo, { ...of('a'), title: 'Tea', seen: 'Coffee' })
      .thenRejected('Heron has renamed it to “Milk” meanwhile. Save again?')
  })

  test('goes with all others that are done', async () => {
    await given(events, [added('a'), added('b'), added('c'), completed('a'), completed('c')])
      .when(removeDone, { listId })
      .then([removed('a'), removed('c')].map(({ type, data }) => ({ type, data })))
    await given(events, [added('a')])
      .when(removeDone, { listId })
      .then([])
  })
})

test('two tabs that want the last place: one gets it', async () => {
  const client = createEventClient({ store: new MemoryEventStore(), events })
  await client.saveEvents(many.slice(1))
  const outcomes = await Promise.allSettled(
    ['x', 'y'].map((id) => addTodo.execute(client, { ...of(id), title: id })),
  )
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  const { state } = await todoList.load(client, listId)
  expect(state.todos).toHaveLength(MOST_OPEN)
})

test('the list is what happened to it', async () => {
  await given(events, [created, added('a'), added('b'), completed('b'), removed('a')])
    .project(todoList, listId)
    .then({ name: 'Home', todos: [{ id: 'b', title: 'b', done: true }] })
  await given(events, [created]).project(todoList, 'another').then({ name: '', todos: [] })
})

test('the history says each event in words, with the list after it', async () => {
  const client = createEventClient({ store: new MemoryEventStore(), events })
  const tab = <Result>(source: string, work: () => Promise<Result>) =>
    withEventContext({ source }, work)
  await tab('Heron', () => createList.execute(client, { listId, name: 'Home' }))
  await tab('Wren', () => addTodo.execute(client, { ...of('a'), title: 'Milk' }))
  await tab('Heron', () =>
    renameTodo.execute(client, { ...of('a'), title: 'Oat milk', seen: 'Milk' }),
  )
  await tab('Wren', () => completeTodo.execute(client, of('a')))
  await tab('Wren', () => reopenTodo.execute(client, of('a')))
  await tab('Heron', () => removeTodo.execute(client, of('a')))
  await tab('Heron', () => renameList.execute(client, { listId, name: 'House', seen: 'Home' }))
  const { state } = await history.load(client, listId)
  expect(state.map(({ position, tab: by, words }) => `${position} ${by}: ${words}`)).toEqual([
    '1 Heron: Created the list “Home”',
    '2 Wren: Added “Milk”',
    '3 Heron: Renamed “Milk” to “Oat milk”',
    '4 Wren: Completed “Oat milk”',
    '5 Wren: Reopened “Oat milk”',
    '6 Heron: Removed “Oat milk”',
    '7 Heron: Renamed the list to “House”',
  ])
  expect(state[3]?.list).toEqual({
    name: 'Home',
    todos: [{ id: 'a', title: 'Oat milk', done: true }],
  })
  expect(state.at(-1)?.list).toEqual({ name: 'House', todos: [] })
})
