import { defineDecision, reject } from 'eventfold'
import { events } from './events.ts'
import { evolveTodos, none, openOnes, type Todos } from './todos.ts'
import { quoted, textFault, tidy } from './wording.ts'

export const MOST_OPEN = 7

interface OneTodo {
  readonly listId: string
  readonly todoId: string
}

/** The boundary of a rule about one to-do: what others do to other ones is no conflict. */
const ofOne = ({ todoId }: OneTodo) =>
  [
    {
      types: ['TODO_ADDED', 'TODO_RENAMED', 'TODO_COMPLETED', 'TODO_REOPENED', 'TODO_REMOVED'],
      filter: { todoId },
    },
  ] as const

/** The boundary of a rule that counts: all that opens or closes a to-do of the list. */
const ofList = ({ listId }: { readonly listId: string }) =>
  [
    {
      types: ['TODO_ADDED', 'TODO_COMPLETED', 'TODO_REOPENED', 'TODO_REMOVED'],
      filter: { listId },
    },
  ] as const

/** Why a to-do cannot be changed any more, if it cannot. */
function goneFault(all: Todos, todoId: string): string | undefined {
  const todo = all[todoId]
  if (!todo) return 'This to-do is not on the list.'
  return todo.status === 'removed'
    ? `${todo.by} has removed ${quoted(todo.title)} meanwhile, so it stays removed.`
    : undefined
}

const fullFault = (all: Todos): string | undefined =>
  openOnes(all) >= MOST_OPEN
    ? `${MOST_OPEN} to-dos are open, and the list takes no more. Complete or remove one first.`
    : undefined

/** At most seven are open, however many tabs add at the same time. */
export const addTodo = defineDecision(events, {
  streams: (command: OneTodo & { readonly title: string }) => ofList(command),
  initialState: none,
  evolve: evolveTodos,
  decide: ({ listId, todoId, title }, all) => {
    const fault = textFault('to-do', title) ?? fullFault(all)
    if (fault) return reject(fault)
    return { type: 'TODO_ADDED', data: { listId, todoId, title: tidy(title) } }
  },
})

export const completeTodo = defineDecision(events, {
  streams: (command: OneTodo) => ofOne(command),
  initialState: none,
  evolve: evolveTodos,
  decide: ({ listId, todoId }, all) => {
    const fault = goneFault(all, todoId)
    if (fault) return reject(fault)
    if (all[todoId]?.status === 'done') {
      return reject(`${all[todoId].by} has completed ${quoted(all[todoId].title)} meanwhile.`)
    }
    return { type: 'TODO_COMPLETED', data: { listId, todoId } }
  },
})

/** What is opened again counts again. */
export const reopenTodo = defineDecision(events, {
  streams: (command: OneTodo) => [...ofList(command), ...ofOne(command)],
  initialState: none,
  evolve: evolveTodos,
  decide: ({ listId, todoId }, all) => {
    const gone = goneFault(all, todoId)
    if (gone) return reject(gone)
    if (all[todoId]?.status === 'open') {
      return reject(`${all[todoId].by} has opened ${quoted(all[todoId].title)} meanwhile.`)
    }
    const full = fullFault(all)
    return full ? reject(full) : { type: 'TODO_REOPENED', data: { listId, todoId } }
  },
})

/** `seen` is the title that is being replaced: nobody overwrites one that they have not read. */
export const renameTodo = defineDecision(events, {
  streams: (command: OneTodo & { readonly title: string; readonly seen: string }) => ofOne(command),
  initialState: none,
  evolve: evolveTodos,
  decide: ({ listId, todoId, title, seen }, all) => {
    const fault = goneFault(all, todoId) ?? textFault('to-do', title)
    if (fault) return reject(fault)
    const { title: current, by } = all[todoId] ?? { title: '', by: '' }
    if (tidy(title) === current) return []
    if (current !== seen) {
      return reject(`${by} has renamed it to ${quoted(current)} meanwhile. Save again?`, current)
    }
    return { type: 'TODO_RENAMED', data: { listId, todoId, title: tidy(title) } }
  },
})

export const removeTodo = defineDecision(events, {
  streams: (command: OneTodo) => ofOne(command),
  initialState: none,
  evolve: evolveTodos,
  decide: ({ listId, todoId }, all) => {
    const fault = goneFault(all, todoId)
    return fault ? reject(fault) : { type: 'TODO_REMOVED', data: { listId, todoId } }
  },
})

/** All that is done, in one commit: all of it goes, or nothing. */
export const removeDone = defineDecision(events, {
  streams: (command: { readonly listId: string }) => ofList(command),
  initialState: none,
  evolve: evolveTodos,
  decide: ({ listId }, all) =>
    Object.entries(all).flatMap(([todoId, { status }]) =>
      status === 'done' ? { type: 'TODO_REMOVED' as const, data: { listId, todoId } } : [],
    ),
})
