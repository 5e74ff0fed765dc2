import { useState, type ReactNode } from 'react'
import { AddForm } from './add-form.tsx'
import { DoneFooter } from './done-footer.tsx'
import type { Moment } from './history.ts'
import { ListName } from './list-name.tsx'
import { TabName } from './tab-name.tsx'
import type { ListedTodo, TodoList } from './todo-list.ts'
import { TodoRow } from './todo-row.tsx'
import { explain, type Trouble } from './trouble.ts'
import { TroubleNote } from './trouble-note.tsx'
import { quoted } from './wording.ts'

interface Props {
  readonly list: TodoList
  readonly latest: Moment
}

/** The list as it is now, with all that can be done to it. */
export function CurrentList({ list, latest }: Props): ReactNode {
  const { name, todos } = list
  const [trouble, setTrouble] = useState<Trouble>()
  const [edited, edit] = useState<ListedTodo>()
  // It is kept here, not in the row: the row goes away with a to-do that was removed meanwhile.
  const attempt = async (work: Promise<unknown>): Promise<boolean> => {
    setTrouble(undefined)
    try {
      await work
      return true
    } catch (error) {
      setTrouble(explain(error))
      return false
    }
  }
  return (
    <>
      <ListName name={name} />
      <AddForm open={todos.filter(({ done }) => !done).length} />
      {trouble && <TroubleNote trouble={trouble} onDismiss={() => setTrouble(undefined)} />}
      {edited && !todos.some(({ id }) => id === edited.id) && (
        <TroubleNote
          trouble={{
            title: `Another tab has removed ${quoted(edited.title)} while you were renaming it.`,
            advice: '',
          }}
          onDismiss={() => edit(undefined)}
        />
      )}
      {todos.length === 0 ? (
        <p className="empty">
          <strong>Nothing to do.</strong> Write the first to-do above, or open another tab and write
          it there: it will show up here.
        </p>
      ) : (
        <ul className="todos" aria-label="To-dos">
          {todos.map((todo) => (
            <TodoRow
              key={todo.id}
              todo={todo}
              editing={edited?.id === todo.id}
              onEdit={(editing) => edit(editing ? todo : undefined)}
              attempt={attempt}
            />
          ))}
        </ul>
      )}
      <div className="list-end">
        <p className="latest" role="status">
          <TabName name={latest.tab} /> {latest.words}
        </p>
        <DoneFooter done={todos.filter(({ done }) => done).length} attempt={attempt} />
      </div>
    </>
  )
}
