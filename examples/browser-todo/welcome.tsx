import { useDecision } from 'eventfold/react'
import { useState, type FormEvent, type ReactNode } from 'react'
import { createList } from './list-decisions.ts'
import { listId } from './store.ts'
import { explain } from './trouble.ts'

/** Before the first event. */
export function Welcome(): ReactNode {
  const create = useDecision(createList)
  const [name, setName] = useState('')
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    void create.execute({ listId, name })
  }
  return (
    <main className="sheet message">
      <title>New list · To-dos</title>
      <h1>A list that remembers everything</h1>
      <p>
        Whatever happens to it is kept as an event in this browser. Open it in two tabs, and both
        stay in step; pull the slider, and you see it as it was.
      </p>
      <form className="add" onSubmit={submit} noValidate>
        <label htmlFor="list-name">Name of the list</label>
        <div className="field">
          <input
            id="list-name"
            value={name}
            placeholder="Summer house"
            autoComplete="off"
            aria-invalid={create.error !== undefined}
            aria-describedby="list-name-error"
            onChange={(event) => {
              setName(event.target.value)
              create.reset()
            }}
          />
          <button type="submit" className="primary" aria-disabled={create.pending}>
            Create
          </button>
        </div>
        <p id="list-name-error" className="error" role="alert">
          {create.error && explain(create.error).title}
        </p>
      </form>
    </main>
  )
}
