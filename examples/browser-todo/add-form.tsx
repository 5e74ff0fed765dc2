import { createEventId } from 'eventfold'
import { useDecision } from 'eventfold/react'
import { useState, type FormEvent, type ReactNode } from 'react'
import { listId } from './store.ts'
import { addTodo, MOST_OPEN } from './todo-decisions.ts'
import { explain } from './trouble.ts'

/** `open` is how many to-dos are open; whether there is room for one more is for the decision to say. */
export function AddForm({ open }: { readonly open: number }): ReactNode {
  const add = useDecision(addTodo)
  const [title, setTitle] = useState('')
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    if (add.pending) return
    try {
      await add.execute({ listId, todoId: createEventId(), title })
      setTitle('')
    } catch {
      // It is in `add.error`, and what was written stays in the field.
    }
  }
  return (
    <form className="add" onSubmit={(event) => void submit(event)} noValidate>
      <label htmlFor="new-todo">New to-do</label>
      <div className="field">
        <input
          id="new-todo"
          value={title}
          autoComplete="off"
          enterKeyHint="done"
          aria-invalid={add.error !== undefined}
          aria-describedby="new-todo-error new-todo-room"
          onChange={(event) => {
            setTitle(event.target.value)
            if (add.error) add.reset()
          }}
        />
        <button type="submit" className="primary" aria-disabled={add.pending}>
          {add.pending ? 'Adding…' : 'Add'}
        </button>
      </div>
      <p id="new-todo-error" className="error" role="alert">
        {add.error && `${explain(add.error).title} ${explain(add.error).advice}`}
      </p>
      <p id="new-todo-room" className="places">
        <span className="segments" aria-hidden="true">
          {Array.from({ length: MOST_OPEN }, (_, place) => (
            <span key={place} className={place < open ? 'taken' : ''} />
          ))}
        </span>
        {open} of {MOST_OPEN} places taken
      </p>
    </form>
  )
}
