import { useDecision } from 'eventfold/react'
import { useRef, useState, type ReactNode } from 'react'
import { PencilIcon, RemoveIcon } from './icons.tsx'
import { RenameForm } from './rename-form.tsx'
import { listId } from './store.ts'
import { completeTodo, removeTodo, renameTodo, reopenTodo } from './todo-decisions.ts'
import type { ListedTodo } from './todo-list.ts'
import { quoted } from './wording.ts'

interface Props {
  readonly todo: ListedTodo
  readonly editing: boolean
  readonly onEdit: (editing: boolean) => void
  /** Does something, and shows the error of what is refused. */
  readonly attempt: (work: Promise<unknown>) => Promise<boolean>
}

export function TodoRow({ todo, editing, onEdit, attempt }: Props): ReactNode {
  const { id: todoId, title, done } = todo
  const toggle = useDecision(done ? reopenTodo : completeTodo)
  const remove = useDecision(removeTodo)
  const rename = useDecision(renameTodo)
  const [wanted, setWanted] = useState(done)
  const row = useRef<HTMLLIElement>(null)

  const takeAway = async (): Promise<void> => {
    if (remove.pending) return
    const next = row.current?.nextElementSibling ?? row.current?.previousElementSibling
    if (!(await attempt(remove.execute({ listId, todoId })))) return
    const focused = next?.querySelector('input') ?? document.getElementById('new-todo')
    focused?.focus()
  }

  if (editing) {
    return (
      <li ref={row}>
        <RenameForm
          label={`New title of ${quoted(title)}`}
          current={title}
          decision={rename}
          onSave={(text, seen) => rename.execute({ listId, todoId, title: text, seen })}
          onClose={() => onEdit(false)}
        />
      </li>
    )
  }
  const busy = toggle.pending || remove.pending
  return (
    <li ref={row} className={done ? 'done' : ''} aria-busy={busy}>
      <label className="check">
        <input
          type="checkbox"
          // It shows what was asked for while that is decided.
          checked={toggle.pending ? wanted : done}
          onChange={() => {
            if (busy) return
            setWanted(!done)
            void attempt(toggle.execute({ listId, todoId }))
          }}
        />
        <span>{title}</span>
      </label>
      <button
        type="button"
        className="icon"
        aria-label={`Rename ${quoted(title)}`}
        onClick={() => onEdit(true)}
      >
        <PencilIcon />
      </button>
      <button
        type="button"
        className="icon"
        aria-label={`Remove ${quoted(title)}`}
        aria-disabled={busy}
        onClick={() => void takeAway()}
      >
        <RemoveIcon />
      </button>
    </li>
  )
}
